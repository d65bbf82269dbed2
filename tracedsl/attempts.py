"""Several attempts at one question, and which of them to take: votes by value, by function, by weight."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracedsl.numbers import Rational
from tracedsl.pipeline import Report
from tracedsl.rebinding import Verdict, compare
from tracedsl.results import Result, result_of

_DOUBT = 0.5  # what each kind of warning leaves of a vote


@dataclass(frozen=True, slots=True)
class Attempt:
    """One text for a question: its log-probability, what the verifier says of it, what it computes.

    ``made`` is how it was generated, for those who count tokens.
    """

    text: str
    log_probability: float
    report: Report
    made: Any = None
    result: Result = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "result", result_of(self.report))

    @property
    def valid(self) -> bool:
        """Whether it is a trace that runs."""
        return self.result.ok


def by_value(attempts: Sequence[Attempt]) -> int:
    """Return the place of the likeliest attempt among those whose answer has most votes.

    Of answers with as many votes, that of the likelier attempt is taken; one that does not run has no vote.
    """
    return _taken(attempts, lambda at: value_of(attempts[at]), lambda at: 1.0)


def by_weight(attempts: Sequence[Attempt]) -> int:
    """Vote by value; each kind of warning about numbers (T7) or wiring (T8) halves a vote."""
    return _taken(attempts, lambda at: value_of(attempts[at]), lambda at: _weight(attempts[at]))


def by_function(attempts: Sequence[Attempt], constants: frozenset[Rational]) -> int:
    """Vote by function: attempts that compute the same one of their numbers vote together."""
    return _taken(attempts, _functions(attempts, constants).__getitem__, lambda at: 1.0)


def _taken(attempts: Sequence[Attempt], key: Callable[[int], Hashable], weight: Callable[[int], float]) -> int:
    groups: dict[Hashable, list[int]] = {}
    for at, each in enumerate(attempts):
        if each.valid:
            groups.setdefault(key(at), []).append(at)
    if not groups:
        return 0
    best = {name: max(group, key=lambda at: attempts[at].log_probability) for name, group in groups.items()}
    chosen = max(groups, key=lambda name: (sum(map(weight, groups[name])), attempts[best[name]].log_probability))
    return best[chosen]


def _functions(attempts: Sequence[Attempt], constants: frozenset[Rational]) -> list[int]:
    """Return for each attempt the first one that computes the same function."""
    found: list[int] = []
    for at, each in enumerate(attempts):
        earlier = (one for one in range(at) if found[one] == one and _is_same(attempts[one], each, constants))
        found.append(next(earlier, at))
    return found


def _is_same(one: Attempt, other: Attempt, constants: frozenset[Rational]) -> bool:
    left, right = one.report.execution, other.report.execution
    if one.text == other.text or left is None or right is None:
        return one.text == other.text
    return value_of(one) == value_of(other) and compare(left, right, constants).verdict is Verdict.SAME


def value_of(attempt: Attempt) -> Rational | None:
    """Return what an attempt computes, whether or not as a percent: gold answers do not say it."""
    answer = attempt.report.answer
    return None if answer is None else answer.value


def _weight(attempt: Attempt) -> float:
    doubts = {fault.code for fault in attempt.report.diagnostics if fault.code[:2] in ("T7", "T8")}
    return float(_DOUBT ** len(doubts))
