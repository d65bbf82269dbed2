"""Reward functions for TRL's GRPO and RLOO trainers, in standard and conversational format.

They take those of the columns `answer`, `trace`, `question`, `expert`, `grounding`, `readings` that there are.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tracedsl.reward import Outcome, Policy, Score, policy_named, score_many
from tracedsl.reward.tallies import COLUMNS


def _scores(completions: Sequence[Any], columns: dict[str, Any], policy: Policy, **options: Any) -> list[Score]:
    given = {name: columns[column] for column, name in COLUMNS.items() if columns.get(column) is not None}
    for column, name in COLUMNS.items():
        if name in given and (isinstance(given[name], str) or len(given[name]) != len(completions)):
            raise ValueError(f"the column {column!r} must list a value for each of the {len(completions)} completions")
    rows = ({name: given[name][at] for name in given} for at in range(len(completions)))
    return score_many(map(_text, completions), rows, policy=policy, **options)


def _metrics(scores: Sequence[Score], policy: Policy) -> dict[str, float]:
    """Return what a trainer logs beside the rewards.

    ``other_function`` is the share of right values that another function than the gold trace's came to: what
    a policy that compares functions does not take for right, and one of values would.
    """
    found = {
        "not_judged": sum(each.value is None for each in scores) / max(1, len(scores)),
        "internal_errors": float(sum(each.internal for each in scores)),
    }
    if policy.function:
        outcomes = Counter(each.outcome for each in scores if each.value is not None)
        other, same = outcomes[Outcome.RIGHT_VALUE], outcomes[Outcome.SAME_FUNCTION]
        found["other_function"] = other / max(1, other + same)
    return found


def _text(completion: Any) -> str:
    """Return what a completion says: a text, or the last of several messages, whole or in parts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1].get("content") if completion else ""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content)
    return str(content or "")


def reward_of(
    policy: str | Policy, *, name: str = "", part: str = "", **options: Any
) -> Callable[..., list[float | None]]:
    """Return the reward function of a policy, or of one part of its scores, under the name that trainers log.

    ``options`` are those of `score`, such as a ``vocabulary`` with experts of one's own. A column that is no
    list, or of another length than the completions, is a ValueError.
    """
    ready = policy_named(policy) if isinstance(policy, str) else policy

    def reward(completions: Sequence[Any], log_extra: Any = None, log_metric: Any = None, **columns: Any) -> Any:
        scores = _scores(completions, columns, ready, **options)
        if log_extra is not None and not part:
            log_extra(f"{reward.__name__}_outcome", [str(each.outcome) for each in scores])
            log_extra(f"{reward.__name__}_codes", [" ".join(f.code for f in each.diagnostics) for each in scores])
        if log_metric is not None and not part:
            for metric, value in _metrics(scores, ready).items():
                log_metric(f"{reward.__name__}/{metric}", value)
        return [each.parts[part] if part else each.value for each in scores]

    reward.__name__ = name or f"{part or ready.name}_reward"
    return reward


trace_reward, meaning_reward = reward_of("graded", name="trace_reward"), reward_of("meaning")
parsed_reward, valid_reward = reward_of("graded", part="parsed"), reward_of("graded", part="valid")
correct_reward, equivalent_reward = reward_of("graded", part="correct"), reward_of("meaning", part="equivalent")
