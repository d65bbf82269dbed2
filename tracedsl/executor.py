"""A verified graph to its values, exactly."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import assert_never

from tracedsl.diagnostics import Diagnostic, values
from tracedsl.graph import Apply, Claim, Constant, Graph, Input, Link, Requirement, Unknown, VerifiedGraph, is_percent
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import Number, Rational, show
from tracedsl.picture import Drawable
from tracedsl.primitives import Fault, exceeds
from tracedsl.record import record

#: The relations of requirements.
RELATIONS: Mapping[str, Callable[[Rational, Rational], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


@record
class Execution(Drawable):
    """The value of each node (``None`` where a fault left none) and the faults of values."""

    graph: Graph
    values: tuple[Rational | None, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def answer(self) -> Number | None:
        """The answer, unless a fault stands in its way or anywhere in the document."""
        return None if self.diagnostics else self.number(self.graph.result)

    def number(self, index: int) -> Number | None:
        """Return the value of a node with its type."""
        value, node = self.values[index], self.graph.nodes[index]
        if value is None:
            return None
        return Number(value, is_percent(node))


def execute(verified: VerifiedGraph, limits: Limits = DEFAULT) -> Execution:
    """Compute every node once, in order."""
    run = _Run(verified.graph, limits)
    for node in verified.graph.nodes:
        run.step(node)
    for claim in verified.graph.claims:
        run.claim(claim)
    return Execution(verified.graph, tuple(run.values), tuple(run.faults))


class _Run:
    def __init__(self, graph: Graph, limits: Limits) -> None:
        self.graph = graph
        self.bits = limits.bits
        self.values: list[Rational | None] = []
        self.faults: list[Diagnostic] = []
        self.failed: set[int] = set()

    def step(self, node: Input | Link | Constant | Apply | Unknown) -> None:
        match node:
            case Apply():
                value = self.apply(node)
            case Input(value=given) | Constant(value=given):
                value = given
            case Link(target=target):
                value = self.values[target]
            case Unknown():
                value = None
            case _:
                assert_never(node)
        self.values.append(value)

    def apply(self, node: Apply) -> Rational | None:
        for requirement in node.requires:
            if not self.holds(requirement, node):
                return None
        known = self.values
        args = tuple([known[operand] for operand in node.operands])
        if None in args:
            return None
        value = node.primitive.apply(args, self.bits)  # type: ignore[arg-type]
        if value.__class__ is not Fault and exceeds(value, self.bits):  # type: ignore[arg-type]
            value = Fault.TOO_LARGE
        if isinstance(value, Fault):
            self.faults.append(_value_fault(value, node, args, self.bits))  # type: ignore[arg-type]
            return None
        return value

    def holds(self, requirement: Requirement, node: Apply) -> bool:
        """Check a requirement; report it once, though every update of its step carries it."""
        left, right = self.values[requirement.left], self.values[requirement.right]
        if left is None or right is None:
            return False
        if RELATIONS[requirement.relation](left, right):
            return True
        if id(requirement) not in self.failed:
            self.failed.add(id(requirement))
            self.faults.append(
                values.RequirementNotMet(
                    span=requirement.place,
                    op=node.op,
                    condition=requirement.condition,
                    left=requirement.names[0],
                    relation=requirement.relation,
                    left_value=show(left),
                    right_value=show(right),
                    right=requirement.names[1],
                )
            )
        return False

    def claim(self, claim: Claim) -> None:
        value = self.values[claim.node]
        if value is not None and value != claim.claimed:
            claimed, found = show(claim.claimed), show(value)
            self.faults.append(values.AssertionFailed(span=claim.place, var=claim.name, claimed=claimed, value=found))


def _value_fault(fault: Fault, node: Apply, args: tuple[Rational, ...], bits: int) -> Diagnostic:
    first, last = node.places[0], node.places[-1]
    match fault:
        case Fault.DIVISION_BY_ZERO:
            return values.DivisionByZero(span=last if node.primitive.name != "pow" else first, op=node.op)
        case Fault.NO_RATIONAL_ROOT:
            return values.NoRationalRoot(span=first, value=show(args[0]))
        case Fault.EXPONENT_NOT_WHOLE:
            return values.ExponentNotWhole(span=last, value=show(args[1]))
        case Fault.TOO_LARGE:
            return values.ValueTooLarge(span=node.span, op=node.op, most=bits)
        case _:
            assert_never(fault)
