"""Names and numbers byte by byte: what may follow what has been written, and what is whole.

The patterns stand in ``grammar/``; here is the same, for prefixes. Numbers are canonical: each
value has one spelling, so that what is decoded is what `tracedsl fmt` would write. Mixed numbers
(``2 1/2``), which stand only for values of more than 32 digits, are not decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import chain, product
from math import isqrt
from string import ascii_letters, digits
from typing import NamedTuple

from tracedsl.decoding.effects import Bounds
from tracedsl.executor import RELATIONS
from tracedsl.numbers import Number, count_digits, read_number, spell
from tracedsl.syntax.scalars import is_reserved

LETTERS = frozenset(f"{ascii_letters}_".encode())
NAME_BYTES = LETTERS | frozenset(f"{digits}.".encode())
NUMBER_BYTES = frozenset(f"{digits}-./%".encode())
#: What a number that is not legal as it stands may be continued by; every tail of one is one.
_TAILS = tuple("".join(tail) for length in (1, 2, 3) for tail in product("0123456789", repeat=length))
#: The same for what only has bounds: what lies just above a prefix, and far above it.
_NEAR = (*_TAILS[:10], "00", "50", "99", "000", "500", "999")
_POINTED = tuple(f".{digit}{more}" for more in ("", "5", "25") for digit in digits if f"{digit}{more}".strip("0"))
_PREFIX = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:(?<=[0-9])(?:\.[0-9]*|/(?:[1-9][0-9]*)?))?")

Legal = Callable[[Number], bool]


def name_goes_on(text: str, byte: int, longest: int) -> bool:
    """Return whether a name may go on with a byte; a segment begins with a letter."""
    if byte not in NAME_BYTES or len(text) >= longest:
        return False
    return (byte != 46 or len(text) + 1 < longest) if is_inside(text) else byte in LETTERS


def is_name(text: str) -> bool:
    """Return whether a prefix of a name is a whole name, as far as its letters go."""
    return is_inside(text) and not is_reserved(text)


def is_inside(text: str) -> bool:
    """Return whether a prefix of a name ends inside a segment, so that the next begins with a dot."""
    return bool(text) and not text.endswith(".")


@lru_cache(maxsize=4096)
def number_of(text: str, most: int) -> Number | None:
    """Return the number that a canonical spelling of at most ``most`` digits stands for."""
    number = read_number(text, most) if text[-1:].isdigit() or text.endswith("%") else None
    return number if isinstance(number, Number) and spell(number) == text else None


class Kind(NamedTuple):
    """Which numbers may be written: plain ones, percents, how many digits at most, and what bounds their values."""

    plain: bool
    percent: bool
    digits: int
    bounds: Bounds = ()

    def holds(self, number: Number) -> bool:
        """Return whether a number is one of these."""
        if not (self.percent if number.percent else self.plain):
            return False
        return all(RELATIONS[relation](number.value, value) for relation, value in self.bounds)


@lru_cache(maxsize=1 << 16)
def kind_goes_on(kind: Kind, text: str, byte: int) -> bool:
    """Return whether some number of a kind begins with ``text`` and then ``byte``."""
    return number_goes_on(text, byte, kind.digits, kind.holds, bounded=bool(kind.bounds))


def number_goes_on(text: str, byte: int, most: int, legal: Legal, *, bounded: bool = False) -> bool:
    """Return whether some legal canonical number begins with ``text`` and then ``byte``.

    A number that is not legal itself is tried with up to three more characters and with those that
    make it a perfect square, so that none is begun that cannot be ended; where what is legal is
    ``bounded`` and has no gaps, with few of them.
    """
    longer = text + chr(byte)
    if byte == 37:
        number = number_of(longer, most)
        return number is not None and legal(number)
    if _PREFIX.fullmatch(longer) is None or count_digits(longer) > most:
        return False
    return next(endings(longer, most, legal, bounded=bounded), None) is not None


def endings(text: str, most: int, legal: Legal, *, bounded: bool = False) -> Iterator[str]:
    """Yield what makes a prefix a legal number, shortest first, but that squares come before other long ones."""
    likely = _candidates("." in text or "/" in text, bounded)
    for tail in chain(("",), likely if bounded else chain(_TAILS[:10], _squaring(text, most), likely[10:])):
        number = number_of(text + tail, most)
        if number is not None:
            if legal(number):
                yield tail
            elif legal(Number(number.value, percent=True)):
                yield f"{tail}%"


@cache
def _candidates(pointed: bool, bounded: bool) -> tuple[str, ...]:
    tails = _NEAR if bounded else _TAILS
    return tails if pointed else (*tails, *_POINTED)


def _squaring(text: str, most: int) -> Iterator[str]:
    """Yield the digits that make those of a prefix, or of its denominator, a perfect square: what `sqrt` takes."""
    begun = int(text.rpartition("/")[2].replace(".", "").lstrip("-") or 0)
    for length in range(2, most - count_digits(text) + 1):
        least = begun * 10**length
        above = (isqrt(least - 1) + 1) ** 2 - least if least else 0
        if above < 10**length:
            yield f"{above:0{length}}"
