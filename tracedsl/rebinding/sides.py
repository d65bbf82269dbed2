"""A graph reduced to what its result rests on, with the numbers that it is given."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from tracedsl.equivalence import PRIME, Fixed, Operation, Values
from tracedsl.executor import RELATIONS
from tracedsl.graph import Apply, Constant, Graph, Input, Link, NodeId, Unknown
from tracedsl.numbers import Rational
from tracedsl.primitives import PRIMITIVES
from tracedsl.record import record

_MOST_DEGREE = 2**50  # far below the prime, so that functions which differ do so at nearly every point


class Quantity(NamedTuple):
    """A number that a graph is given, and the part that holds it; a literal has no name."""

    place: int
    value: Rational
    scope: str = ""
    name: str = ""


@record
class Side:
    """One of two graphs to compare: parts in order, the numbers still as given.

    After the result come the numbers that it does not rest on: in the other graph it may.
    ``ordered`` says that the parts mean nothing in the prime field.
    """

    parts: tuple[Fixed | Operation, ...]
    result: int
    quantities: tuple[Quantity, ...]
    requires: tuple[tuple[int, str, int], ...]
    ordered: bool

    def admits(self, values: Values) -> bool:
        """Return whether every requirement holds among the values of the parts."""
        for left, relation, right in self.requires:
            one, two = values[left], values[right]
            if one is None or two is None or not RELATIONS[relation](one, two):
                return False
        return True


def side_of(graph: Graph) -> Side:
    """Reduce a graph that has run."""
    names, places = _names(graph), dict[NodeId, int]()
    parts: list[Fixed | Operation] = []
    quantities: list[Quantity] = []
    requires: list[tuple[int, str, int]] = []
    for index in _live(graph):
        match graph.nodes[index]:
            case Link(target=target):
                places[index] = places[target]
                continue
            case Input(value=value):
                quantities.append(Quantity(len(parts), value, *names.get(index, ())))
                parts.append(Fixed(value))
            case Constant(value=value):
                parts.append(Fixed(value))
            case Apply() as node:
                requires += [(places[each.left], each.relation, places[each.right]) for each in node.requires]
                parts.append(_operation(node, tuple(places[operand] for operand in node.operands), parts))
            case Unknown():
                raise ValueError("a graph that has run holds nothing unknown")
            case never:
                assert_never(never)
        places[index] = len(parts) - 1
    result, ordered = len(parts) - 1, bool(requires) or _is_ordered(parts)
    for index, other in enumerate(graph.nodes):
        if isinstance(other, Input) and index not in places:
            quantities.append(Quantity(len(parts), other.value, *names.get(index, ())))
            parts.append(Fixed(other.value))
    return Side(tuple(parts), result, tuple(quantities), tuple(requires), ordered)


def _live(graph: Graph) -> list[NodeId]:
    """Return the nodes that the result rests on, in order, those among them that a step requires something of."""
    live = {graph.result}
    for index in range(graph.result, -1, -1):
        node = graph.nodes[index]
        if index not in live:
            continue
        if isinstance(node, Link):
            live.add(node.target)
        elif isinstance(node, Apply):
            live.update(node.operands)
            live.update(end for each in node.requires for end in (each.left, each.right))
    return sorted(live)


def _names(graph: Graph) -> dict[NodeId, tuple[str, str]]:
    """Return the scope and the name of each number that a step defines."""
    scopes = ((graph.label(index), scope) for index, scope in enumerate(graph.scopes))
    return {
        made.node: (label, made.name)
        for label, scope in scopes
        for action in scope.actions
        for made in action.definitions
        if isinstance(graph.nodes[made.node], Input)
    }


def _operation(node: Apply, operands: tuple[int, ...], parts: list[Fixed | Operation]) -> Operation:
    last = parts[operands[-1]]
    exponent = last.value if node.primitive.name == "pow" and isinstance(last, Fixed) else None
    return Operation(node.primitive.name, operands, exponent)


def _is_ordered(parts: list[Fixed | Operation]) -> bool:
    """Return whether parts mean nothing in the field, or it could not tell functions of their degree apart."""
    degrees: list[int] = []
    for part in parts:
        match part:
            case Fixed(value=value):
                degrees.append(1)
                if value.denominator % PRIME == 0:
                    return True
            case Operation(name="pow", operands=(base, _), exponent=int(exponent)):
                degrees.append(degrees[base] * abs(exponent))
            case Operation(name=name, operands=operands):
                degrees.append(sum(degrees[operand] for operand in operands))
                if PRIMITIVES[name].ordered or name == "pow":
                    return True
        if degrees[-1] > _MOST_DEGREE:
            return True
    return False
