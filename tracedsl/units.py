"""Units of measure: words joined by `*` and `/`, compared without regard to plural."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

#: Base words with their exponents, sorted; the empty tuple is a pure number.
Unit = tuple[tuple[str, int], ...]

NUMBER: Unit = ()


def parse_unit(text: str, singular: Callable[[str], str]) -> Unit:
    """Read a well-formed unit; ``items/day/person`` divides twice."""
    powers: Counter[str] = Counter()
    for sign, word in re.findall(r"([*/]?)([^*/]+)", text):
        powers[singular(word)] += -1 if sign == "/" else 1
    return _tidy(powers)


def product(*units: Unit) -> Unit:
    """Return the unit of a product."""
    powers: Counter[str] = Counter()
    for unit in units:
        for word, power in unit:
            powers[word] += power
    return _tidy(powers)


def quotient(over: Unit, under: Unit) -> Unit:
    """Return the unit of a quotient."""
    return product(over, tuple((word, -power) for word, power in under))


def show_unit(unit: Unit) -> str:
    """Return a unit as text, such as ``dollar/day``; a pure number has none."""
    over = "*".join(word for word, power in unit for _ in range(power))
    under = "".join(f"/{word}" for word, power in unit for _ in range(-power))
    return (over or "1") + under if unit else "no unit"


def _tidy(powers: Counter[str]) -> Unit:
    return tuple(sorted((word, power) for word, power in powers.items() if power))
