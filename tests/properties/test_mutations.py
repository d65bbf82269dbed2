"""A mutated trace is rejected, or the re-binding check says whether its meaning changed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.evaluator import Undefined, evaluate
from tests.strategies import NOWHERE
from tracedsl import strategies
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_text
from tracedsl.rebinding import Verdict, compare
from tracedsl.source import Source
from tracedsl.strategies import literal
from tracedsl.syntax import parse_source
from tracedsl.syntax.ast import Composition, Compute, Document, Domain, Init, Literal, Name, Step, Trace, traces
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

PATTERNS = sorted(shipped().patterns)
KINDS = ("swap", "operation", "number", "drop", "move", "double")
OTHER = {"add": "sub", "sub": "add", "mul": "add", "div": "mul", "min": "max", "max": "min"}


def changed(step: Step, kind: str) -> Step | None:
    """Return a step with its operands swapped, another operation or another number."""
    match step:
        case Compute(args=args) if kind == "swap" and len(args) > 1:
            return replace(step, args=args[::-1])
        case Domain(slots=((one, first), (two, second), *rest)) if kind == "swap":
            return replace(step, slots=((one, second), (two, first), *rest))
        case Compute(op=op) if kind == "operation" and op.text in OTHER:
            return replace(step, op=Name(OTHER[op.text], NOWHERE))
        case Init(value=Literal() as value) if kind == "number":
            return replace(step, value=literal(value.number.value + 1))
        case _:
            return None


def mutants(trace: Trace, kind: str) -> list[Trace]:
    """Return a trace with one mutation of a kind at each place where it can be."""
    steps, found = trace.steps, []
    for at, step in enumerate(steps):
        if kind in ("swap", "operation", "number"):
            other = changed(step, kind)
            edited = [(*steps[:at], other, *steps[at + 1 :])] if other is not None else []
        elif kind == "drop":
            edited = [(*steps[:at], *steps[at + 1 :])]
        elif kind == "double":
            edited = [(*steps[: at + 1], *steps[at:])]
        else:
            edited = [(*steps[:at], steps[at + 1], step, *steps[at + 2 :])] if at + 1 < len(steps) else []
        found += [replace(trace, steps=each) for each in edited]
    return found


def renumbered(document: Document, more: int) -> Document:
    """Return a document with every number of its inits changed by its value: equal ones stay equal."""

    def other(step: Step) -> Step:
        if isinstance(step, Init) and isinstance(step.value, Literal):
            value = Fraction(step.value.number.value)
            if value not in default().lexicon.constants:
                return replace(step, value=literal(value * more + 1))
        return step

    parts = tuple(replace(part, steps=tuple(map(other, part.steps))) for part in traces(document))
    return Composition(parts, NOWHERE) if isinstance(document, Composition) else parts[0]


def value(document: Document) -> Fraction | None:
    try:
        return Fraction(evaluate(document))
    except (Undefined, KeyError, ZeroDivisionError):
        return None


@settings(max_examples=150)
@given(st.sampled_from(PATTERNS).flatmap(strategies.examples), st.sampled_from(KINDS), st.data())
def test_a_mutation_is_rejected_or_its_meaning_is_told(drawn: object, kind: str, data: st.DataObject) -> None:
    document = parse_source(Source(drawn.trace), default()).document  # type: ignore[attr-defined]
    assert isinstance(document, Trace | Composition)
    parts = traces(document)
    place = data.draw(st.integers(0, len(parts) - 1))
    found = mutants(parts[place], kind)
    if not found:
        return
    mutant = data.draw(st.sampled_from(found))
    whole = (*parts[:place], mutant, *parts[place + 1 :])
    other: Document = Composition(whole, NOWHERE) if isinstance(document, Composition) else mutant
    report = examine_text(Source(format_document(other)), default())
    original = examine_text(Source(drawn.trace), default())  # type: ignore[attr-defined]
    if report.errors:
        event(f"{kind}: rejected")
        return
    assert report.execution is not None and original.execution is not None
    verdict = compare(original.execution, report.execution, default().lexicon.constants).verdict
    event(f"{kind}: {verdict}")
    agree = [value(renumbered(document, more)) == value(renumbered(other, more)) for more in (3, 7)]
    if verdict is Verdict.SAME:
        assert report.answer == original.answer and (kind == "number" or all(agree))
    elif report.answer != original.answer:
        assert verdict is Verdict.DIFFERENT
