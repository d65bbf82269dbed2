"""A problem with its calculations to a proved row, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from tracedsl.importers.emission import Written, write
from tracedsl.importers.expressions import Number, Operation, simplified
from tracedsl.importers.percents import with_percents
from tracedsl.importers.questions import Question, read_question
from tracedsl.importers.solutions import EARLIER, HUNDREDFOLD, Step, contradicted, rest_of
from tracedsl.importers.wiring import Given, Result, Wiring, readings
from tracedsl.numbers import Rational, show, whole
from tracedsl.pipeline import Report, examine_row
from tracedsl.record import record
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary

_UNKNOWN = re.compile(r"(?<![A-Za-z'’])[a-wyzA-HJ-Z](?![A-Za-z'’])\s*[-+*/=]|[-+*/=]\s*\d*[a-zA-Z](?![A-Za-z])")

_EQUATION = re.compile(
    r"(?<![\w.'’])\d*\s?[a-wyz](?![\w'’])\s*[-+]\s*\d|\d\s*[-+]\s*\d*[a-wyz](?![\w'’])", re.IGNORECASE
)


class Reason(StrEnum):
    """Why a problem becomes no row."""

    NO_ANSWER = "no-answer"
    NO_CALCULATION = "no-calculation"
    UNKNOWN = "unknown-to-solve-for"
    NOT_COMPUTED = "answer-not-computed"
    SHORTCUT = "shortcut"
    INVALID = "invalid"


@record
class Imported:
    """A problem's row, and how many of its calculations the answer does not need."""

    row: dict[str, Any]
    pruned: int


@record
class Rejected:
    """A problem that becomes no row, and why."""

    row: dict[str, Any]
    reason: Reason
    detail: str


@record
class Problem:
    """A problem as it is read: its columns, its question, its steps and the answer that it states."""

    columns: Mapping[str, Any]
    question: str
    steps: tuple[Step, ...]
    answer: Rational | None
    solution: str = ""


def import_problem(problem: Problem, words: Vocabulary) -> Imported | Rejected:
    """Return a proved row, or the reason why there is none."""
    if problem.answer is None:
        return Rejected(dict(problem.columns), Reason.NO_ANSWER, "no number is stated as the answer")
    if (wrong := contradicted(problem.solution)) is not None:
        return Rejected(dict(problem.columns), Reason.NOT_COMPUTED, f"the solution writes {wrong}")
    question = read_question(problem.question, words.lexicon)
    chosen = _asked(list(_reduced(problem.steps, question)), problem.answer)
    if chosen is None:
        return Rejected(dict(problem.columns), *_why(problem))
    steps, asked, repair = chosen
    if _EQUATION.search(rest_of(problem.solution, steps[asked])):
        return Rejected(dict(problem.columns), Reason.UNKNOWN, "an unknown has the value of an earlier calculation")
    rates = {value: places[0].ground for value, places in question.rates.items()}
    kept: list[tuple[Written, Wiring]] = []
    fault: Report | None = None
    for wiring in readings(question, steps, asked):
        rewritten = with_percents(wiring, rates)
        for candidate in (rewritten, wiring) if rewritten is not wiring else (wiring,):
            written = write(candidate, question)
            report = examine_row(Source(written.text), problem.question, show(problem.answer), words)
            if _is_sound(report):
                kept.append((written, candidate))
                break
            fault = fault or report
    if not kept:
        return Rejected(dict(problem.columns), *_fault(fault))
    return _row(problem, steps, repair, kept)


def _reduced(steps: Sequence[Step], question: Question) -> Iterator[Step]:
    """Yield the steps without what changes nothing; a 1 or 0 that is an earlier result or that digits state is kept."""
    kept: set[Rational] = {value for value in (0, 1) if question.says(value)}
    for step in steps:
        expression = simplified(step.expression, kept)
        if isinstance(expression, Operation):
            yield replace(step, expression=expression)
            kept.add(step.value)


def _asked(steps: Sequence[Step], answer: Rational) -> tuple[tuple[Step, ...], int, int] | None:
    """Return the steps, which of them is the answer, and the repair that it took."""
    matching = [at for at, step in enumerate(steps) if step.value == answer]
    if matching:
        return tuple(steps), matching[-1], 0 if matching[-1] == len(steps) - 1 else EARLIER
    if steps and steps[-1].value * 100 == answer:
        last = steps[-1]
        more = Operation("mul", (Number(last.value, 0), Number(100, 1)))
        return (*steps, replace(last, expression=more, value=answer)), len(steps), HUNDREDFOLD
    return None


def _why(problem: Problem) -> tuple[Reason, str]:
    if _UNKNOWN.search(problem.solution):
        return Reason.UNKNOWN, "the solution solves for an unknown"
    if not problem.steps:
        return Reason.NO_CALCULATION, "the solution writes no calculation out"
    return Reason.NOT_COMPUTED, f"no calculation gives {show(problem.answer or 0)}"


def _is_sound(report: Report) -> bool:
    """Return whether a row has no error and no warning but ungrounded numbers."""
    return report.document is not None and all(fault.code.startswith("T7") for fault in report.diagnostics)


def _fault(report: Report | None) -> tuple[Reason, str]:
    faults = [fault for fault in report.diagnostics if not fault.code.startswith("T7")] if report is not None else []
    detail = f"{faults[0].code}: {faults[0].message}" if faults else "no reading"
    return (Reason.SHORTCUT if detail.startswith(("T8", "T404")) else Reason.INVALID), detail


def _row(problem: Problem, steps: Sequence[Step], repair: int, kept: Sequence[tuple[Written, Wiring]]) -> Imported:
    written, wiring = kept[0]
    used = wiring.used()
    needed = {id(node.step) for at in used if isinstance(node := wiring.nodes[at], Result)}
    levels = [step.level for step in steps if id(step) in needed]
    row: dict[str, Any] = {
        **problem.columns,
        "question": problem.question,
        "answer": show(problem.answer or 0),
        "trace": written.text,
        "level": max([repair, *levels]),
        "grounding": [_ground(name, given) for name, given in written.given],
    }
    texts = tuple(dict.fromkeys(each.text for each, _ in kept))
    if len(texts) > 1:
        row["readings"] = list(texts)
    return Imported(row, len(steps) - len(needed))


def _ground(name: str, given: Given) -> dict[str, Any]:
    return {
        "var": name,
        "value": show(whole(Fraction(given.value))),
        "ground": given.ground,
        "span": list(given.span) if given.span is not None else None,
    }
