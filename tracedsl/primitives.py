"""The arithmetic that every expert's operations come down to: one row an operation.

A row is everything that is known of an operation: its arity, its exact function, its laws for
units and percents. Compiler, verifier, executor and exports read it here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, StrEnum, auto
from fractions import Fraction

from tracedsl.numbers import Rational, whole
from tracedsl.record import record


class Fault(Enum):
    """Why an operation has no value for its operands."""

    DIVISION_BY_ZERO = auto()
    NO_RATIONAL_ROOT = auto()
    EXPONENT_NOT_WHOLE = auto()
    TOO_LARGE = auto()


class UnitLaw(StrEnum):
    """How the unit of a result follows from those of the operands."""

    SAME = "same"  # all operands alike, and so the result
    PRODUCT = "product"
    QUOTIENT = "quotient"
    KEEP = "keep"  # the single operand's
    NONE = "none"  # no operand may have one


#: Operands and the bits limit to a value; the limit matters only where a result may outgrow it at once.
Function = Callable[[tuple[Rational, ...], int], Rational | Fault]


@record
class Primitive:
    """An arithmetic operation.

    ``most`` is ``None`` where any number of operands from ``least`` on is taken. ``percents``
    says that operands which are all percents give a percent. ``symbol`` is set for infix
    operations. ``ordered`` operations look at order or wholeness, so they mean nothing in a
    prime field. The operands of ``commutative`` ones may change places. ``total`` ones have a value
    for all operands, of no more bits than theirs together and one for each.
    """

    name: str
    least: int
    most: int | None
    apply: Function
    units: UnitLaw
    percents: bool = False
    symbol: str = ""
    ordered: bool = False
    commutative: bool = False
    total: bool = False

    def takes(self, count: int) -> bool:
        """Return whether the operation takes that many operands."""
        return count >= self.least and (self.most is None or count <= self.most)

    @property
    def arity(self) -> str:
        """Return how many operands it takes, in words."""
        if self.most is None:
            return f"{self.least} or more operands"
        return "1 operand" if self.least == 1 else f"exactly {self.least} operands"


def exceeds(value: Rational, bits: int) -> bool:
    """Return whether a value's numerator or denominator is longer than ``bits``."""
    if value.__class__ is int:
        return value.bit_length() > bits
    return value.numerator.bit_length() > bits or value.denominator.bit_length() > bits


def _add(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    total: Rational = args[0]
    for term in args[1:]:
        total = total + term
        if exceeds(total, bits):
            return Fault.TOO_LARGE
    return _tidy(total)


def _sub(args: tuple[Rational, ...], bits: int) -> Rational:
    return _tidy(args[0] - args[1])


def _mul(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    product: Rational = args[0]
    for factor in args[1:]:
        product = product * factor
        if exceeds(product, bits):
            return Fault.TOO_LARGE
    return _tidy(product)


def _div(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    over, under = args
    if not under:
        return Fault.DIVISION_BY_ZERO
    return _tidy(Fraction(over) / under)


def _mod(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    over, under = args
    return _tidy(over - under * (over // under)) if under else Fault.DIVISION_BY_ZERO


def _floordiv(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    over, under = args
    return over // under if under else Fault.DIVISION_BY_ZERO


def _pow(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    base, exponent = args
    if not isinstance(exponent, int):
        return Fault.EXPONENT_NOT_WHOLE
    if not base and exponent < 0:
        return Fault.DIVISION_BY_ZERO
    if base in (0, 1, -1):
        return base ** (abs(exponent) % 2) if base == -1 else int(exponent == 0 or base)
    longest = max(abs(base.numerator), base.denominator).bit_length()
    if abs(exponent) * (longest - 1) > bits:
        return Fault.TOO_LARGE
    return _tidy(Fraction(base) ** exponent)


def _sqrt(args: tuple[Rational, ...], bits: int) -> Rational | Fault:
    square = args[0]
    if square < 0:
        return Fault.NO_RATIONAL_ROOT
    over, under = math.isqrt(square.numerator), math.isqrt(square.denominator)
    if over * over != square.numerator or under * under != square.denominator:
        return Fault.NO_RATIONAL_ROOT
    return _tidy(Fraction(over, under))


def _abs(args: tuple[Rational, ...], bits: int) -> Rational:
    return args[0] if args[0] >= 0 else -args[0]


def _round(args: tuple[Rational, ...], bits: int) -> Rational:
    nearest = math.floor(_abs(args, bits) + Fraction(1, 2))
    return nearest if args[0] >= 0 else -nearest


def _tidy(value: Rational) -> Rational:
    return value if isinstance(value, int) else whole(value)


_ROWS = (
    Primitive("add", 2, None, _add, UnitLaw.SAME, percents=True, symbol="+", commutative=True, total=True),
    Primitive("sub", 2, 2, _sub, UnitLaw.SAME, percents=True, symbol="-", total=True),
    Primitive("mul", 2, None, _mul, UnitLaw.PRODUCT, symbol="*", commutative=True, total=True),
    Primitive("div", 2, 2, _div, UnitLaw.QUOTIENT, symbol="/"),
    Primitive("mod", 2, 2, _mod, UnitLaw.SAME, ordered=True),
    Primitive("floordiv", 2, 2, _floordiv, UnitLaw.QUOTIENT, ordered=True),
    Primitive("pow", 2, 2, _pow, UnitLaw.NONE),
    Primitive("sqrt", 1, 1, _sqrt, UnitLaw.NONE, ordered=True),
    Primitive("abs", 1, 1, _abs, UnitLaw.KEEP, ordered=True, total=True),
    Primitive("floor", 1, 1, lambda args, bits: math.floor(args[0]), UnitLaw.KEEP, ordered=True, total=True),
    Primitive("ceil", 1, 1, lambda args, bits: math.ceil(args[0]), UnitLaw.KEEP, ordered=True, total=True),
    Primitive("round", 1, 1, _round, UnitLaw.KEEP, ordered=True, total=True),
    Primitive(
        "min",
        2,
        None,
        lambda args, bits: min(args),
        UnitLaw.SAME,
        percents=True,
        ordered=True,
        commutative=True,
        total=True,
    ),
    Primitive(
        "max",
        2,
        None,
        lambda args, bits: max(args),
        UnitLaw.SAME,
        percents=True,
        ordered=True,
        commutative=True,
        total=True,
    ),
)

#: Every operation of `compute_op`, by name.
PRIMITIVES = {row.name: row for row in _ROWS}
#: Those whose operands may change places.
COMMUTATIVE = frozenset(row.name for row in _ROWS if row.commutative)
