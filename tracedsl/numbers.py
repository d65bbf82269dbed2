"""Exact numbers: how they are written, read and shown.

A value is an ``int`` where it is whole and a ``Fraction`` elsewhere, so that whole-number
arithmetic, nearly all of it in practice, stays fast.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tracedsl.limits import DEFAULT, MOST_DIGITS
from tracedsl.resources import terminal

Rational = int | Fraction

_NUMBER = re.compile(terminal("trace.lark", "NUMBER"))
_SHORT = MOST_DIGITS  # what Python converts under any setting of its own limit


class Number(NamedTuple):
    """A number as read: ``20%`` has the value 20 and is a percent."""

    value: Rational
    percent: bool = False


class TooManyDigits(NamedTuple):
    """A number that is well formed but longer than the limit."""

    digits: int


def whole(value: Fraction) -> Rational:
    """Return a fraction as an ``int`` where it is one."""
    return value.numerator if value.denominator == 1 else value


def read_number(text: str, digits: int = DEFAULT.digits) -> Number | TooManyDigits | None:
    """Read any spelling of a number (``80,000``, ``$5``, ``.5``, ``2 1/2``, ``20%``), exactly.

    ``None`` if the text is no number. A zero denominator or a mixed number whose fraction is
    not below one is no number.
    """
    if text.isdigit() and text.isascii() and len(text) <= min(digits, _SHORT):
        return Number(int(text))
    if len(text) > 2 * _SHORT:  # no pattern need look at all of it
        return None if text.strip("0123456789.,/$%-") else TooManyDigits(len(text))
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    if len(text) > digits and ((count := count_digits(text)) > digits or len(text) > _SHORT):
        return TooManyDigits(max(count, digits + 1))
    value = _value(match)
    if value is None:
        return None
    return Number(whole(-value if match["sign"] else value), bool(match["percent"]))


def count_digits(text: str) -> int:
    """Count the digits of a number as written, zeros before the first other digit left out."""
    runs = re.findall("[0-9]+", text.replace(",", "").replace(".", ""))
    return sum(len(run.lstrip("0")) for run in runs)


def _value(match: re.Match[str]) -> Fraction | None:
    if (decimal := match["grouped"] or match["decimal"]) is not None:
        return Fraction(decimal.replace(",", ""))
    over, under = int(match["over"]), int(match["under"])
    if under == 0 or (match["whole"] is not None and over >= under):
        return None
    part = Fraction(over, under)
    return part if match["whole"] is None else int(match["whole"]) + part


def spell(number: Number) -> str:
    """Return the canonical spelling of a number in a trace: ``70000``, ``0.3``, ``1/3``, ``20%``.

    A decimal of more than 32 digits is spelt as a fraction instead, and a fraction of more as a
    mixed number, so that what was read within the limit can be read again.
    """
    return _show(number.value, DEFAULT.digits) + ("%" if number.percent else "")


def show_number(number: Number) -> str:
    """Return a value with its type, exactly: ``70000``, ``0.3``, ``1/3``, ``20%``."""
    return show(number.value) + ("%" if number.percent else "")


def show(value: Rational) -> str:
    """Return a value exactly: an integer, else a finite decimal, else a reduced fraction."""
    return _show(value, None)


def _show(value: Rational, most: int | None) -> str:
    if isinstance(value, int):
        return _integer(value)
    sign, magnitude = ("-" if value < 0 else ""), abs(value)
    decimal = _finite_decimal(magnitude)
    if decimal is not None and (most is None or len(decimal.replace(".", "").lstrip("0")) <= most):
        return sign + decimal
    over, under = _integer(magnitude.numerator), _integer(magnitude.denominator)
    if most is not None and len(over) + len(under) > most and magnitude > 1:
        above, rest = divmod(magnitude.numerator, magnitude.denominator)
        return f"{sign}{_integer(above)} {_integer(rest)}/{under}"
    return f"{sign}{over}/{under}"


def _integer(value: int) -> str:
    if value.bit_length() < _SHORT * 3:
        return str(value)
    return f"{Decimal(value):f}"


def _finite_decimal(value: Fraction) -> str | None:
    """Return a positive fraction as a decimal, or ``None`` if its expansion does not end."""
    twos = (value.denominator & -value.denominator).bit_length() - 1
    fives, scale = 0, value.denominator >> twos
    while scale % 5 == 0:
        fives, scale = fives + 1, scale // 5
    if scale != 1:
        return None
    places = max(twos, fives)
    digits = _integer(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"
