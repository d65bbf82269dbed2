"""A proved problem to another one: other people and things, other order, an aside, a problem before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tracedsl.graph import Input
from tracedsl.numbers import show
from tracedsl.patterns.holes import Pick
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.model import Event
from tracedsl.patterns.words import Noun, Person, key_of
from tracedsl.pipeline import examine_row
from tracedsl.proving import Prover
from tracedsl.rewriting.ambiguous import OTHER_THAN_NAMES, is_a_thing
from tracedsl.rewriting.renumber import Plan, Refusal, plan_of, values_of
from tracedsl.sampling import Taste, draw_aside, seeded
from tracedsl.sentences import sentences
from tracedsl.source import Source

_NAME = re.compile(r"\b[A-Z][a-z]+\b")
_WORD = re.compile(r"[A-Za-z][A-Za-z-]*")
_BOUND_TO_OTHERS = re.compile(
    r"\b(?:he|she|it|they|him|her|his|hers|its|them|their|this|that|these|those|there|then|after|before|next|also|too|"
    r"first|second|finally|later|if|but|however|instead|another|other|each|rest|remaining|both|same|more|again|so)\b",
    re.IGNORECASE,
)
_ATTEMPTS = 8
_LARGEST = 12  # digits of a result that another problem takes
_THINGS = (
    *("toys", "clothes", "stationery", "hardware", "household", "electronics", "sports", "reading", "collected"),
    *("fruit", "baked", "vegetables", "flowers", "animals"),
)
Row = dict[str, Any]
Change = Callable[["Problem", Pick], "Problem | None"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in the making, and what was done to it."""

    question: str
    trace: str
    answer: str
    how: tuple[str, ...] = ()

    def row(self) -> Row:
        """Return the problem as a row."""
        return {"question": self.question, "answer": self.answer, "trace": self.trace, "how": list(self.how)}


def augmented(
    rows: Sequence[Mapping[str, Any]], at: int, prover: Prover, asides: tuple[Event, ...], seed: int, count: int
) -> Iterator[Row]:
    """Yield other problems made of one row (and, for a bridge, of another), each proved and none twice."""
    row = rows[at]
    original = Problem(str(row.get("question", "")), str(row.get("trace", "")), str(row.get("answer", "")))
    first = plan_of(row, prover)
    if first is Refusal.INVALID:
        return
    codes = _codes(original, prover)
    changes: tuple[Change, ...] = (
        swap_people,
        swap_things,
        reorder,
        lambda problem, pick: bridge(problem, pick, rows, prover),
        lambda problem, pick: add_aside(problem, pick, asides),
    )
    seen = {original.question}
    for index in range(count):
        pick = seeded(seed, index, row.get("id", at))
        for _ in range(_ATTEMPTS):
            problem = _changed(original, changes, pick)
            if problem.question in seen or not _codes(problem, prover) <= codes:
                continue
            seen.add(problem.question)
            yield {
                "question": problem.question,
                "answer": problem.answer,
                "trace": problem.trace,
                "how": list(problem.how),
            }
            break


def _changed(problem: Problem, changes: Sequence[Change], pick: Pick) -> Problem:
    """Change a problem in one way or two; the last way, which always works, where no other does, or seldom."""
    for _ in range(1 + pick(2)):
        *ways, last = changes
        start = pick(len(ways))
        order = [*ways[start:], *ways[:start]] if pick(6) else []
        order += [last] if not problem.how else []
        made = (each for way in order if (each := way(problem, pick)) is not None)
        problem = next(made, problem)
    return problem


def _codes(problem: Problem, prover: Prover) -> frozenset[str]:
    return frozenset(fault.code for fault in prover.faults(problem.question, problem.trace, problem.answer))


@cache
def _people() -> Mapping[str, Person]:
    people = word_list(Part.TRAIN).of("person")
    return {each.name: each for each in people if isinstance(each, Person) and each.name not in OTHER_THAN_NAMES}


@cache
def _things() -> Mapping[str, tuple[Noun, str]]:
    """Return the lexicon's things by each of their forms, with their kind."""
    every = word_list(Part.TRAIN)
    nouns = [
        (each, kind) for kind in _THINGS for each in every.of(kind) if isinstance(each, Noun) and " " not in each.one
    ]
    return {form: (noun, kind) for noun, kind in nouns for form in (noun.one.lower(), noun.many.lower())}


def swap_people(problem: Problem, pick: Pick) -> Problem | None:
    """Give the people of a problem other names that take the same pronouns."""
    found = [name for name in dict.fromkeys(_NAME.findall(problem.question)) if name in _people()]
    if not found:
        return None
    names: dict[str, str] = {}
    for name in found:
        others = [each for each in _people().values() if each.they == _people()[name].they]
        other = others[pick(len(others))].name
        if other in names.values() or other in problem.question:
            return None
        names[name] = other
    question = _NAME.sub(lambda word: names.get(word[0], word[0]), problem.question)
    keys = {key_of(old): key_of(new) for old, new in names.items()}
    return Problem(question, _renamed(problem.trace, keys), problem.answer, (*problem.how, "people"))


