"""The ways in which the numbers of two graphs may be the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, product

from tracedsl.equivalence import Compute, Fixed, Operation, Shape, Slot, evaluate
from tracedsl.numbers import Rational
from tracedsl.primitives import PRIMITIVES
from tracedsl.rebinding.points import Point
from tracedsl.rebinding.sides import Quantity, Side
from tracedsl.record import record

MOST_READINGS = 64
_MOST_CHOICES = 6  # constants; of more than that all are slots, or one

Results = tuple[Rational | None, Rational | None]


@record
class Wiring:
    """A shape up to the order of terms and factors, `+ 0` and `* 1`: a number for each of its parts."""

    numbers: dict[object, int]
    result: int

    @staticmethod
    def of(shape: Shape) -> Wiring:
        """Return the wiring of a shape."""
        numbers: dict[object, int] = {}
        return Wiring(numbers, _identity(shape, numbers))

    def is_that_of(self, shape: Shape) -> bool:
        """Return whether a shape has this wiring too."""
        return _identity(shape, dict(self.numbers)) == self.result


@record
class Reading:
    """One way to tie the numbers of two graphs: both shapes, and the slots that they share.

    Where there are ``forms``, the slots of the shapes are those: numbers that follow from ``slots``.
    """

    sides: tuple[Side, Side]
    shapes: tuple[Shape, Shape]
    slots: tuple[Quantity, ...]
    forms: Shape = ()

    @property
    def values(self) -> Point:
        """The values that the slots have in the traces."""
        return tuple(slot.value for slot in self.slots)

    @property
    def ordered(self) -> bool:
        """Whether the prime field says nothing of the shapes."""
        if any(side.ordered for side in self.sides):
            return True
        parts = ((shape, part) for shape in self.shapes for part in shape if isinstance(part, Operation))
        return any(part.name == "pow" and isinstance(shape[part.operands[1]], Slot) for shape, part in parts)

    def results(self, point: Point, compute: Compute) -> Results | None:
        """Return both results at a point, or ``None`` if it breaks a requirement of either graph."""
        known: Sequence[Rational | None] = evaluate(self.forms, point, compute) if self.forms else point
        first, second = (evaluate(shape, known, compute) for shape in self.shapes)
        if not (self.sides[0].admits(first) and self.sides[1].admits(second)):
            return None
        return first[self.sides[0].result], second[self.sides[1].result]

    def same_wiring(self) -> bool:
        """Return whether the shapes are one but for the order of terms and factors, `+ 0` and `* 1`."""
        first, second = (shape[: side.result + 1] for side, shape in zip(self.sides, self.shapes, strict=True))
        return Wiring.of(first).is_that_of(second)

    def used(self) -> set[int]:
        """Return the numbers of the slots, or forms of them, that a result rests on."""
        shapes = (shape[: side.result + 1] for side, shape in zip(self.sides, self.shapes, strict=True))
        return {part.number for shape in shapes for part in shape if isinstance(part, Slot)}


def readings(
    sides: tuple[Side, Side], slots: tuple[Quantity, ...], loose: frozenset[Rational] = frozenset()
) -> Iterator[Reading]:
    """Yield the ways to tie the second graph's numbers to slots of the first, the likeliest first.

    A ``loose`` value need not be tied, though there is a slot for it.
    """
    first, second = sides
    shape = bound(first, {slot.place: number for number, slot in enumerate(slots)})
    choices = _choices(slots, second.quantities, loose)
    for picked in product(*choices.values()):
        tied = {place: number for place, number in zip(choices, picked, strict=True) if number is not None}
        yield Reading(sides, (shape, bound(second, tied)), slots)


def with_constants(sides: tuple[Side, Side], numbers: tuple[Quantity, ...]) -> Iterator[Reading]:
    """Yield readings in which constants are numbers of the problem too: all of them, or some.

    They are for results that depend on no other number, so that `30 - 6` is not `12 * 2`.
    """
    chosen = {number.place for number in numbers}
    used = [number for number in sides[0].quantities if number.place <= sides[0].result and number.value]
    constants = [number for number in used if number.place not in chosen]
    sizes = range(len(constants), 0, -1) if len(constants) <= _MOST_CHOICES else (len(constants), 1)
    for some in chain.from_iterable(combinations(constants, size) for size in sizes):
        slots = tuple(sorted((*numbers, *some)))
        loose = frozenset(constant.value for constant in some)
        yield from islice(readings(sides, slots, loose), MOST_READINGS // 8)


def _choices(
    slots: tuple[Quantity, ...], numbers: tuple[Quantity, ...], loose: frozenset[Rational]
) -> dict[int, list[int | None]]:
    """Return the slots that each number may stand for, and ``None`` where it may stand for none.

    Equal numbers take equal slots in turn, so that two traces in the same order agree at once.
    """
    known: dict[tuple[object, ...], list[int]] = {}
    for index, slot in enumerate(slots):
        for key in _keys(slot):
            known.setdefault(key, []).append(index)
    turns: dict[Rational, int] = {}
    choices: dict[int, list[int | None]] = {}
    for number in numbers:
        fitting = next((known[key] for key in _keys(number) if key in known), None)
        if fitting is None:
            continue
        turn = turns[number.value] = turns.get(number.value, -1) + 1
        steps = range(min(len(fitting), MOST_READINGS))
        choices[number.place] = [fitting[(turn + step) % len(fitting)] for step in steps]
        if number.value in loose:
            choices[number.place].append(None)
    return choices


def _keys(number: Quantity) -> list[tuple[object, ...]]:
    """Return what a number may be tied by: name and scope, name, value alone."""
    named: list[tuple[object, ...]] = [(number.value, number.scope, number.name), (number.value, number.name)]
    return [*(named if number.name else ()), (number.value,)]


def bound(side: Side, slots: Mapping[int, int]) -> Shape:
    """Return a graph's parts with slots in the place of some of its numbers."""
    return tuple(Slot(slots[place]) if place in slots else part for place, part in enumerate(side.parts))


def _identity(shape: Shape, ids: dict[object, int]) -> int:
    """Return a shape's number in a table that gives each different one a number."""
    zero, one = (ids.setdefault(Fixed(value), len(ids)) for value in (0, 1))
    found: list[int] = []
    for part in shape:
        if not isinstance(part, Operation):
            found.append(ids.setdefault(part, len(ids)))
            continue
        operands = _operands(part.name, [found[operand] for operand in part.operands], zero, one)
        alone = len(operands) == 1 and PRIMITIVES[part.name].least > 1
        found.append(operands[0] if alone else ids.setdefault((part.name, *operands), len(ids)))
    return found[-1]


def _operands(name: str, operands: list[int], zero: int, one: int) -> list[int]:
    """Return the operands that matter, in the order of their numbers where theirs is none."""
    match name:
        case "add":
            return sorted(operand for operand in operands if operand != zero) or [zero]
        case "mul":
            return sorted(operand for operand in operands if operand != one) or [one]
        case "sub":
            return operands[:1] if operands[1] == zero else operands
        case "div" | "pow":
            return operands[:1] if operands[1] == one else operands
        case "min" | "max":
            return sorted(operands)
        case _:
            return operands
