"""What function a graph computes: its inputs replaced, its result watched.

Arithmetic without order is a rational function of the inputs, so it is evaluated at random
points of a prime field: two that differ agree at a point with a probability of about
degree / 2^61. Operations that look at order or wholeness mean nothing there; graphs with them
are evaluated at random rationals instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from random import Random
from typing import NamedTuple

from tracedsl.graph import Apply, Constant, Graph, Input, Link, Node, NodeId
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Rational, whole
from tracedsl.primitives import PRIMITIVES, Fault, exceeds
from tracedsl.record import record

PRIME = 2**61 - 1
POINTS = 8
ORDERED_POINTS = 64  # one side of a minimum may win at most points
_LARGEST = 1000

#: Numbers that do nothing in some operation. What equals its input only while they stay is a
#: shortcut; and so is what does it while they are replaced as well.
NEUTRAL = frozenset({0, 1})
_KEPT = 64  # parts; verdicts on larger shapes are not worth their memory
_MOST_NEUTRALS = 4


class Slot(NamedTuple):
    """An input that is replaced."""

    number: int


class Fixed(NamedTuple):
    """A number that stays; ``kind`` keeps it from being equal to a slot."""

    value: Rational
    kind: str = "fixed"


class Operation(NamedTuple):
    """A primitive on earlier parts; ``exponent`` is the value of a power's, if it is an input."""

    name: str
    operands: tuple[int, ...]
    exponent: Rational | None = None


#: A graph without its numbers (tuples, which hash fast): equal shapes compute the same function. ``None`` is not used.
Shape = tuple[Slot | Fixed | Operation | None, ...]
Values = list[Rational | None]
Compute = Callable[[Operation, list[Rational]], Rational | None]


@record
class Constancy:
    """What a result always equals: the input at a node, or (``None``) the same value."""

    node: NodeId | None


def constancy(graph: Graph, result: NodeId, used: Sequence[int]) -> Constancy | None:
    """Return what a result equals whatever is given, if it is one input or always the same.

    ``used`` counts for each node how often the result reaches it. Every input is replaced by
    itself, also where two have the same value; a 0 or 1 is first left as it is, then replaced.
    For graphs with ordered operations the verdict is sampled.
    """
    if _reads_each_once(graph, used):
        return None
    nodes = enumerate(zip(graph.nodes, used, strict=True))
    inputs = {index: node.value for index, (node, times) in nodes if times and isinstance(node, Input)}
    ordered = any(times and _is_ordered(graph, node) for node, times in zip(graph.nodes, used, strict=True))
    quiet = frozenset({0}) if ordered else NEUTRAL  # where order matters a 1 is a number like others
    neutral = [index for index, value in inputs.items() if value in quiet]
    if len(neutral) < len(inputs):
        found = _judge(graph, result, used, frozenset(neutral), ordered=ordered)
        if found is not None or not neutral:
            return found
    found = _judge(graph, result, used, frozenset(), ordered=ordered) if inputs else Constancy(None)
    if found is not None:
        return found
    for index in neutral[:_MOST_NEUTRALS]:
        if _judge(graph, result, used, frozenset(neutral) - {index}, ordered=ordered) == Constancy(index):
            return Constancy(index)
    return None


def _reads_each_once(graph: Graph, used: Sequence[int]) -> bool:
    """Return whether the result is sure to depend on several inputs.

    A formula of + - * / in which each variable stands once, and no 0 or 1, depends on them all.
    """
    inputs = 0
    for node, times in zip(graph.nodes, used, strict=True):
        if not times:
            continue
        if times > 1 or (node.__class__ is Apply and (node.primitive.ordered or node.primitive.name == "pow")):
            return False
        if node.__class__ is Input:
            if node.value in NEUTRAL:
                return False
            inputs += 1
        elif node.__class__ is Constant and not node.value:
            return False
    return inputs > 1


def _judge(
    graph: Graph, result: NodeId, used: Sequence[int], fixed: frozenset[NodeId], *, ordered: bool
) -> Constancy | None:
    """Judge a result with some inputs left as they are."""
    slots: list[Rational] = []
    parts = []
    for index, (node, times) in enumerate(zip(graph.nodes, used, strict=True)):
        parts.append(_part(graph, node, slots, index in fixed) if times else None)
    verdict = _verdict if len(parts) <= _KEPT else _verdict.__wrapped__
    return verdict(tuple(parts), result, tuple(slots) if ordered else None)


