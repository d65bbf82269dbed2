"""What function a graph computes: its inputs replaced, its result watched.

Arithmetic without order is a rational function of the inputs, so it is evaluated at random
points of a prime field: two that differ agree at a point with a probability of about
degree / 2^61. Operations that look at order or wholeness mean nothing there; graphs with them
are evaluated at random rationals instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

from tracedsl.graph import Apply, Constant, Graph, Input, Link, NodeId
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Rational, whole
from tracedsl.primitives import Fault

PRIME = 2**61 - 1
POINTS = 8

#: Numbers that stay what they are: replacing them would hide `+ 0` and `* 1`.
NEUTRAL = frozenset({0, 1})


@dataclass(frozen=True, slots=True)
class Constancy:
    """What a result always equals: the input at a node, or (``None``) the same value."""

    node: NodeId | None


def constancy(graph: Graph, result: NodeId, used: Sequence[int]) -> Constancy | None:
    """Return what a result equals whatever is given, if it is one input or always the same.

    ``used`` counts for each node how often the result reaches it. Equal numbers are replaced
    alike; 0 and 1 stay. For graphs with ordered operations the verdict is sampled.
    """
    inputs = [index for index, times in enumerate(used) if times and graph.nodes[index].__class__ is Input]
    if _reads_each_once(graph, inputs, used):
        return None
    slots = sorted({graph.nodes[index].value for index in inputs} - NEUTRAL)  # type: ignore[union-attr]
    samples: list[list[Rational | None]] = []
    verdict: Constancy | None = None
    for point in _points(slots, ordered=_is_ordered(graph, used)) if slots else ():
        sample = _evaluate(graph, point, used)
        if sample[result] is not None:
            samples.append(sample)
        if len(samples) >= 2 and (verdict := _verdict(samples, inputs, result)) is None:
            return None
    return verdict


def _reads_each_once(graph: Graph, inputs: list[NodeId], used: Sequence[int]) -> bool:
    """Return whether the result is sure to depend on several inputs.

    A formula of + - * / in which each variable stands once, and no 0 or 1, depends on them all.
    """
    values = {graph.nodes[index].value for index in inputs}  # type: ignore[union-attr]
    if len(inputs) < 2 or len(values) < len(inputs) or values & NEUTRAL or any(used[index] > 1 for index in inputs):
        return False
    for index, times in enumerate(used):
        node = graph.nodes[index]
        if times and node.__class__ is Apply and (times > 1 or node.primitive.name not in _FIELD):
            return False
        if times and node.__class__ is Constant and not node.value:
            return False
    return True


_FIELD = frozenset({"add", "sub", "mul", "div"})


def _is_ordered(graph: Graph, used: Sequence[int]) -> bool:
    return any(times and _ordered(graph, node) for node, times in zip(graph.nodes, used, strict=True))


def _ordered(graph: Graph, node: object) -> bool:
    if not isinstance(node, Apply):
        return False
    varying = node.primitive.name == "pow" and not isinstance(graph.nodes[node.operands[1]], Input)
    return node.primitive.ordered or varying


def _verdict(samples: list[list[Rational | None]], inputs: list[NodeId], result: NodeId) -> Constancy | None:
    if len({sample[result] for sample in samples}) == 1:
        return Constancy(None)
    same = (index for index in inputs if all(sample[index] == sample[result] for sample in samples))
    return next(map(Constancy, same), None)


@dataclass(frozen=True, slots=True)
class _Point:
    """What replaces each value, and whether to compute in the field or with rationals."""

    slots: Mapping[Rational, Rational]
    ordered: bool


def _points(slots: list[Rational], *, ordered: bool) -> Iterator[_Point]:
    for row in _random_rows(len(slots)):
        if ordered:
            yield _Point({value: _like(value, part) for value, part in zip(slots, row, strict=True)}, True)
        else:
            yield _Point(dict(zip(slots, row, strict=True)), False)


@cache
def _random_rows(width: int) -> tuple[tuple[int, ...], ...]:
    """Return elements of the field, the same in every run."""
    random = Random(f"tracedsl:{width}")
    return tuple(tuple(random.randrange(2, PRIME) for _ in range(width)) for _ in range(POINTS))


def _like(value: Rational, element: int) -> Rational:
    """Return a number of the same sign, size and kind as a value."""
    size = 2 * abs(value.numerator) + 10
    other = whole(Fraction(1 + element % size, value.denominator))
    return other if value > 0 else -other


def _evaluate(graph: Graph, point: _Point, used: Sequence[int]) -> list[Rational | None]:
    """Compute the nodes that are used; ``None`` where there is no value."""
    values: list[Rational | None] = []
    for node, times in zip(graph.nodes, used, strict=True):
        value: Rational | None = None
        if times:
            match node:
                case Input(value=given):
                    value = point.slots.get(given, given)
                case Constant(value=fixed):
                    value = fixed if point.ordered else _element(fixed)
                case Link(target=target):
                    value = values[target]
                case Apply():
                    value = _apply(graph, node, values, point)
                case _:
                    pass
        values.append(value)
    return values


def _apply(graph: Graph, node: Apply, values: list[Rational | None], point: _Point) -> Rational | None:
    args = [values[operand] for operand in node.operands]
    if any(arg is None for arg in args):
        return None
    if node.primitive.name == "pow" and isinstance(exponent := graph.nodes[node.operands[1]], Input):
        args[1] = exponent.value
    if point.ordered:
        found = node.primitive.apply(tuple(args), DEFAULT.bits)  # type: ignore[arg-type]
        return None if isinstance(found, Fault) else found
    return _in_field(node.primitive.name, args)  # type: ignore[arg-type]


def _in_field(name: str, args: list[int]) -> int | None:
    match name:
        case "add":
            return sum(args) % PRIME
        case "sub":
            return (args[0] - args[1]) % PRIME
        case "mul":
            product = 1
            for arg in args:
                product = product * arg % PRIME
            return product
        case "div":
            return args[0] * pow(args[1], -1, PRIME) % PRIME if args[1] % PRIME else None
        case "pow":
            base, exponent = args
            if not isinstance(exponent, int) or (exponent < 0 and not base % PRIME):
                return None
            return pow(base, exponent, PRIME)
        case _:
            raise ValueError(name)


def _element(value: Rational) -> int:
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME
