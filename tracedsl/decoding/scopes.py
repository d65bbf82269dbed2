"""What is known of a document as far as it is written: names, values, what is still unused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from tracedsl.decoding.effects import Effect, Quantity
from tracedsl.record import entity

_Names = Mapping[str, Quantity]


@entity
class Scope:
    """The symbol table between two steps; each change gives a new one.

    ``names`` are those of the sub-trace in writing, ``written`` those that an operation wrote.
    ``pending`` holds groups of names of which none has been used; one step may make several,
    and using one of them uses the step. ``results`` and ``labels`` are those of earlier
    sub-traces (and the label of this one), ``owed`` the results that nothing has used.
    """

    composition: bool = False
    expert: str = ""
    names: _Names = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    pending: frozenset[frozenset[str]] = frozenset()
    results: tuple[Quantity, ...] = ()
    labels: tuple[str | None, ...] = ()
    owed: frozenset[int] = frozenset()
    steps: int = 0
    memo: dict[Any, Any] = field(default_factory=dict)

    def begin(self, expert: str, *, composition: bool, label: str | None = None) -> Scope:
        """Return the scope at the beginning of a sub-trace."""
        return replace(
            self, composition=composition, expert=expert, names={}, written=frozenset(), pending=frozenset(),
            labels=(*self.labels, label), memo={},
        )  # fmt: skip

    def brought(self, name: str, quantity: Quantity, source: int | None = None) -> Scope:
        """Return the scope after an init of a number, or of the result of an earlier sub-trace."""
        return replace(
            self, names={**self.names, name: quantity._replace(text=name, named=True)},
            pending=self.pending | {frozenset((name,))}, owed=self.owed - {source}, steps=self.steps + 1, memo={},
        )  # fmt: skip

    def after(self, operands: tuple[Quantity, ...], effect: Effect, var: str) -> Scope:
        """Return the scope after a step; ``var`` is the name of what it defines."""
        made = effect.updated if effect.defined is None else (effect.defined._replace(text=var),)
        return replace(
            self, names={**self.names, **{each.text: each for each in made}},
            written=self.written | {each.text for each in made},
            pending=unused(self.pending, operands) | {frozenset(each.text for each in made)},
            steps=self.steps + 1, memo={},
        )  # fmt: skip

    def asked(self, name: str) -> Scope:
        """Return the scope after the query of a name: a result more, and nothing in writing."""
        index, result = len(self.results), self.names[name]
        return replace(
            self, expert="", results=(*self.results, result), owed=self.owed | {index}, steps=self.steps + 1, memo={}
        )

    @property
    def in_trace(self) -> bool:
        """Whether a sub-trace is in writing."""
        return bool(self.expert)

    def answers(self, name: str) -> bool:
        """Return whether nothing but this name is unused, so that its query leaves nothing over."""
        return all(name in group for group in self.pending)

    def sources(self) -> dict[str, int]:
        """Return every way to refer to an earlier sub-trace, with its index."""
        found = {f"sub{index}.result": index for index in range(len(self.results))}
        found |= {f"{label}.result": index for index, label in enumerate(self.labels[:-1]) if label is not None}
        return found | ({"prev.result": len(self.results) - 1} if self.results else {})


def unused(pending: frozenset[frozenset[str]], operands: tuple[Quantity, ...]) -> frozenset[frozenset[str]]:
    """Return the groups that no operand belongs to."""
    return frozenset(group for group in pending if group.isdisjoint([operand.text for operand in operands]))
