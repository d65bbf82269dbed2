"""Reward policies: what each outcome is worth, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from tracedsl import resources
from tracedsl.diagnostics import Diagnostic, curricula, shape, text
from tracedsl.numbers import Number, read_number
from tracedsl.reading import Node, Scalar, read_tree
from tracedsl.record import record
from tracedsl.source import Source
from tracedsl.vocabulary.declarations import Declarations


class Outcome(StrEnum):
    """How far a completion comes; each has one kind of mistake less than the one before it."""

    UNPARSED = "unparsed"
    WRONG_EXPERT = "wrong_expert"
    INVALID = "invalid"
    SHORT_CIRCUIT = "short_circuit"
    WRONG_ANSWER = "wrong_answer"
    RIGHT_VALUE = "right_value"
    SAME_FUNCTION = "same_function"


@record
class Policy:
    """What each outcome is worth; ``function`` says that right values are told apart by their function."""

    name: str
    summary: str
    function: bool
    rewards: Mapping[Outcome, float]

    def value(self, outcome: Outcome) -> float:
        """Return what an outcome is worth; by a policy of values a right one is worth the same however it came."""
        if outcome is Outcome.SAME_FUNCTION and not self.function:
            outcome = Outcome.RIGHT_VALUE
        return self.rewards[outcome]


class LoadedPolicies(NamedTuple):
    """The policies of a file, and its faults."""

    policies: Mapping[str, Policy]
    faults: tuple[Diagnostic, ...]


@cache
def shipped_policies() -> Mapping[str, Policy]:
    """Return the shipped policies by name."""
    loaded = load_policies(Source(resources.read("experts", "rewards.yaml"), "rewards.yaml"), {})
    if loaded.faults:
        raise ValueError([fault.message for fault in loaded.faults])
    return loaded.policies


def load_policies(source: Source, known: Mapping[str, Policy]) -> LoadedPolicies:
    """Read a file of policies, which may extend those known and those above them."""
    reading = read_tree(source)
    if reading.root is None:
        return LoadedPolicies({}, reading.diagnostics or (text.EmptyDocument(span=source.whole),))
    loader = _Loader(list(reading.diagnostics))
    policies = loader.file(reading.root, known)
    return LoadedPolicies(policies, tuple(loader.faults))


class _Loader(Declarations):
    def file(self, root: Node, known: Mapping[str, Policy]) -> Mapping[str, Policy]:
        keys = self.keys(root, ("kind", "policies"), ("kind", "policies"), "a file of rewards")
        if "kind" in keys:
            self.choice(keys["kind"], ("rewards",), "rewards")
        found: dict[str, Policy] = {}
        for key, node in self.pairs(keys.get("policies"), "policies"):
            found[key.text] = self.policy(self.name(key), node, {**known, **found})
        return found

    def policy(self, name: str, node: Node, known: Mapping[str, Policy]) -> Policy:
        keys = self.keys(node, ("summary", "extends", "compares", "rewards"), ("rewards",), "a policy")
        base = known.get(self.choice(keys["extends"], known, "a policy above")) if "extends" in keys else None
        function = base is not None and base.function
        if "compares" in keys:
            function = self.choice(keys["compares"], ("value", "function"), "value or function") == "function"
        own = self.keys(keys["rewards"], tuple(Outcome), (), "rewards") if "rewards" in keys else {}
        stated = {Outcome(outcome): self.reward(value) for outcome, value in own.items()}
        rewards = {**(base.rewards if base is not None else {}), **stated}
        if own and (base is not None or "extends" not in keys):
            self.whole(keys["rewards"], own, rewards, function=function)
        return Policy(name, self.text(keys.get("summary"), "summary"), function, rewards)

    def reward(self, node: Node) -> float:
        number = read_number(node.text) if isinstance(node, Scalar) else None
        if isinstance(number, Number) and not number.percent:
            return float(number.value)
        self.faults.append(shape.NotANumber(span=node.span, text=self.text(node, "a reward")))
        return 0.0

    def whole(self, node: Node, own: Mapping[str, Node], rewards: Mapping[Outcome, float], *, function: bool) -> None:
        """Report outcomes without a reward, and rewards that fall from one outcome to the next."""
        order = [outcome for outcome in Outcome if function or outcome is not Outcome.SAME_FUNCTION]
        if missing := tuple(outcome.value for outcome in order if outcome not in rewards):
            self.keys(node, tuple(Outcome), missing, "rewards")
            return
        for worse, outcome in pairwise(order):
            less, more = rewards[outcome], rewards[worse]
            if less < more:
                at = own.get(outcome.value, own.get(worse.value, node)).span
                self.faults.append(
                    curricula.RewardFalls(
                        span=at, outcome=outcome.value, reward=f"{less:g}", worse=worse.value, more=f"{more:g}"
                    )
                )


def policy_named(name: str) -> Policy:
    """Return a shipped policy; another name is a ValueError."""
    known = shipped_policies()
    if name not in known:
        raise ValueError(f"there is no policy {name!r}; there are {', '.join(known)}")
    return known[name]