def _part(graph: Graph, node: Node, slots: list[Rational], stays: bool) -> Slot | Fixed | Operation | None:
    match node:
        case Input(value=value) if not stays:
            slots.append(value)
            return Slot(len(slots) - 1)
        case Input(value=value) | Constant(value=value):
            return Fixed(value)
        case Link(target=target):
            return Operation("link", (target,))
        case Apply(primitive=primitive, operands=operands):
            last = graph.nodes[operands[-1]] if primitive.name == "pow" else None
            return Operation(primitive.name, operands, last.value if isinstance(last, Input) else None)
        case _:
            return None


def _is_ordered(graph: Graph, node: Node) -> bool:
    if not isinstance(node, Apply):
        return False
    varies = node.primitive.name == "pow" and not isinstance(graph.nodes[node.operands[1]], Input)
    return node.primitive.ordered or varies


@lru_cache(maxsize=4096)
def _verdict(shape: Shape, result: NodeId, values: tuple[Rational, ...] | None) -> Constancy | None:
    """Judge a shape at several points; ``values`` are the slots' own where order matters.

    The verdict is a function of the shape, so that a corpus of like traces costs one judgement
    a shape.
    """
    width = 1 + max((part.number for part in shape if isinstance(part, Slot)), default=-1)
    samples: list[Values] = []
    for point, row in enumerate(_random_rows(width, POINTS if values is None else ORDERED_POINTS)):
        if values is None:
            sample = evaluate(shape, row, in_field)
        else:
            sample = evaluate(shape, list(map(_near if point % 2 else _like, values, row)), in_rationals)
        if sample[result] is None:
            continue
        samples.append(sample)
        if len(samples) > 1 and not _constancies(shape, samples, result):
            return None
    found = _constancies(shape, samples, result) if len(samples) > 1 else ()
    return found[0] if found else None


def _constancies(shape: Shape, samples: list[Values], result: NodeId) -> tuple[Constancy, ...]:
    if len({sample[result] for sample in samples}) == 1:
        return (Constancy(None),)
    slots = (index for index, part in enumerate(shape) if isinstance(part, Slot))
    same = (index for index in slots if all(sample[index] == sample[result] for sample in samples))
    return tuple(map(Constancy, same))


@cache
def _random_rows(width: int, points: int) -> tuple[tuple[int, ...], ...]:
    """Return elements of the field, the same in every run."""
    random = Random(f"tracedsl:{width}")
    return tuple(tuple(random.randrange(2, PRIME) for _ in range(width)) for _ in range(points))


def _like(value: Rational, element: int) -> Rational:
    """Return a number of the same sign and kind as a value; all are of one size, in any order."""
    other = whole(Fraction(1 + element % _LARGEST, value.denominator))
    return other if value >= 0 else -other


def _near(value: Rational, element: int) -> Rational:
    """Return a number of about a value's own size: by sizes alone one side of a minimum could always win."""
    other = whole(Fraction(max(1, abs(value.numerator) * (1 + element % 32) // 8), value.denominator))
    return other if value >= 0 else -other


def evaluate(shape: Shape, slots: Sequence[Rational | None], compute: Compute) -> Values:
    """Compute every part; ``None`` where there is no value."""
    values: Values = []
    for part in shape:
        match part:
            case Slot(number=number):
                values.append(slots[number])
            case Fixed(value=value):
                values.append(value)
            case Operation(operands=operands):
                args = [arg for operand in operands if (arg := values[operand]) is not None]
                values.append(compute(part, args) if len(args) == len(operands) else None)
            case None:
                values.append(None)
    return values


def in_rationals(part: Operation, args: list[Rational], bits: int = DEFAULT.bits) -> Rational | None:
    """Apply an operation to rationals; a result of more bits is none."""
    if part.name == "link":
        return args[0]
    found = PRIMITIVES[part.name].apply(tuple(args), bits)
    return None if isinstance(found, Fault) or exceeds(found, bits) else found


def in_field(part: Operation, args: list[Rational]) -> Rational | None:
    """Apply an operation without order to elements of the prime field; powers have a stated exponent."""
    elements = [residue(arg) for arg in args]
    match part.name:
        case "link":
            return elements[0]
        case "add":
            return sum(elements) % PRIME
        case "sub":
            return (elements[0] - elements[1]) % PRIME
        case "mul":
            product = 1
            for element in elements:
                product = product * element % PRIME
            return product
        case "div":
            return elements[0] * pow(elements[1], -1, PRIME) % PRIME if elements[1] else None
        case "pow":
            return _power(elements[0], part.exponent)
        case _:
            raise ValueError(part.name)


def _power(base: int, exponent: Rational | None) -> int | None:
    if not isinstance(exponent, int) or (exponent < 0 and not base):
        return None
    return pow(base, exponent, PRIME)


def residue(value: Rational) -> int:
    """Return the element of the prime field that stands for a rational; its denominator is no multiple of the prime."""
    if isinstance(value, int):
        return value % PRIME
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME
