"""Experts and their operations, as declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tracedsl.numbers import Rational
from tracedsl.record import record
from tracedsl.vocabulary.formulas import Condition, Formula
from tracedsl.vocabulary.lexicon import Lexicon
from tracedsl.vocabulary.shapes import COMMON, Field, FieldKind

#: What stands in the place of an expert where a problem needs several.
COMPOSITION = "composition"


class Trend(StrEnum):
    """How a result changes when the quantity in a slot grows."""

    INCREASING = "increasing"
    DECREASING = "decreasing"


class SlotType(StrEnum):
    """What a slot takes: an entity that exists, a plain number, or a percent (or number)."""

    ENTITY = "entity"
    NUMBER = "number"
    PERCENT = "percent"


@record
class Operation:
    """A domain step: typed slots, and what it defines or updates.

    ``defines`` gives a new quantity; ``updates`` gives entities new values, in order. A slot in
    ``absent`` may name an entity that does not exist yet, which starts at the stated value. A
    slot in ``literals`` takes a number as well as a name. ``monotone`` says how the result changes
    with a slot; `tracedsl fuzz` tries it.
    """

    name: str
    expert: str
    summary: str
    slots: Mapping[str, SlotType]
    defines: Formula | None = None
    updates: tuple[tuple[str, Formula], ...] = ()
    requires: tuple[Condition, ...] = ()
    absent: Mapping[str, Rational] = field(default_factory=dict)
    literals: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    monotone: Mapping[str, Trend] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()

    def laid_out(self) -> tuple[Field, ...]:
        """Return the fields of the step: its slots in order, then ``var`` if it defines one."""
        slots = (Field(name, FieldKind.OPERAND if name in self.literals else FieldKind.NAME) for name in self.slots)
        return (*slots, Field("var", FieldKind.NEW)) if self.defines is not None else tuple(slots)


@record
class Expert:
    """A vocabulary: which arithmetic it may compute with, and its own steps.

    ``aliases`` are other names under which common steps are read. ``laws`` relate its operations
    to each other, called by their slots in order; `tracedsl fuzz` tries them.
    """

    name: str
    summary: str
    compute: tuple[str, ...] = ()
    operations: Mapping[str, Operation] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    laws: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vocabulary:
    """All experts, their operations by step name, and the lexicon."""

    experts: Mapping[str, Expert]
    operations: Mapping[str, Operation]
    lexicon: Lexicon

    def __repr__(self) -> str:
        return f"Vocabulary({', '.join(self.experts)})"

    def with_expert(self, expert: Expert) -> Vocabulary:
        """Return this vocabulary with another expert, whose names must be new."""
        operations = {**self.operations, **expert.operations}
        return Vocabulary({**self.experts, expert.name: expert}, operations, self.lexicon)

    def with_compute(self, name: str, compute: tuple[str, ...]) -> Vocabulary:
        """Return this vocabulary with other arithmetic for one expert."""
        expert = replace(self.experts[name], compute=compute)
        return Vocabulary({**self.experts, name: expert}, self.operations, self.lexicon)

    def fields(self, op: str) -> tuple[Field, ...] | None:
        """Return the fields of a step, ``None`` if no expert has it."""
        if op in COMMON:
            return COMMON[op]
        operation = self.operations.get(op)
        return operation.fields if operation else None

    def alias_owner(self, op: str) -> Expert | None:
        """Return the expert that reads ``op`` as another spelling of a common step."""
        return next((expert for expert in self.experts.values() if op in expert.aliases), None)

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of all steps."""
        return (*COMMON, *self.operations)
