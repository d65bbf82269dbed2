"""Operations to arithmetic nodes, with the type and the unit of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from tracedsl.graph import Apply, Constant, Link, Node, NodeId, Requirement, Unknown, is_percent, unit_of
from tracedsl.primitives import PRIMITIVES, Primitive, UnitLaw
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.syntax.ast import Literal, Operand
from tracedsl.units import NUMBER, Unit, product, quotient
from tracedsl.vocabulary import Operation, SlotType, show_condition, show_formula
from tracedsl.vocabulary.formulas import Call, Condition, Formula, SlotRef
from tracedsl.vocabulary.formulas import Constant as Number

UNKNOWN = Unknown()


class Builder:
    """Adds nodes to a graph in the making and infers their types and units."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.typed = False

    def add(self, node: Node) -> NodeId:
        """Add a node and return its index."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def link(self, target: NodeId, unit: Unit | None, span: Span) -> NodeId:
        """Add another node for an earlier one's value; a stated unit takes the place of its own."""
        node = self.nodes[target]
        if isinstance(node, Unknown):
            return target
        return self.add(Link(target, self.percent(target), unit or self.unit(target), span))

    def apply(
        self,
        primitive: Primitive,
        operands: tuple[NodeId, ...],
        op: str,
        span: Span,
        places: tuple[Span, ...],
        requires: tuple[Requirement, ...] = (),
        *,
        percents: bool = True,
    ) -> NodeId:
        """Add an operation on earlier nodes; one on something unknown is unknown.

        ``percents`` is false in a formula, whose slots say where a percent fits.
        """
        for operand in operands:
            if self.nodes[operand] is UNKNOWN:
                return self.add(UNKNOWN)
        percent, unit = False, None
        if self.typed:
            percent = percents and primitive.percents and bool(operands) and all(map(self.percent, operands))
            unit = self._result_unit(primitive.units, operands)
        return self.add(Apply(primitive, operands, percent, unit, op, span, places, requires))

    def percent(self, node: NodeId) -> bool:
        """Return whether a node is a percent."""
        return is_percent(self.nodes[node])

    def unit(self, node: NodeId) -> Unit | None:
        """Return a node's unit, ``None`` if it is not known."""
        return unit_of(self.nodes[node])

    def _result_unit(self, law: UnitLaw, operands: tuple[NodeId, ...]) -> Unit | None:
        match law:
            case UnitLaw.SAME | UnitLaw.KEEP:
                return next((unit for operand in operands if (unit := self.unit(operand)) is not None), None)
            case UnitLaw.PRODUCT | UnitLaw.QUOTIENT:
                if all(isinstance(self.nodes[operand], Constant) for operand in operands):
                    return None
                units = [NUMBER if isinstance(self.nodes[n], Constant) else self.unit(n) for n in operands]
                known = [unit for unit in units if unit is not None]
                if len(known) < len(units):
                    return None
                return product(*known) if law is UnitLaw.PRODUCT else quotient(*known)
            case UnitLaw.NONE:
                return None
            case _:
                assert_never(law)


@record
class DomainStep:
    """A domain step with its slots resolved: ``env`` has a node for each slot."""

    operation: Operation
    written: Mapping[str, Operand]
    env: dict[str, NodeId]
    span: Span


def lower_definition(builder: Builder, step: DomainStep, formula: Formula) -> NodeId:
    """Lower what a step defines; its last node carries the requirements."""
    return _Lowering(builder, step).root(formula)


def lower_updates(builder: Builder, step: DomainStep) -> Iterator[tuple[str, NodeId]]:
    """Lower what a step updates, in order: the slot, and the entity's new version.

    A later update sees an earlier one, so a transfer to oneself changes nothing.
    """
    lowering = _Lowering(builder, step)
    for slot, formula in step.operation.updates:
        node = lowering.root(formula)
        entity = step.written[slot]
        for other, kind in step.operation.slots.items():
            if kind is SlotType.ENTITY and step.written[other] == entity:  # not an amount of that name
                step.env[other] = node
        yield slot, node


class _Lowering:
    def __init__(self, builder: Builder, step: DomainStep) -> None:
        self.builder = builder
        self.step = step
        for slot, kind in step.operation.slots.items():
            if kind is SlotType.PERCENT:
                step.env[slot] = self._plain(step.env[slot], slot)
        self.requires = tuple(map(self._requirement, step.operation.requires))

    def root(self, formula: Formula) -> NodeId:
        if not isinstance(formula, Call):  # a bare slot or number: a node of its own, so that it is written
            formula = Call("add", (formula, Number(0)))
        operands = tuple(map(self._lower, formula.operands))
        return self._apply(formula, operands, self.requires)

    def _lower(self, formula: Formula) -> NodeId:
        match formula:
            case SlotRef(slot):
                return self.step.env[slot]
            case Number(value):
                return self.builder.add(Constant(value))
            case Call(operands=operands):
                return self._apply(formula, tuple(map(self._lower, operands)), ())
            case _:
                assert_never(formula)

    def _apply(self, call: Call, operands: tuple[NodeId, ...], requires: tuple[Requirement, ...]) -> NodeId:
        places = tuple(self._place(operand) for operand in call.operands)
        primitive, name = PRIMITIVES[call.primitive], self.step.operation.name
        return self.builder.apply(primitive, operands, name, self.step.span, places, requires, percents=False)

    def _place(self, formula: Formula) -> Span:
        return self.step.written[formula.slot].span if isinstance(formula, SlotRef) else self.step.span

    def _plain(self, node: NodeId, slot: str) -> NodeId:
        """Take what fills a percent slot as a pure number."""
        if not self.builder.percent(node) and self.builder.unit(node) is None:
            return node
        return self.builder.add(Link(node, False, NUMBER, self.step.written[slot].span))

    def _requirement(self, condition: Condition) -> Requirement:
        left, right = self._lower(condition.left), self._lower(condition.right)
        right_name = self._shown(condition.right) if self._is_named(condition.right) else ""
        names = (self._shown(condition.left), right_name)
        place = self._place(condition.left)
        return Requirement(left, condition.relation, right, show_condition(condition), names, place)

    def _is_named(self, formula: Formula) -> bool:
        return isinstance(formula, SlotRef) and not isinstance(self.step.written[formula.slot], Literal)

    def _shown(self, formula: Formula) -> str:
        """Return a formula as the writer of the step knows it: by the names in its slots."""
        operand = self.step.written[formula.slot] if isinstance(formula, SlotRef) else None
        return show_formula(formula) if operand is None or isinstance(operand, Literal) else operand.text
