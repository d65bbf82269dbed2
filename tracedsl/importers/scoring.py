"""How well a number of a calculation fits what it may stand for, by the words beside both."""

from __future__ import annotations

from typing import assert_never

from tracedsl.importers.contexts import Beside
from tracedsl.importers.questions import Place, Use
from tracedsl.numbers import Rational
from tracedsl.record import record

#: Candidates this much below the best are readings, too.
NEAR_TIE = 0.7
_UNUSED_RESULT, _USED_RESULT, _TAKEN_PLACE, _HERE, _CONSTANT, _CUED = 1.3, -0.9, -1.2, -1.5, -1.6, 0.6
_HERE_IN_PRODUCT = -3.5  # 2 x 2 is two eggs and "twice"; 1 + 1 is often one each
_LARGEST_PART = 20


@record
class Literal:
    """A number of a calculation: the operation that takes it, what is beside it and beside the result."""

    value: Rational
    op: str
    divides: bool
    beside: Beside
    result: Beside
    priced: bool  # whether another number of the calculation is money

    @property
    def scales(self) -> bool:
        """Whether the operation is a product or a quotient."""
        return self.op in ("mul", "div")


def of_place(literal: Literal, place: Place, *, taken: bool, here: bool) -> float:
    """Score a place of the question; ``here``: the same calculation has taken it for another of its numbers."""
    score = _alike(literal, place.beside) - place.doubt + (_TAKEN_PLACE if taken else 0) + _again(literal, here=here)
    if place.ground == "percent" and literal.scales and not isinstance(literal.value, int):
        score += 3.0  # 0.5 of 50 %
    return score + _used(literal, place.use)


def _used(literal: Literal, use: Use) -> float:
    """Score how the question uses a number: nothing is added to "twice", and half of it is divided by 2."""
    match use:
        case Use.COUNT:
            return 0.0
        case Use.MORE:
            return -1.2 if literal.scales else 0.6
        case Use.TIMES if literal.scales:
            return 0.6 if literal.divides else 1.0
        case Use.MULTIPLE if literal.scales:
            return 0.3 if literal.divides else 1.5
        case Use.PART if literal.scales:
            if literal.value > _LARGEST_PART:
                return -2.0  # half as 50 %
            return 1.5 if literal.divides or not isinstance(literal.value, int) else 0.3
        case Use.TIMES | Use.MULTIPLE | Use.PART:
            return -2.0
        case _:
            assert_never(use)


def of_result(literal: Literal, words: Beside, *, used: bool, here: bool) -> float:
    """Score an earlier result."""
    return _alike(literal, words) + (_USED_RESULT if used else _UNUSED_RESULT) + _again(literal, here=here)


def _again(literal: Literal, *, here: bool) -> float:
    """Score what the same calculation has taken for another of its numbers."""
    return (_HERE_IN_PRODUCT if literal.scales else _HERE) if here else 0.0


def of_constant(literal: Literal, words: Beside, *, cued: bool) -> float:
    """Score a constant: one that the calculation speaks of (weeks, minutes), or that another calculation uses."""
    score = _CUED if cued and literal.scales else _CONSTANT
    return score + 0.4 * min(3, len(literal.beside.wide & words.wide)) + _money(literal, money=False)


def _alike(literal: Literal, words: Beside) -> float:
    """Score the words that two numbers share: those near both, those near one of them, those of their sentences."""
    own = literal.beside
    score = 1.0 * min(3, len(own.near & words.near))
    score += 0.4 * min(3, len((own.wide - own.near) & words.near))
    score += 0.15 * min(4, len(own.wide & words.wide))
    if words.unit:
        score += 0.5 * (words.unit == literal.result.unit and not literal.divides) + 0.8 * (words.unit in own.wide)
        score += 0.6 * (words.unit == own.unit) - 0.6 * (own.unit not in ("", words.unit))
    return score + _money(literal, money=words.money)


def _money(literal: Literal, *, money: bool) -> float:
    """Score whether both are money: 5 x $4 has one price, and what is added to a price is one."""
    if literal.beside.money:
        return 1.2 if money else -1.2
    if literal.scales and literal.priced:
        return -1.2 if money else 0.0
    if money and not literal.result.money:
        return -0.6 if literal.scales else -1.2
    if literal.op in ("add", "sub") and literal.result.money:
        return 0.5 if money else -0.5
    return 0.0