def swap_things(problem: Problem, pick: Pick) -> Problem | None:
    """Put another thing of its kind in the place of one that the problem is about."""
    found = [word for word in dict.fromkeys(map(str.lower, _WORD.findall(problem.question))) if word in _things()]
    found = [word for word in found if is_a_thing(word, problem.question)]
    if not found:
        return None
    old, kind = _things()[found[pick(len(found))]]
    others = [noun for noun, own in _things().values() if own == kind and noun != old]
    new = others[pick(len(others))]
    if re.search(rf"\b(?:{re.escape(new.one)}|{re.escape(new.many)})\b", problem.question, re.IGNORECASE):
        return None
    forms = {old.one.lower(): new.one, old.many.lower(): new.many}
    question = _WORD.sub(lambda word: _like(word[0], forms.get(word[0].lower())), problem.question)
    vowel = "n" if new.form("a") == f"an {new.one}" else ""
    question = re.sub(rf"\b([Aa])n? (?={re.escape(new.one)}\b)", rf"\g<1>{vowel} ", question)
    keys = {key_of(old.one): key_of(new.one), key_of(old.many): key_of(new.many)}
    return Problem(question, _renamed(problem.trace, keys), problem.answer, (*problem.how, "things"))


def _like(old: str, new: str | None) -> str:
    if new is None:
        return old
    return new.capitalize() if old[:1].isupper() else new


def _renamed(trace: str, keys: Mapping[str, str]) -> str:
    """Return a trace whose names follow the words of the question."""
    pattern = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, keys))})(?![A-Za-z0-9])")
    lines = []
    for line in trace.split("\n"):
        head, brace, rest = line.partition("{op: ")
        op, comma, fields = rest.partition(",")
        lines.append(f"{head}{brace}{op}{comma}{pattern.sub(lambda word: keys[word[1]], fields)}" if brace else line)
    return "\n".join(lines)


def reorder(problem: Problem, pick: Pick) -> Problem | None:
    """Exchange two neighboring sentences that neither refer to others nor follow in time."""
    told = sentences(problem.question)
    free = [not _BOUND_TO_OTHERS.search(sentence) for sentence in told[:-1]]
    places = [at for at in range(len(free) - 1) if free[at] and free[at + 1]]
    if not places or (len(told) > 2 and _BOUND_TO_OTHERS.search(told[places[-1] + 2])):
        return None
    at = places[pick(len(places))]
    told[at], told[at + 1] = told[at + 1], told[at]
    return Problem(" ".join(told), problem.trace, problem.answer, (*problem.how, "order"))


def add_aside(problem: Problem, pick: Pick, asides: tuple[Event, ...]) -> Problem | None:
    """Add a sentence with a number that changes nothing."""
    aside = draw_aside(asides, Taste(word_list(Part.TRAIN)), pick)
    return Problem(f"{aside} {problem.question}", problem.trace, problem.answer, (*problem.how, "aside"))


def bridge(problem: Problem, pick: Pick, rows: Sequence[Mapping[str, Any]], prover: Prover) -> Problem | None:
    """Let another problem's result take the place of one of this problem's numbers: a composition."""
    other = rows[pick(len(rows))]
    question, trace, answer = (str(other.get(name, "")) for name in ("question", "trace", "answer"))
    plan = plan_of({"question": problem.question, "trace": problem.trace, "answer": problem.answer}, prover)
    if (
        isinstance(plan, Refusal)
        or question == problem.question
        or not (answer.isascii() and answer.isdigit())
        or len(other.get("readings") or ()) > 1
    ):
        return None
    slot = plan.slots[pick(len(plan.slots))]
    chosen = tuple(int(answer) if each is slot else each.value for each in plan.slots)
    if slot.percent or slot.cents or int(answer) < 2 or values_of(plan, chosen) is None:
        return None
    joined = _composed(plan, plan.slots.index(slot), trace)
    if joined is None:
        return None
    (span,) = slot.spans
    asked = f"{plan.question[: span.start]}N{plan.question[span.end :]}"
    text = f"{question} Let N be that number. {asked}"
    result = examine_row(Source(joined), text, "0", prover.vocabulary).answer
    return Problem(text, joined, show(result.value), (*problem.how, "bridge")) if result is not None else None


def _composed(plan: Plan, place: int, before: str) -> str | None:
    """Return one problem's trace after another's, whose result it takes in the place of a number."""
    tied = [at for at, (slot, how) in plan.inputs.items() if slot == place and not how]
    inits = [_init_of(plan, at) for at in tied]
    if len(tied) != 1 or inits[0] is None or before.startswith("- ") or plan.trace.startswith("- "):
        return None
    name, old = inits[0]
    own = plan.trace.replace(old, f"{{op: init, var: {name}, source: prev.result}}", 1)
    return "".join(f"- {_indented(each)}" for each in (before, own))


def _indented(trace: str) -> str:
    return trace.rstrip("\n").replace("\n", "\n  ") + "\n"


def _init_of(plan: Plan, at: int) -> tuple[str, str] | None:
    """Return the name and the text of the init that brings an input in."""
    node = plan.graph.nodes[at]
    for action in plan.graph.scopes[0].actions:
        for made in action.definitions:
            if made.node == at and action.op == "init" and isinstance(node, Input):
                return made.name, plan.trace[action.span.start : action.span.end]
    return None
