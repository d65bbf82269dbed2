"""Completions to scores. Total: every text gets one, after bounded work, and nothing is raised."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracedsl.diagnostics import Diagnostic
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import show_number
from tracedsl.rebinding import Verdict
from tracedsl.record import record
from tracedsl.reward.judging import Judgement, judge
from tracedsl.reward.policies import Outcome, Policy, policy_named
from tracedsl.reward.tasks import Answer, Task, task_of
from tracedsl.vocabulary import Vocabulary, default

#: The parts of a score, each 1 or 0, or ``None`` where it cannot be said.
PARTS = ("parsed", "expert", "valid", "correct", "equivalent")


@record
class Score:
    """What a completion is worth.

    ``value`` is ``None`` where it is not judged; ``error`` then says why: what the row lacks, or the
    traceback of a bug of ours (``internal``). ``expert`` names the experts of all sub-traces.
    """

    value: float | None
    parts: Mapping[str, float | None]
    answer: str | None
    expert: str | None
    diagnostics: tuple[Diagnostic, ...]
    outcome: Outcome | None = None
    error: str | None = None
    internal: bool = False


def score(
    text: str,
    *,
    answer: Answer | None = None,
    gold: object = None,
    question: str | None = None,
    expert: str | None = None,
    grounding: Sequence[Mapping[str, Any]] | None = None,
    readings: Sequence[str] | None = None,
    policy: str | Policy = "graded",
    limits: Limits = DEFAULT,
    vocabulary: Vocabulary | None = None,
) -> Score:
    """Score a completion by the answer or the gold trace of its problem.

    ``expert`` fixes the experts: those of the gold trace, or else the one that it names; ``grounding``
    and ``readings`` of the gold trace are as `tracedsl import` writes them. Without the question a
    function is told by values, as `tracedsl equiv` does. Raises ValueError for a policy that is not
    shipped; never for a text or for what a row holds.
    """
    ready = policy_named(policy) if isinstance(policy, str) else policy
    words = vocabulary or default()
    try:
        task = task_of(words, limits, answer, gold, question, expert, grounding, readings)
        return scored(judge(text, task, words, limits, function=ready.function), task, ready)
    except Exception:
        return failed()


def failed() -> Score:
    """Return the score of a completion over which a bug of ours has just been met: never a 0, never an end."""
    return Score(None, dict.fromkeys(PARTS), None, None, (), error=traceback.format_exc(), internal=True)


def score_many(
    texts: Iterable[str], rows: Iterable[Mapping[str, Any]], *, policy: str | Policy = "graded", **options: Any
) -> list[Score]:
    """Score completions, each by the columns of its row: `answer`, `gold`, `question` and so on."""
    return [score(text, policy=policy, **options, **row) for text, row in zip(texts, rows, strict=True)]


def scored(judgement: Judgement, task: Task, policy: Policy) -> Score:
    """Return what a judgement is worth by a policy."""
    outcome, answer, fault = judgement.outcome, judgement.answer, task.fault
    if fault is None and policy.function and not task.judged:
        fault = "no gold trace whose numbers all have a role in the question"
    value = policy.value(outcome) if outcome is not None and fault is None else None
    return Score(
        value,
        parts_of(judgement, task),
        show_number(answer) if answer is not None else None,
        ", ".join(judgement.experts) or None,
        judgement.diagnostics,
        outcome,
        fault,
    )


def parts_of(judgement: Judgement, task: Task) -> dict[str, float | None]:
    """Return what is right of a completion, each by itself."""
    answer, comparison = judgement.answer, judgement.comparison
    right = answer is not None and answer.value == task.answer
    return {
        "parsed": float(judgement.outcome is not Outcome.UNPARSED),
        "expert": float(frozenset(judgement.experts) == task.experts) if task.experts else None,
        "valid": float(judgement.valid),
        "correct": float(right) if task.answer is not None else None,
        "equivalent": _equivalent(comparison.verdict if comparison is not None else None, right, task),
    }


def _equivalent(verdict: Verdict | None, right: bool, task: Task) -> float | None:
    if not task.judged or (right and verdict is None):
        return None
    return float(verdict is Verdict.SAME)
