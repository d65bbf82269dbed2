"""The lints: small functions over the facts of a corpus, each of which yields findings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tracedsl.diagnostics import Diagnostic, lints
from tracedsl.lints.facts import Fact, Finding, pieces
from tracedsl.masking import masked, skeleton
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import Curriculum
from tracedsl.patterns.model import Pattern
from tracedsl.vocabulary import Vocabulary

LEAST_REPETITIONS = 6
_MOST_DUPLICATES = 0.02  # of small ranges chance alone repeats a row or two in 250
_ENOUGH, _MOST_GIVEN = 8, 0.75  # rows of a pattern; the share of them whose answer may equal a given number
_SHORTCUTS = ("T404", "T8")
_CONTRADICTIONS = ("T7", "T510")
_FORM = ("T9",)
_ABSTRACT = re.compile(r"(?i)(?:[a-z]|var|tmp|val|num|res)_?\d*")
_HOLE = re.compile(
    r"<[A-Za-z_][\w.]*(?: [\w.]+)?>|\$?\{[^}]*\}|\[[A-Z_]{2,}\]|%[sd]\b|%\(\w+\)[sd]|\bNone\b(?! of\b)|\b[Nn]a[Nn]\b"
)
_COUNTED = re.compile(r"(?:how many|number of) (?:(?:more|fewer|full|good|total|whole|all) )?([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What the rules compare with: the declarations, the maximal length, how long a text is."""

    curriculum: Curriculum
    vocabulary: Vocabulary
    max_length: int
    measures: frozenset[str]
    declared: bool = False

    def pattern(self, fact: Fact) -> Pattern | None:
        """Return the declaration of a row's pattern, unless another of that name is meant."""
        known = self.curriculum.of(fact.mix).get(fact.pattern)
        return known if known is not None and known.group == fact.expert else None

    def uniform(self) -> frozenset[str]:
        """Return the groups whose declarations say that they have one shape."""
        return frozenset(pattern.group for pattern in self.curriculum.patterns.values() if pattern.uniform)


_T = TypeVar("_T", bound=Hashable)
Rule = Callable[[Sequence[Fact], Context], Iterator[Finding]]


def _at(fact: Fact, diagnostic: Callable[..., Diagnostic], **fields: object) -> Finding:
    source, span = fact.located()
    return Finding(diagnostic(span=span, **fields), source)


