"""What the readings of two graphs show: one function, or where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import partial
from itertools import islice

from tracedsl.equivalence import POINTS, PRIME, Compute, in_field, in_rationals, residue
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Rational
from tracedsl.rebinding.points import Point, field_points, rational_points
from tracedsl.rebinding.readings import MOST_READINGS, Reading
from tracedsl.rebinding.sides import Side
from tracedsl.record import record

_FIELD_DRAWS = 32
_DRAWS = 64  # one side of a minimum may win at most points
_LEAST_DRAWS = 8
_WORK = 1_000_000  # operations on short numbers in one comparison


class Outcome(Enum):
    """What a reading shows."""

    SAME = auto()
    FLAT = auto()  # the results agree, but never change
    DIFFERS = auto()
    NOWHERE = auto()  # no point but the original gives both a value


@record
class Finding:
    """What a reading shows; ``point`` is the one of rationals at which it differs, if it is known."""

    outcome: Outcome
    reading: Reading | None = None
    sampled: bool = False
    point: Point | None = None


@record
class Effort:
    """How much is looked at; ``bits`` bounds the values at sampled points."""

    readings: int
    draws: int
    bits: int


def effort(sides: tuple[Side, Side], longest: int) -> Effort:
    """Return how much to look at, so that graphs of any size end in bounded work."""
    weight = sum(len(side.parts) for side in sides) * (1 + longest // 256)
    draws = max(_LEAST_DRAWS, min(_DRAWS, _WORK // weight))
    most = max(1, min(MOST_READINGS, _WORK // (weight * draws)))
    return Effort(most, draws, min(2 * longest + 256, DEFAULT.bits))


def best(readings: Iterable[Reading], answer: Rational, work: Effort, order: tuple[Outcome, ...]) -> Finding:
    """Return the first reading in which the functions are one, or else a reading by the order of outcomes."""
    findings = []
    for reading in islice(readings, work.readings):
        finding = judge(reading, answer, work)
        if finding.outcome is Outcome.SAME:
            return finding
        findings.append(finding)
    ranked = (finding for outcome in order for finding in findings if finding.outcome is outcome)
    return next(ranked, Finding(Outcome.FLAT))


def judge(reading: Reading, answer: Rational, work: Effort) -> Finding:
    """Say what a reading shows; at the original point both graphs give ``answer``."""
    if reading.same_wiring():
        return Finding(Outcome.SAME, reading)
    if not reading.slots:
        return Finding(Outcome.FLAT, reading)
    if not reading.ordered and answer.denominator % PRIME:
        points = islice(field_points(len(reading.slots)), _FIELD_DRAWS)
        found = _agreement(reading, points, in_field, residue(answer), exact=True)
        if found.outcome is not Outcome.NOWHERE:
            return found
    points = islice(rational_points(reading.values), work.draws)
    return _agreement(reading, points, partial(in_rationals, bits=work.bits), answer, exact=False)


def _agreement(
    reading: Reading, points: Iterator[Point], compute: Compute, answer: Rational, *, exact: bool
) -> Finding:
    """Compare the results at points where both have a value.

    Where one graph has a value at some and the other at none they differ too; the field may have
    none for a number that only it takes for zero.
    """
    seen, alone = {answer}, dict[bool, Point]()
    agreed = 0
    for point in points:
        results = reading.results(point, compute) if point != reading.values else None
        if results is None or results == (None, None):
            continue
        first, second = results
        if first is None or second is None:
            alone.setdefault(first is None, point)
        elif first != second:
            return Finding(Outcome.DIFFERS, reading, point=None if exact else point)
        else:
            seen.add(first)
            agreed += 1
            if exact and agreed == POINTS:
                break
    if agreed:
        return Finding(Outcome.SAME if len(seen) > 1 else Outcome.FLAT, reading, sampled=not exact)
    if len(alone) == 1 and not exact:
        return Finding(Outcome.DIFFERS, reading, point=next(iter(alone.values())))
    return Finding(Outcome.NOWHERE, reading)
