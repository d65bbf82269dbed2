"""A completion to everything that is known of it; policies and failure classes only read that."""

from __future__ import annotations

from tracedsl.diagnostics import Diagnostic, wiring
from tracedsl.executor import execute
from tracedsl.graph import VerifiedGraph
from tracedsl.limits import Limits
from tracedsl.numbers import Number
from tracedsl.pipeline import Report, examine
from tracedsl.rebinding import Comparison, Verdict
from tracedsl.record import record
from tracedsl.reward.extraction import extract
from tracedsl.reward.policies import Outcome
from tracedsl.reward.tasks import Task
from tracedsl.source import Source, Span
from tracedsl.syntax import Parsed, parse_source
from tracedsl.syntax.ast import Example, Text, traces
from tracedsl.vocabulary import Vocabulary

_NOWHERE = Span(0, 0)


@record
class Judgement:
    """How far a completion comes, and why.

    ``outcome`` is ``None`` where the problem has no right value to compare with; ``comparison``
    is ``None`` where the function was not looked at or cannot be judged.
    """

    outcome: Outcome | None
    report: Report | None
    diagnostics: tuple[Diagnostic, ...]
    experts: tuple[str, ...] = ()
    valid: bool = False
    answer: Number | None = None
    comparison: Comparison | None = None


def judge(completion: str, task: Task, words: Vocabulary, limits: Limits, *, function: bool) -> Judgement:
    """Judge a completion; ``function`` says whether right values are told apart by their function."""
    found = extract(completion)
    if isinstance(found, Diagnostic):
        return Judgement(Outcome.UNPARSED, None, (found,))
    report = _examined(found.text, task.question, words, limits)
    if report.document is None or any(fault.code.startswith("T1") for fault in report.diagnostics):
        return Judgement(Outcome.UNPARSED, report, report.diagnostics)
    experts = tuple(trace.expert.text for trace in traces(report.document))
    valid = not report.errors
    answer = report.answer if valid else None
    comparison = None
    if task.experts and frozenset(experts) != task.experts:
        outcome: Outcome | None = Outcome.WRONG_EXPERT
    elif not valid:
        outcome = Outcome.SHORT_CIRCUIT if _only_asks_what_is_given(report, limits) else Outcome.INVALID
    else:
        outcome = _by_value(answer, task)
    if outcome is Outcome.RIGHT_VALUE and function and report.execution is not None:
        comparison = task.compare(report.execution, words.lexicon.constants)
        if comparison is not None and comparison.verdict is Verdict.SAME:
            outcome = Outcome.SAME_FUNCTION
    return Judgement(outcome, report, report.diagnostics, experts, valid, answer, comparison)


def _by_value(answer: Number | None, task: Task) -> Outcome | None:
    if answer is None or task.answer is None:
        return None
    return Outcome.RIGHT_VALUE if answer.value == task.answer else Outcome.WRONG_ANSWER


def _examined(text: str, question: str | None, words: Vocabulary, limits: Limits) -> Report:
    """Check a trace as one for the question; what it says itself of question and answer means nothing.

    Without its tree no comment is looked for, so none suppresses a warning.
    """
    parsed = parse_source(Source(text), words, limits)
    body = parsed.document
    if body is not None:
        body = body.body if isinstance(body, Example) else body
        asked = Text(question, _NOWHERE) if question is not None else None
        body = Example(asked, None, body, body.span)
    return examine(Parsed(parsed.source, body, None, parsed.diagnostics, parsed.events), words, limits)


def _only_asks_what_is_given(report: Report, limits: Limits) -> bool:
    """Return whether the steps would run if only the query asked for another quantity.

    A fault of values, which shows only in running, is a second mistake.
    """
    if report.graph is None or not all(isinstance(error, wiring.InitOnlyQuery) for error in report.errors):
        return False
    return not execute(VerifiedGraph(report.graph), limits).diagnostics
