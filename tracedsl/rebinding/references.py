"""A gold trace bound to its question, and whether another trace computes the same function of it.

Each number of the gold trace has a role: a number of the question, or itself, where it is a constant
or a scale word. A number of the other trace may have any role of its value among those that the gold
trace uses, and each way to give them is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations, product
from typing import NamedTuple

from tracedsl.equivalence import Slot
from tracedsl.executor import Execution
from tracedsl.numbers import Rational
from tracedsl.rebinding.comparison import Comparison, Verdict, bits_of, compare
from tracedsl.rebinding.judging import Outcome, best, effort
from tracedsl.rebinding.readings import MOST_READINGS, Reading, bound
from tracedsl.rebinding.roles import Roles, kept, roles_of
from tracedsl.rebinding.sides import Quantity, Side, side_of
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

_MOST_BINDINGS = 8  # ways to read the numbers of a gold trace
_MOST_ROLES = 8  # of one number
_ORDER = (Outcome.FLAT, Outcome.NOWHERE, Outcome.DIFFERS)

#: The form that each number stands for, by its place; what is not there stays as it is.
Binding = Mapping[int, int]


class Stated(NamedTuple):
    """Where a row says that a number of its gold trace comes from."""

    value: Rational
    span: Span | None


@record
class Reference:
    """A gold trace that has run, the roles of its question, and the ways to read its numbers."""

    execution: Execution
    side: Side
    roles: Roles
    bindings: tuple[Binding, ...]
    longest: int

    def compare(self, other: Execution) -> Comparison:
        """Say whether another trace that has run computes the same function of the question's numbers."""
        gold, answer = self.execution.answer, other.answer
        if gold is None or answer is None:
            return Comparison(Verdict.UNDEFINED)
        if gold.value != answer.value:
            return Comparison(Verdict.DIFFERENT)
        sides = self.side, side_of(other.graph)
        found = best(self._readings(sides), gold.value, effort(sides, max(self.longest, bits_of(other))), _ORDER)
        match found.outcome:
            case Outcome.SAME:
                return Comparison(Verdict.SAME, found.sampled)
            case Outcome.FLAT:  # the result rests on constants alone, which then are the problem's numbers
                return compare(self.execution, other, self.roles.fixed)
            case Outcome.DIFFERS:
                return Comparison(Verdict.VALUE)
            case Outcome.NOWHERE:
                return Comparison(Verdict.UNDEFINED)

    def _readings(self, sides: tuple[Side, Side]) -> Iterator[Reading]:
        most = max(1, MOST_READINGS // len(self.bindings))
        for binding in self.bindings:
            choices = {number.place: forms for number, forms in self._choices(sides[1], binding)}
            for picked in islice(product(*choices.values()), most):
                other = {place: form for place, form in zip(choices, picked, strict=True) if form is not None}
                yield _reading(sides, self.roles, binding, other)

    def _choices(self, side: Side, binding: Binding) -> Iterator[tuple[Quantity, list[int | None]]]:
        """Yield the numbers of the other trace with what each may stand for, in the gold trace's order first."""
        roles, turns = self.roles, dict[Rational, int]()
        used = frozenset(slot for form in binding.values() for slot in roles.rests[form])
        gold: dict[Rational, list[int | None]] = {}
        for number in _live(self.side):
            gold.setdefault(number.value, []).append(binding.get(number.place))
        for number in _live(side):
            own, turn = gold.get(number.value, []), turns.get(number.value, 0)
            turns[number.value] = turn + 1
            fitting = (form for form in roles.fitting.get(number.value, ()) if roles.rests[form] <= used)
            first = own[turn % len(own) :][:_MOST_ROLES] if own else []
            choices = list(dict.fromkeys((*first, *own[:_MOST_ROLES], *fitting)))[:_MOST_ROLES]
            if None not in choices and (not choices or roles.stays(number.value)):
                choices.append(None)
            yield number, choices


def reference(
    execution: Execution, question: str, lexicon: Lexicon, grounding: Mapping[str, Stated] | None = None
) -> Reference | None:
    """Bind a gold trace that has run to its question; ``None`` where a number of it has no role.

    ``grounding`` says by name where the numbers come from, as `tracedsl import` writes it.
    """
    if execution.answer is None:
        return None
    side, roles = side_of(execution.graph), roles_of(question, lexicon)
    groups: dict[Rational, list[Quantity]] = {}
    for number in _live(side):
        groups.setdefault(number.value, []).append(number)
    options = [_options(numbers, roles, grounding or {}) for numbers in groups.values()]
    if not all(options):
        return None
    places = [number.place for numbers in groups.values() for number in numbers]
    bindings = []
    for picked in islice(product(*options), _MOST_BINDINGS):
        forms = (form for group in picked for form in group)
        bindings.append({place: form for place, form in zip(places, forms, strict=True) if form is not None})
    return Reference(execution, side, roles, tuple(bindings), bits_of(execution))


def _options(
    numbers: Sequence[Quantity], roles: Roles, grounding: Mapping[str, Stated]
) -> list[tuple[int | None, ...]]:
    """Return the ways to give equal numbers of a gold trace their roles, each its own where there are enough."""
    value, count = numbers[0].value, len(numbers)
    known = [_known(number, roles, grounding) for number in numbers]
    if None not in known:
        return [tuple(known)]
    fitting = roles.fitting.get(value, ())
    size = max(value, -value)
    direct = roles.stated.get(size, 0)
    stated: list[int | None] = [*fitting[:direct], *([None] if size in roles.scales else [])]
    stated += fitting[direct:] if len(stated) < count else []
    if len(stated) < count and roles.stays(value):
        stated += [None] * (count - len(stated))
    if not stated:
        return []
    if len(stated) < count:
        return [tuple(stated[turn % len(stated)] for turn in range(count))]
    return list(dict.fromkeys(islice(permutations(stated, count), _MOST_BINDINGS)))


def _known(number: Quantity, roles: Roles, grounding: Mapping[str, Stated]) -> int | None:
    said = grounding.get(number.name)
    if said is None or said.span is None or said.value != number.value:
        return None
    form = roles.places.get((said.span, number.value))
    return form if form is not None and roles.rests[form] else None


def _reading(sides: tuple[Side, Side], roles: Roles, first: Binding, second: Binding) -> Reading:
    forms, numbers, slots = kept(roles.forms, [*first.values(), *second.values()])
    shapes = tuple(
        bound(side, {place: numbers[form] for place, form in binding.items()})
        for side, binding in zip(sides, (first, second), strict=True)
    )
    quantities = tuple(Quantity(slot, roles.values[slot]) for slot in slots)
    plain = all(form == Slot(index) for index, form in enumerate(forms))
    return Reading(sides, (shapes[0], shapes[1]), quantities, () if plain else forms)


def _live(side: Side) -> list[Quantity]:
    """Return the numbers that a result, or what its steps require, rests on."""
    return [number for number in side.quantities if number.place <= side.result]