def _groups(facts: Iterable[Fact], key: Callable[[Fact], str]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[key(fact)].append(fact)
    return found


def mixed_shapes(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Compare the sequence of steps, and the name asked, where there should be one."""
    known = [fact for fact in facts if fact.wired is not None]
    for group, members in _groups(known, lambda fact: fact.pattern).items():
        declared = context.pattern(members[0])
        if members[0].stated and (declared is None or declared.chain is None):
            anchored = declared is not None and bool(declared.traces[-1].steps[-1].names)
            yield from _compared(group, members, exact=True, targets=not anchored)
    uniform = context.uniform()
    same = [fact for fact in known if fact.expert in uniform and _is_uniform(context.pattern(fact))]
    for group, members in _groups(same, lambda fact: fact.expert).items():
        yield from _compared(group, members, exact=False, targets=True)


def _is_uniform(pattern: Pattern | None) -> bool:
    return pattern is None or pattern.uniform


def _compared(group: str, members: list[Fact], *, exact: bool, targets: bool) -> Iterator[Finding]:
    wired = [fact.wired for fact in members if fact.wired is not None]
    shapes = [each.exact if exact else each.loose for each in wired]
    other, counts = _odd_one(shapes)
    if other is not None:
        shown = "; ".join(f"{count} of {_shape_text(each)}" for each, count in counts.most_common(3))
        yield _at(members[other], lints.MixedShapes, group=group, count=len(counts), shapes=shown)
    odd, names_asked = _odd_one([each.target for each in wired])
    if targets and odd is not None:
        shown = ", ".join(f"{count} `{each}`" for each, count in names_asked.most_common(4))
        yield _at(members[odd], lints.MixedTargets, group=group, count=len(names_asked), targets=shown)


def _shape_text(each: tuple[tuple[str, ...], ...]) -> str:
    return " | ".join(", ".join(part) for part in each)


def _odd_one(values: list[_T]) -> tuple[int | None, Counter[_T]]:
    """Return the first index of a value other than the most frequent, and how often each occurs."""
    counts = Counter(values)
    if len(counts) < 2:
        return None, counts
    common = counts.most_common(1)[0][0]
    return next(at for at, value in enumerate(values) if value != common), counts


def few_repetitions(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Compare the number of templates with the number of rows."""
    if context.declared:
        return
    for group, members in _groups(facts, lambda fact: fact.pattern).items():
        templates = {fact.template or skeleton(fact.question) for fact in members}
        if len(members) < LEAST_REPETITIONS * len(templates):
            each = f"{len(members) / len(templates):.1f}".removesuffix(".0")
            fields = {"rows": len(members), "templates": len(templates), "each": each, "least": LEAST_REPETITIONS}
            yield _at(members[0], lints.FewRepetitions, group=group, **fields)


def abstract_names(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for names that say nothing."""
    found: dict[str, tuple[Fact, Counter[str]]] = {}
    for fact in facts:
        for name in fact.wired.names if fact.wired is not None else ():
            if _ABSTRACT.fullmatch(name):
                found.setdefault(fact.pattern, (fact, Counter()))[1][name] += 1
    for group, (fact, counts) in found.items():
        yield _at(fact, lints.AbstractName, group=group, names=tuple(sorted(counts))[:4])


def ungrounded_anchors(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for dotted names whose words the question does not have."""
    seen: set[str] = set()
    for fact in facts:
        if fact.wired is None or fact.pattern in seen:
            continue
        text = fact.question.lower()
        for name in fact.wired.names:
            if "." in name and not all(_occurs(piece, text, context) for piece in pieces(name)):
                seen.add(fact.pattern)
                yield _at(fact, lints.UngroundedAnchor, group=fact.pattern, anchor=name)
                break


def _occurs(piece: str, text: str, context: Context) -> bool:
    return piece in text or context.vocabulary.lexicon.singular(piece) in text


def shared_steps(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for steps that stand in traces of several experts."""
    users: dict[str, dict[str, Fact]] = defaultdict(dict)
    for fact in facts:
        for expert, op in fact.wired.steps if fact.wired is not None else ():
            users[op].setdefault(expert, fact)
    for op, experts in users.items():
        if len(experts) > 1:
            yield _at(
                list(experts.values())[1],
                lints.SharedStep,
                op=op,
                experts=", ".join(f"`{name}`" for name in sorted(experts)),
            )


def wrong_rows(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Sort what checking the rows found: shortcuts, contradictions, what is invalid."""
    kinds: tuple[tuple[tuple[str, ...], type[Diagnostic]], ...] = (
        (_SHORTCUTS, lints.ShortCircuit),
        (_CONTRADICTIONS, lints.TextContradictsTrace),
        (("",), lints.InvalidRow),
    )
    found: dict[tuple[type[Diagnostic], str], list[tuple[Fact, str]]] = defaultdict(list)
    for fact in facts:
        for code, message, _ in fact.faults:
            if not code.startswith(_FORM):
                kind = next(kind for codes, kind in kinds if code.startswith(codes))
                found[kind, fact.pattern].append((fact, f"{message} ({code})"))
                break
    for (kind, group), each in found.items():
        fact, fault = each[0]
        yield _at(fact, kind, rows=len(each), group=group, fault=fault)


def answers_given(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for patterns whose answer mostly equals a number that is given."""
    for group, members in _groups(facts, lambda fact: fact.pattern).items():
        given = [fact for fact in members if fact.answer is not None and fact.answer in fact.inputs]
        if len(members) >= _ENOUGH and len(given) > _MOST_GIVEN * len(members):
            fault = "the answer equals a given number"
            yield _at(given[0], lints.ShortCircuit, rows=len(given), group=group, fault=fault)


def placeholders(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for holes left in questions."""
    holes = [(fact, found[0]) for fact in facts if (found := _HOLE.search(fact.question)) is not None]
    for group, members in _groups((fact for fact, _ in holes), lambda fact: fact.pattern).items():
        hole = next(hole for fact, hole in holes if fact is members[0])
        yield _at(members[0], lints.UnresolvedPlaceholder, rows=len(members), group=group, hole=hole)


def broken_counts(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for counts of things that are no whole numbers."""
    found: dict[str, list[tuple[Fact, str]]] = defaultdict(list)
    for fact in facts:
        counted = _COUNTED.search(fact.question)
        if counted is None or fact.answer is None or isinstance(fact.answer, int):
            continue
        if context.vocabulary.lexicon.singular(counted[1]) not in context.measures:
            found[fact.pattern].append((fact, counted[1]))
    for group, each in found.items():
        fact, thing = each[0]
        answer = show(fact.answer) if fact.answer is not None else ""
        yield _at(fact, lints.FractionOfACountable, rows=len(each), group=group, thing=thing, answer=answer)


def duplicates(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Count questions that stand there again."""
    if context.declared:
        return
    seen: set[str] = set()
    repeated = []
    for fact in facts:
        if fact.question in seen:
            repeated.append(fact)
        if fact.question:  # a row may have none
            seen.add(fact.question)
    if len(repeated) > _MOST_DUPLICATES * len(facts):
        yield _at(repeated[0], lints.DuplicateQuestions, rows=len(repeated), total=len(facts))


def leaks(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for problems that stand in two splits."""
    first: dict[str, str] = {}
    found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    splits = {fact.split for fact in facts}
    if len(splits) < 2:
        return
    for fact in facts:
        owner = first.setdefault(masked(fact.question, context.vocabulary.lexicon), fact.split)
        if owner != fact.split:
            found[fact.split, owner].append(fact)
    for (split, other), members in found.items():
        yield _at(members[0], lints.SplitLeak, rows=len(members), split=split, other=other)


def too_long(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Measure prompt and completion."""
    over = [fact for fact in facts if fact.length > context.max_length]
    if over:
        fact = max(over, key=lambda each: each.length)
        yield _at(fact, lints.TooLong, rows=len(over), most=context.max_length, longest=fact.length)


def weak_coverage(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Look for patterns of a mix that have no row, and for operations that no pattern uses."""
    for mix, members in _groups(facts, lambda fact: fact.mix).items():
        settings = context.curriculum.mixes.get(mix)
        if settings is None or settings.overlay is not None:
            continue
        present = {fact.pattern for fact in members}
        wanted = {
            pattern.name
            for pattern in context.curriculum.of(mix).values()
            if settings.takes(pattern.tags) and (not settings.weights or pattern.group in settings.weights)
        }
        if missing := tuple(sorted(wanted - present)):
            yield _at(members[0], lints.WeakCoverage, missing=missing)


RULES: tuple[Rule, ...] = (
    mixed_shapes,
    few_repetitions,
    abstract_names,
    ungrounded_anchors,
    shared_steps,
    wrong_rows,
    answers_given,
    placeholders,
    broken_counts,
    duplicates,
    leaks,
    too_long,
    weak_coverage,
)


def lint(facts: Sequence[Fact], context: Context) -> Iterator[Finding]:
    """Apply every rule to the facts of a corpus."""
    for rule in RULES:
        yield from rule(facts, context)
