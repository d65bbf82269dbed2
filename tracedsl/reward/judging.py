"""A completion to everything that is known of it; policies and failure classes only read that."""

from __future__ import annotations

from dataclasses import replace

from tracedsl.diagnostics import Diagnostic, wiring
from tracedsl.limits import Limits
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
    judgement = Judgement(_checked(report, experts, task), report, report.diagnostics, experts)
    if judgement.outcome is not Outcome.RIGHT_VALUE or not function or report.execution is None:
        return judgement
    comparison = task.compare(report.execution, words.lexicon.constants)
    same = comparison is not None and comparison.verdict is Verdict.SAME
    return replace(judgement, outcome=Outcome.SAME_FUNCTION if same else Outcome.RIGHT_VALUE, comparison=comparison)


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


def _checked(report: Report, experts: tuple[str, ...], task: Task) -> Outcome | None:
    if task.experts and frozenset(experts) != task.experts:
        return Outcome.WRONG_EXPERT
    if errors := report.errors:
        given = all(isinstance(error, wiring.InitOnlyQuery) for error in errors)
        return Outcome.SHORT_CIRCUIT if given else Outcome.INVALID
    if task.answer is None or report.answer is None:
        return None
    return Outcome.RIGHT_VALUE if report.answer.value == task.answer else Outcome.WRONG_ANSWER
