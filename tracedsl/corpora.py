"""Corpora: rows drawn from a mix of patterns, each proved before it is given out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracedsl.diagnostics import MOST_NAMES, near
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import Curriculum, overlaid
from tracedsl.patterns.holes import Pick, chance
from tracedsl.patterns.lexicon import Part, measures, word_list
from tracedsl.patterns.mixes import LEVELS, Mix, pattern_weights, schedule
from tracedsl.patterns.model import Pattern
from tracedsl.proving import Prover
from tracedsl.sampling import Drawn, Taste, draw_aside, draw_example, seeded
from tracedsl.sentences import sentences
from tracedsl.vocabulary import Lexicon, Vocabulary

_PRONOUN = re.compile(r"\b(?:it|its|they|them|their)\b", re.IGNORECASE)
_LONG_WORD = re.compile(r"\b[a-z]{6,}\b")
_SWAPS = ("lower", "letters", "spaces")
Row = dict[str, Any]


class UnknownMix(LookupError):
    """There is no such mix, pattern, expert or overlay; the text says which."""


class NotProved(Exception):
    """A drawn example does not pass the check: its pattern is wrong."""

    def __init__(self, pattern: str, drawn: Drawn, code: str, message: str) -> None:
        super().__init__(pattern, drawn, code, message)  # all it holds, so that it passes from process to process
        self.pattern = pattern
        self.drawn = drawn
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """A mix made ready: its patterns in order over one period, and how they are written."""

    mix: Mix
    vocabulary: Vocabulary
    order: tuple[Pattern, ...]
    tastes: Mapping[tuple[str, str], Taste]
    levels: tuple[str, ...]
    prompt: str
    curriculum: Curriculum
    prover: Prover

    def row(self, seed: int, index: int) -> Row:
        """Return one row, which depends on nothing but the mix, the seed and the index."""
        return self.with_problem(seed, index)[0]

    def with_problem(self, seed: int, index: int) -> tuple[Row, str]:
        """Return one row, and its question before an aside and noise came to it.

        Raises ``NotProved`` for a wrong pattern, ``Unsatisfied`` for one that is too narrow.
        """
        pattern, pick = self.order[index % len(self.order)], seeded(seed, index)
        level = self.levels[pick(len(self.levels))] if len(self.levels) > 1 else self.levels[0]
        drawn, problem = self.written(pattern, level, pick)
        prove(pattern, drawn, self.prover, strict=not self.mix.formulas)
        row = {
            "question": drawn.question,
            "answer": show(drawn.answer),
            "trace": drawn.trace,
            "prompt": messages(self.prompt, drawn.question),
            "completion": [{"role": "assistant", "content": drawn.trace.removesuffix("\n")}],
            "expert": pattern.group,
            "pattern": pattern.name,
            "mix": self.mix.name,
            "seed": seed,
            "index": index,
            "template": drawn.template,
            "level": level,
        }
        return row, problem

    def rows(self, seed: int, count: int) -> Iterator[Row]:
        """Yield the first rows of a seed."""
        return (self.row(seed, index) for index in range(count))

    def written(self, pattern: Pattern, level: str, pick: Pick) -> tuple[Drawn, str]:
        """Draw an example and write it as the mix wants it, with asides and noise; return the plain question too."""
        taste = self.tastes[pattern.group, level]
        drawn = draw_example(pattern, taste, pick)
        problem = drawn.question
        if chance(self.mix.distractors, pick):
            aside = draw_aside(self.curriculum.asides, taste, pick)
            drawn = replace(drawn, question=_inserted(drawn.question, aside))
        if chance(self.mix.noise, pick):
            drawn = replace(drawn, question=noisy(drawn, self.vocabulary.lexicon, pick))
        return drawn, problem


def messages(system: str, question: str, examples: Iterable[tuple[str, str]] = ()) -> list[dict[str, str]]:
    """Return the prompt of a question as messages, as trainers and chat templates take it.

    ``examples`` are questions and their traces, shown before it as if they had been asked and answered.
    """
    turns = [("system", system)]
    for asked, trace in examples:
        turns += [("user", asked), ("assistant", trace.removesuffix("\n"))]
    return [{"role": role, "content": content} for role, content in (*turns, ("user", question))]


def plan(
    curriculum: Curriculum,
    words: Vocabulary,
    name: str,
    *,
    lexicon: Part | None = None,
    experts: Collection[str] = (),
    patterns: Collection[str] = (),
) -> Plan:
    """Make a mix ready; ``experts`` and ``patterns`` narrow it. Raises ``UnknownMix``."""
    mix = _found(curriculum.mixes, name, "mix")
    known, vocabulary = curriculum.of(name), words
    if mix.overlay is not None:
        over = overlaid(mix.overlay, words)
        if over is None:
            raise UnknownMix(f"there is no overlay {mix.overlay!r}")
        known, vocabulary = {**known, **over.patterns}, over.vocabulary
    chosen = [_found(known, each, "pattern") for each in patterns] or [p for p in known.values() if mix.takes(p.tags)]
    chosen = [pattern for pattern in chosen if not experts or pattern.group in experts]
    if experts or patterns:  # what is left of a mix does not claim to cover it
        mix = replace(mix, name=f"{name}/{'+'.join((*experts, *patterns))}")
    weights = pattern_weights(mix, ((p.name, p.group, "interleaved" in p.tags) for p in chosen))
    if not any(weights.values()):
        raise UnknownMix(f"the mix {name!r} has no pattern of {', '.join(experts) or 'any expert'}")
    words_of = word_list(lexicon or mix.lexicon)
    taste = Taste(words_of, mix.naming, None, mix.spelling, formulas=mix.formulas, blocks=mix.blocks)
    tastes = {
        (group, level): replace(taste, window=LEVELS[level], templates=mix.templates.get(group, mix.templates.get("")))
        for group in {pattern.group for pattern in known.values()}
        for level in mix.levels
    }
    levels = schedule(mix.levels)
    order = tuple(known[pattern] for pattern in schedule(weights))
    return Plan(
        mix,
        vocabulary,
        order,
        tastes,
        levels,
        _found(curriculum.prompts, mix.prompt, "prompt"),
        curriculum,
        Prover(vocabulary),
    )


def _found(table: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in table:
        told = tuple(table) if len(table) <= MOST_NAMES else near(name, table) or tuple(table)[:4]
        others = f" and {len(table) - len(told):,} others" if len(told) < len(table) else ""
        raise UnknownMix(f"there is no {what} {name!r}; there are {', '.join(told)}{others}")
    return table[name]


def prove(pattern: Pattern, drawn: Drawn, prover: Prover, *, strict: bool = True) -> None:
    """Check an example as `tracedsl check --strict` would; raises ``NotProved``.

    Where a mix writes formula steps on purpose (``strict=False``), their warning is let pass.
    """
    faults = prover.faults(drawn.question, drawn.trace, show(drawn.answer))
    if not strict:
        faults = tuple(fault for fault in faults if fault.code != "T901")
    if faults:
        raise NotProved(pattern.name, drawn, faults[0].code, faults[0].message)


def _inserted(question: str, aside: str) -> str:
    """Put an aside before what is asked."""
    *told, asked = sentences(question)
    if _PRONOUN.search(asked):  # it would then be about the aside
        return f"{aside} {question}"
    return " ".join([*told, aside, asked])


def noisy(drawn: Drawn, lexicon: Lexicon, pick: Pick) -> str:
    """Return a question as people type it: without capitals, with a slip in a word, with loose spaces.

    Words that the trace names or that say a number are left alone.
    """
    match _SWAPS[pick(len(_SWAPS))]:
        case "lower":
            return drawn.question.lower()
        case "spaces":
            return drawn.question.replace(". ", ".  ").rstrip("?.")
        case _:
            return _slip(drawn, lexicon, pick)


def _slip(drawn: Drawn, lexicon: Lexicon, pick: Pick) -> str:
    kept = {*lexicon.words, *lexicon.magnitudes, *lexicon.scales, *measures(), "percent"}
    words = [
        found
        for found in _LONG_WORD.finditer(drawn.question)
        if found[0] not in kept and lexicon.singular(found[0]) not in kept and found[0][:4] not in drawn.trace
    ]
    if not words:
        return drawn.question
    word = words[pick(len(words))]
    at = word.start() + 1 + pick(len(word[0]) - 3)
    text = drawn.question
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"
