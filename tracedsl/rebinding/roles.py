"""The numbers of a question as quantities, and the numbers that follow from them.

A number that the question states is a slot. Others are forms of slots: 0.2 and 80 of 20 %, 0.58 of
58 cents, 5,000 of 5 thousand, 3/5 of 3 and 5. Scale words and magnitudes are no slots: the half of
"half as many" stays a half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from tracedsl.equivalence import Fixed, Operation, Shape, Slot
from tracedsl.grounding import Ground, Occurrence, Way, occurrences
from tracedsl.numbers import Rational, whole
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

_MOST_NUMBERS = 128  # that a question states; a later one has no role


@record
class Roles:
    """What the numbers of a trace for a question may stand for.

    ``forms`` holds slots and what follows from them, in order; ``fitting`` the forms of a value, those
    that the question states first; ``places`` the form that stands at a span with a value; ``stated``
    how many forms of a value the question states as such; ``rests`` the slots that a form rests on;
    ``fixed`` the values that may stand for themselves, constants and scale words and 1 over them, and
    ``scales`` those of the scale words.
    """

    values: tuple[Rational, ...]
    forms: Shape
    fitting: Mapping[Rational, tuple[int, ...]]
    stated: Mapping[Rational, int]
    places: Mapping[tuple[Span, Rational], int]
    rests: tuple[frozenset[int], ...]
    fixed: frozenset[Rational]
    scales: frozenset[Rational]

    def stays(self, value: Rational) -> bool:
        """Return whether a number may stand for itself."""
        return value in self.fixed or -value in self.fixed


@lru_cache(maxsize=1024)
def roles_of(question: str, lexicon: Lexicon) -> Roles:
    """Return the roles that the numbers of a question may have."""
    found = occurrences(question, lexicon)
    scales = frozenset(each.value for each in found if each.ground is Ground.SCALE)
    builder = _Builder(question, lexicon)
    builder.numbers([each for each in found if each.ground is not Ground.SCALE])
    stated = {value: len(forms) for value, forms in builder.fitting.items()}
    builder.follow(found)
    builder.negate()
    fitting = {value: tuple(forms) for value, forms in builder.fitting.items()}
    rests = tuple(builder.rests)
    plain = lexicon.constants | scales
    fixed = plain | {whole(1 / Fraction(value)) for value in plain if value}
    return Roles(tuple(builder.values), tuple(builder.forms), fitting, stated, builder.places, rests, fixed, scales)


class _Builder:
    def __init__(self, question: str, lexicon: Lexicon) -> None:
        self.question = question
        self.lexicon = lexicon
        self.values: list[Rational] = []
        self.forms: list[Slot | Fixed | Operation | None] = []
        self.rests: list[frozenset[int]] = []
        self.fitting: dict[Rational, list[int]] = {}
        self.places: dict[tuple[Span, Rational], int] = {}
        self.known: dict[Rational, int] = {}

    def numbers(self, found: Sequence[Occurrence]) -> None:
        """Make the numbers that are stated: slots, and those that are written with several."""
        direct = {each.span: each for each in found if each.way is None}
        inner = sorted(direct.values(), key=lambda each: (each.span.end - each.span.start, each.span))
        for each in inner[:_MOST_NUMBERS]:
            parts = [
                self.places[other.span, other.value]
                for other in sorted(inner, key=lambda other: other.span)
                if other is not each and _is_inside(other.span, each.span) and (other.span, other.value) in self.places
            ]
            self.places[each.span, each.value] = self.number(each, parts)
        for (_, value), form in sorted(self.places.items()):
            if self.rests[form]:
                self.fitting.setdefault(value, []).append(form)

    def number(self, each: Occurrence, parts: list[int]) -> int:
        text, after = self.question[slice(*each.span)], self.question[each.span.end : each.span.end + 1]
        if text.lower() in self.lexicon.magnitudes or (after == "/" and each.value == 1):
            return self.constant(each.value)
        composed = self.composed(each.value, parts)
        return self.slot(each.value) if composed is None else composed

    def composed(self, value: Rational, parts: list[int]) -> int | None:
        """Return a number that is written with others: 3/5, 2 1/2, 5 thousand, two and a half."""
        numbers = [self.value(part) for part in parts]
        match parts:
            case [one]:
                return self.apply("add", one, self.constant(value - numbers[0]))
            case [one, two]:
                if numbers[1] and Fraction(numbers[0]) / numbers[1] == value:
                    return self.apply("div", one, two)
                if numbers[0] * numbers[1] == value:
                    return self.apply("mul", one, two)
                return self.apply("add", one, two) if numbers[0] + numbers[1] == value else None
            case [one, two, three] if numbers[2] and numbers[0] + Fraction(numbers[1]) / numbers[2] == value:
                return self.apply("add", one, self.apply("div", two, three))
            case _:
                return None

    def value(self, form: int) -> Rational:
        return next(value for (_, value), found in self.places.items() if found == form)

    def follow(self, found: Sequence[Occurrence]) -> None:
        """Make the numbers that follow from a percent or from cents."""
        base: int | None = None
        for each in found:
            if each.way is None:
                base = self.places.get((each.span, each.value))
            elif base is not None and self.rests[base]:
                form = self.derived(base, each.way)
                self.places.setdefault((each.span, each.value), form)
                self.fitting.setdefault(each.value, []).append(form)

    def derived(self, base: int, way: Way) -> int:
        one, hundred = self.constant(1), self.constant(100)
        match way:
            case Way.PART:
                return self.apply("div", base, hundred)
            case Way.REST:
                return self.apply("sub", one, self.apply("div", base, hundred))
            case Way.MORE:
                return self.apply("add", one, self.apply("div", base, hundred))
            case Way.REST_OF_HUNDRED:
                return self.apply("sub", hundred, base)
            case Way.MORE_THAN_HUNDRED:
                return self.apply("add", hundred, base)

    def negate(self) -> None:
        """Let a number below 0 stand for what the question states without its sign."""
        for value, forms in tuple(self.fitting.items()):
            if value > 0:
                self.fitting[-value] = [self.apply("sub", self.constant(0), form) for form in forms]

    def slot(self, value: Rational) -> int:
        self.values.append(value)
        number = len(self.values) - 1
        return self.add(Slot(number), frozenset({number}))

    def constant(self, value: Rational) -> int:
        if value not in self.known:
            self.known[value] = self.add(Fixed(value), frozenset())
        return self.known[value]

    def apply(self, op: str, one: int, two: int) -> int:
        return self.add(Operation(op, (one, two)), self.rests[one] | self.rests[two])

    def add(self, part: Slot | Fixed | Operation, rests: frozenset[int]) -> int:
        self.forms.append(part)
        self.rests.append(rests)
        return len(self.forms) - 1


def _is_inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and inner != outer


def kept(forms: Shape, wanted: Sequence[int]) -> tuple[Shape, Mapping[int, int], tuple[int, ...]]:
    """Return the forms that those wanted need, their new numbers by the old, and the slots among them.

    The slots are numbered anew, in their order.
    """
    needed = set(wanted)
    for index in range(max(needed, default=-1), -1, -1):
        part = forms[index]
        if index in needed and isinstance(part, Operation):
            needed.update(part.operands)
    numbers = {old: new for new, old in enumerate(sorted(needed))}
    slots = tuple(sorted(part.number for index in needed if isinstance(part := forms[index], Slot)))
    return tuple(_renumbered(forms, numbers, slots)), numbers, slots


def _renumbered(
    forms: Shape, numbers: Mapping[int, int], slots: tuple[int, ...]
) -> Iterator[Slot | Fixed | Operation | None]:
    for old in numbers:
        match forms[old]:
            case Slot(number=number):
                yield Slot(slots.index(number))
            case Operation(name=name, operands=operands):
                yield Operation(name, tuple(numbers[operand] for operand in operands))
            case other:
                yield other
