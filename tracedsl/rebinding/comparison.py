"""Two executed graphs to a verdict, with a counter-example where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import chain, islice
from typing import NamedTuple, assert_never

from tracedsl.equivalence import in_rationals
from tracedsl.executor import Execution
from tracedsl.numbers import Rational, show, whole
from tracedsl.rebinding.judging import Finding, Outcome, best, effort
from tracedsl.rebinding.points import Point, rational_points, small_points
from tracedsl.rebinding.readings import Reading, readings, with_constants
from tracedsl.rebinding.sides import Quantity, side_of
from tracedsl.record import record

_MILDEST_FIRST = (Outcome.FLAT, Outcome.NOWHERE, Outcome.DIFFERS)
_WORST_FIRST = (Outcome.DIFFERS, Outcome.NOWHERE, Outcome.FLAT)
_WITNESSES = 10  # random points among which a short counter-example is looked for


class Verdict(StrEnum):
    """How two traces compare."""

    SAME = "same function"
    VALUE = "same value only"
    DIFFERENT = "different"
    UNDEFINED = "not comparable"


class Bound(NamedTuple):
    """A slot in a counter-example: its name (empty for a literal), its own value, and the one tried."""

    name: str
    value: Rational
    tried: Rational


@record
class Witness:
    """A counter-example: what is tried for the slots, and both results (``None``: no value)."""

    bound: tuple[Bound, ...]
    first: Rational | None
    second: Rational | None


@record
class Comparison:
    """A verdict; ``sampled`` where agreement was seen at random rationals only.

    Another verdict than ``SAME`` is never sampled: a counter-example is exact.
    """

    verdict: Verdict
    sampled: bool = False
    witness: Witness | None = None


def compare(a: Execution, b: Execution, constants: frozenset[Rational]) -> Comparison:
    """Say whether ``b`` computes the function of ``a``'s numbers that ``a`` computes."""
    first, second = a.answer, b.answer
    if first is None or second is None:
        return Comparison(Verdict.UNDEFINED)
    sides = side_of(a.graph), side_of(b.graph)
    given = sides[0].quantities
    numbers = tuple(number for number in given if not _is_constant(number.value, constants))
    if first.value != second.value:
        used = [[(each, each.value) for each in some if each.place <= sides[0].result] for some in (numbers, given)]
        return Comparison(Verdict.DIFFERENT, witness=_witness(used[0] or used[1], first.value, second.value))
    work = effort(sides, max(bits_of(a), bits_of(b)))
    found = best(readings(sides, numbers), first.value, work, _MILDEST_FIRST)
    if found.outcome is Outcome.FLAT:
        found = best(with_constants(sides, numbers), first.value, work, _WORST_FIRST)
    return _comparison(found)


def _is_constant(value: Rational, constants: frozenset[Rational]) -> bool:
    return value in constants or (value != 0 and whole(1 / Fraction(value)) in constants)


def bits_of(execution: Execution) -> int:
    """Return the bits of the longest value of a run."""
    known = [value for value in execution.values if value is not None]
    return max((max(value.numerator.bit_length(), value.denominator.bit_length()) for value in known), default=0)


def _comparison(found: Finding) -> Comparison:
    match found.outcome:
        case Outcome.SAME:
            return Comparison(Verdict.SAME, found.sampled)
        case Outcome.FLAT:
            return Comparison(Verdict.VALUE)
        case Outcome.DIFFERS:
            return Comparison(Verdict.VALUE, witness=_shortest(found))
        case Outcome.NOWHERE:
            return Comparison(Verdict.UNDEFINED)
        case other:
            assert_never(other)


def _shortest(found: Finding) -> Witness | None:
    """Return the counter-example that takes the least room, one with both results if there is any."""
    if found.reading is None:
        return None
    points = _candidates(found.reading, found.point)
    witnesses = [witness for point in points if (witness := _differing(found.reading, point)) is not None]
    return min(witnesses, key=_room, default=None)


def _candidates(reading: Reading, known: Point | None) -> Iterator[Point]:
    random = islice(rational_points(reading.values), _WITNESSES)
    return chain(small_points(reading.values), random, () if known is None else (known,))


def _differing(reading: Reading, point: Point) -> Witness | None:
    results = reading.results(point, in_rationals)
    if results is None or results[0] == results[1]:
        return None
    used = reading.used()
    tried = [pair for index, pair in enumerate(zip(reading.slots, point, strict=True)) if index in used]
    return _witness(tried, *results)


def _witness(tried: list[tuple[Quantity, Rational]], first: Rational | None, second: Rational | None) -> Witness:
    several = len({slot.scope for slot, _ in tried if slot.name}) > 1
    bound = (
        Bound(f"{slot.scope}.{slot.name}" if several and slot.name else slot.name, slot.value, value)
        for slot, value in tried
    )
    return Witness(tuple(bound), first, second)


def _room(witness: Witness) -> tuple[bool, int]:
    """Rank a counter-example: those that are computed in both come first, then the short ones."""
    results = (witness.first, witness.second)
    numbers = (*(bound.tried for bound in witness.bound), *(value for value in results if value is not None))
    return None in results, sum(map(len, map(show, numbers)))
