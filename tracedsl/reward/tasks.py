"""What a completion is judged by: the answer, the gold traces and their question, read once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tracedsl.executor import Execution
from tracedsl.limits import Limits
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.pipeline import Report, examine_text
from tracedsl.rebinding import Comparison, Reference, Stated, Verdict, compare, reference
from tracedsl.record import record
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import traces
from tracedsl.vocabulary import Vocabulary

Answer = str | int | float | Fraction
Ground = tuple[str, Stated]


@record
class Gold:
    """A gold trace that runs; ``reference`` is it bound to its question, if it can be."""

    execution: Execution
    reference: Reference | None

    def compare(self, other: Execution, question: str | None, constants: frozenset[Rational]) -> Comparison | None:
        """Say whether a trace computes the gold trace's function; ``None`` where that cannot be judged."""
        if question is None:
            return compare(self.execution, other, constants)
        return self.reference.compare(other) if self.reference is not None else None


@record
class Task:
    """A problem: its right value, its gold traces, the experts that its row fixes, what cannot be read of it."""

    answer: Rational | None
    question: str | None
    experts: frozenset[str]
    golds: tuple[Gold, ...]
    fault: str | None

    @property
    def judged(self) -> bool:
        """Whether functions can be told apart: a gold trace runs, and the numbers of every reading have roles."""
        return bool(self.golds) and all(self.question is None or gold.reference is not None for gold in self.golds)

    def compare(self, other: Execution, constants: frozenset[Rational]) -> Comparison | None:
        """Compare a trace with each gold trace; the same function as one of them is enough.

        ``None`` where that cannot be judged.
        """
        if not self.judged:
            return None
        found: Comparison | None = None
        for gold in self.golds:
            comparison = gold.compare(other, self.question, constants)
            if comparison is not None and comparison.verdict is Verdict.SAME:
                return comparison
            found = found or comparison
        return found


def task_of(
    words: Vocabulary,
    limits: Limits,
    answer: Answer | None = None,
    gold: object = None,
    question: str | None = None,
    expert: str | None = None,
    grounding: Sequence[Mapping[str, Any]] | None = None,
    readings: Sequence[str] | None = None,
) -> Task:
    """Read what a row says of its problem, in the columns that rows have; what is read is kept."""
    texts = tuple(_text(each) for each in (gold, *(readings or ())) if each is not None)
    said = None if answer is None else _number(answer)
    return _task(said, tuple(dict.fromkeys(texts)), question, expert, _grounds(grounding or ()), words, limits)


def _text(gold: object) -> str:
    return gold if isinstance(gold, str) else json.dumps(gold)


def _number(answer: Answer) -> str:
    """Spell an answer: a whole float is the whole number that it is."""
    exact = isinstance(answer, float) and math.isfinite(answer)
    return str(Fraction(str(answer))) if exact else str(answer).strip()


def _grounds(grounding: Sequence[Mapping[str, Any]]) -> tuple[Ground, ...]:
    found = []
    for each in grounding:
        value, span = read_number(str(each.get("value"))), each.get("span")
        if isinstance(value, Number):
            place = Span(int(span[0]), int(span[1])) if span is not None and len(span) == 2 else None
            found.append((str(each.get("var")), Stated(value.value, place)))
    return tuple(found)


@lru_cache(maxsize=1024)
def _task(
    answer: str | None,
    texts: tuple[str, ...],
    question: str | None,
    expert: str | None,
    grounds: tuple[Ground, ...],
    words: Vocabulary,
    limits: Limits,
) -> Task:
    stated = read_number(answer, limits.digits) if answer is not None else None
    if answer is not None and not isinstance(stated, Number):
        return Task(None, question, frozenset(), (), f"the answer {answer[:80]!r} is not a number")
    reports = [examine_text(Source(text, "gold"), words, limits) for text in texts]
    value = stated.value if isinstance(stated, Number) else next(map(_value, reports), None)
    golds = tuple(_gold(report, question, grounds, words) for report in reports if _agrees(report, value))
    fault = None if value is not None else "neither an answer is stated nor a gold trace that runs"
    return Task(value, question, _experts(expert, reports, words), golds, fault)


def _value(report: Report) -> Rational | None:
    return report.answer.value if report.answer is not None else None


def _agrees(report: Report, value: Rational | None) -> bool:
    """Return whether a gold trace runs to the value; another one is no measure."""
    return report.answer is not None and report.answer.value == value


def _gold(report: Report, question: str | None, grounds: tuple[Ground, ...], words: Vocabulary) -> Gold:
    if report.execution is None:
        raise ValueError("a gold trace that runs has an execution")
    bound = reference(report.execution, question, words.lexicon, dict(grounds)) if question is not None else None
    return Gold(report.execution, bound)


def _experts(expert: str | None, reports: Sequence[Report], words: Vocabulary) -> frozenset[str]:
    """Return the experts that a row fixes: those of its gold trace, or else the one that it names.

    A row of several says `composition`, which is none.
    """
    if expert is None:
        return frozenset()
    documents = [report.document for report in reports[:1] if report.document is not None]
    found = frozenset(trace.expert.text for document in documents for trace in traces(document))
    return found or frozenset({expert} & words.experts.keys())
