"""Many judged completions as counts: of all, by expert and by pattern, with the reasons and the failure classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracedsl.limits import Limits
from tracedsl.record import record
from tracedsl.reward.failures import Failure, classify
from tracedsl.reward.judging import judge
from tracedsl.reward.policies import Policy
from tracedsl.reward.scoring import Score, failed, scored
from tracedsl.reward.tasks import task_of
from tracedsl.vocabulary import Vocabulary

#: The columns of a row that say what its problem is, and what `score` calls them.
COLUMNS = {"answer": "answer", "trace": "gold", "question": "question", "expert": "expert"}
COLUMNS |= {"grounding": "grounding", "readings": "readings"}


@record
class Scored:
    """A row's score, and the class of its failure."""

    score: Score
    failure: Failure | None
    judged: bool


@dataclass(slots=True)
class Tally:
    """How many of some completions have each part, how many have none that can be judged, and their rewards."""

    rows: int = 0
    parts: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0
    rewards: list[float] = field(default_factory=list)

    def add(self, each: Scored) -> None:
        """Count a completion."""
        self.rows += 1
        self.parts.update(part for part, has in each.score.parts.items() if has)
        self.unjudged += not each.judged
        if each.score.value is not None:
            self.rewards.append(each.score.value)

    @property
    def reward(self) -> float | None:
        """The mean of the rewards that were given."""
        return sum(self.rewards) / len(self.rewards) if self.rewards else None


@dataclass(slots=True)
class Summary:
    """What a file of completions shows."""

    whole: Tally = field(default_factory=Tally)
    experts: dict[str, Tally] = field(default_factory=dict)
    patterns: dict[str, Tally] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    failures: Counter[Failure] = field(default_factory=Counter)
    internal: list[str] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], each: Scored) -> None:
        """Count a completion under its row's expert and pattern."""
        tallies = [self.whole]
        for groups, key in ((self.experts, row.get("expert")), (self.patterns, row.get("pattern"))):
            if key is not None:
                tallies.append(groups.setdefault(str(key), Tally()))
        for tally in tallies:
            tally.add(each)
        self.codes.update({fault.code for fault in each.score.diagnostics})
        self.failures.update([each.failure] if each.failure is not None else [])
        self.internal += [each.score.error] if each.score.internal and each.score.error is not None else []


def score_row(text: str, row: Mapping[str, Any], policy: Policy, words: Vocabulary, limits: Limits) -> Scored:
    """Score a completion by its row's columns and class its failure; functions are compared by any policy."""
    try:
        task = task_of(words, limits, **{name: row.get(column) for column, name in COLUMNS.items()})
        judgement = judge(text, task, words, limits, function=True)
        return Scored(scored(judgement, task, policy), classify(judgement, task), task.judged)
    except Exception:
        return Scored(failed(), None, False)
