"""Numbers to put in the place of a problem's, the same in every run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from random import Random

from tracedsl.equivalence import PRIME
from tracedsl.numbers import Rational, whole

Point = tuple[Rational, ...]

_EIGHTHS = 32  # a gap grows to at most four times its size
_LARGEST_ROOT = 12
_FINENESS = 4  # steps of a number that is not whole, in parts of its denominator's


def field_points(width: int) -> Iterator[Point]:
    """Yield elements of the prime field for so many slots, without end."""
    random = Random(f"tracedsl:rebinding:{width}")
    while True:
        yield tuple(random.randrange(2, PRIME) for _ in range(width))


def rational_points(values: Point) -> Iterator[Point]:
    """Yield points of the signs, the sizes and the order of the values, whole where they are, without end.

    Of equal values either may become the greater. A square times all of them keeps what is
    required of a sum or a difference, and the root of any formula of one degree rational.
    """
    random = Random(f"tracedsl:rebinding:{len(values)}")
    for kind in cycle((_walk, _scale, _move, _near, _squares)):
        yield kind(values, random)


def small_points(values: Point) -> Iterator[Point]:
    """Yield points of small whole numbers, of the signs and the order of the values."""
    for stretch in (1, 2, 3):
        for least in (2, 3, 4):
            point = list(values)
            for sign in (1, -1):
                for rank, place in enumerate(_outward(values, sign)):
                    point[place] = sign * (least + stretch * rank)
            yield tuple(point)


def _walk(values: Point, random: Random, least: int = 1, most: int = _EIGHTHS) -> Point:
    """Draw anew each distance from one value to the next greater, from 0 on."""
    point = list(values)
    for sign in (1, -1):
        base, highest, before = Fraction(0), Fraction(0), Fraction(0)
        gap = Fraction(0)
        for place in _outward(values, sign):
            magnitude = Fraction(sign * values[place])
            if magnitude > before:
                base, gap, before = highest, magnitude - before, magnitude
            drawn = _on_grid(base + gap * Fraction(random.randint(least, most), 8), values[place])
            highest = max(highest, drawn)
            point[place] = whole(sign * drawn)
    return tuple(point)


def _near(values: Point, random: Random) -> Point:
    """Draw distances of about their own sizes."""
    return _walk(values, random, 6, 11)


def _scale(values: Point, random: Random) -> Point:
    """Multiply all values by one square."""
    square = random.randint(2, _LARGEST_ROOT) ** 2
    return tuple(value * square for value in values)


def _squares(values: Point, random: Random) -> Point:
    """Multiply each value by a square of its own, the greater by the greater."""
    point = list(values)
    for sign in (1, -1):
        places = _outward(values, sign)
        roots = sorted(random.randint(1, _LARGEST_ROOT) for _ in places)
        for place, root in zip(places, roots, strict=True):
            point[place] = values[place] * root**2
    return tuple(point)


def _move(values: Point, random: Random) -> Point:
    """Move one value to a place between its neighbours."""
    place = random.randrange(len(values))
    sign = 1 if values[place] > 0 else -1
    value = Fraction(sign * values[place])
    others = [Fraction(sign * other) for other in values if sign * other > 0]
    lower = max((other for other in others if other < value), default=Fraction(0))
    upper = min((other for other in others if other > value), default=2 * value + 8)
    moved = _on_grid(lower + (upper - lower) * Fraction(random.randint(1, _EIGHTHS), _EIGHTHS + 1), values[place])
    fits = lower < moved < upper and value
    return (*values[:place], whole(sign * moved) if fits else values[place], *values[place + 1 :])


def _outward(values: Point, sign: int) -> list[int]:
    """Return the places of the values of a sign, the nearest to 0 first."""
    places = (place for place, value in enumerate(values) if sign * value > 0)
    return sorted(places, key=lambda place: sign * values[place])


def _on_grid(magnitude: Fraction, value: Rational) -> Fraction:
    """Round up to a whole number if the value is one, else to one of about its denominator."""
    steps = 1 if isinstance(value, int) else _FINENESS * value.denominator
    return Fraction(math.ceil(magnitude * steps), steps)
