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
from tracedsl.rebinding.comparison import Comparison, Verdict, bits_of
from tracedsl.rebinding.judging import Outcome, best, effort
from tracedsl.rebinding.readings import MOST_READINGS, Reading, Wiring, bound, readings
from tracedsl.rebinding.roles import Roles, kept, roles_of
from tracedsl.rebinding.sides import Quantity, Side, side_of
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

_MOST_BINDINGS = 8  # ways to read the numbers of a gold trace
_MOST_ROLES = 8  # of one number
_ORDER = (Outcome.FLAT, Outcome.NOWHERE, Outcome.DIFFERS)

#: The form that each number stands for, by its place; what is not there stays as it is.
Forms = Mapping[int, int]


class Stated(NamedTuple):
    """Where a row says that a number of its gold trace comes from."""

    value: Rational
    span: Span | None


@record
class Binding:
    """A way to read the numbers of a gold trace: its roles by place and by value, and the slots that they use."""

    forms: Forms
    roles: Mapping[Rational, tuple[int | None, ...]]
    used: frozenset[int]
    wiring: Wiring


@record
class Reference:
    """A gold trace that has run, the roles of its question, and the ways to read its numbers."""

    execution: Execution
    answer: Rational
    side: Side
    roles: Roles
    bindings: tuple[Binding, ...]
    longest: int

    def compare(self, other: Execution) -> Comparison:
        """Say whether another trace that has run computes the same function of the question's numbers."""
        answer = other.answer
        if answer is None:
            return Comparison(Verdict.UNDEFINED)
        if answer.value != self.answer:
            return Comparison(Verdict.DIFFERENT)
        sides = self.side, side_of(other.graph)
        likeliest = bound(sides[1], self._likeliest(sides[1]))[: sides[1].result + 1]
        if self.bindings[0].wiring.is_that_of(likeliest):
            return Comparison(Verdict.SAME)
        found = best(self._readings(sides), self.answer, effort(sides, max(self.longest, bits_of(other))), _ORDER)
        match found.outcome:
            case Outcome.SAME:
                return Comparison(Verdict.SAME, found.sampled)
            case Outcome.DIFFERS | Outcome.FLAT:
                return Comparison(Verdict.VALUE)
            case Outcome.NOWHERE:
                return Comparison(Verdict.UNDEFINED)

    def _readings(self, sides: tuple[Side, Side]) -> Iterator[Reading]:
        """Yield the ways to tie both traces; constants are the problem's numbers where it has no others."""
        if not any(binding.used for binding in self.bindings):
            yield from readings(sides, tuple(_live(self.side)))
            return
        for binding, forms in islice(self._ways(sides[1]), MOST_READINGS):
            yield _reading(sides, self.roles, binding.forms, forms)

    def _likeliest(self, side: Side) -> Forms:
        """Return the first of the ways: the roles that the gold trace gives to numbers of the same value, in turn."""
        binding, turns, forms = self.bindings[0], dict[Rational, int](), dict[int, int]()
        for place, value, _, _ in _live(side):
            own, turn = binding.roles.get(value), turns.get(value, 0)
            turns[value] = turn + 1
            form = own[turn % len(own)] if own else None
            if form is not None:
                forms[place] = form
        return forms

    def _ways(self, side: Side) -> Iterator[tuple[Binding, Forms]]:
        """Yield the ways to give the numbers of both traces their roles, the likeliest first."""
        most = max(1, MOST_READINGS // len(self.bindings))
        numbers = _live(side)
        for binding in self.bindings:
            for picked in islice(product(*self._choices(numbers, binding)), most):
                pairs = zip(numbers, picked, strict=True)
                yield binding, {number.place: form for number, form in pairs if form is not None}

    def _choices(self, numbers: Sequence[Quantity], binding: Binding) -> list[list[int | None]]:
        """Return what each number of the other trace may stand for; equal ones as in the gold trace, in turn."""
        roles, turns, found = self.roles, dict[Rational, int](), []
        for number in numbers:
            value = number.value
            own, turn = binding.roles.get(value, ()), turns.get(value, 0)
            turns[value] = turn + 1
            first = own[turn % len(own) :][:_MOST_ROLES] if own else ()
            fitting = [form for form in roles.fitting.get(value, ()) if roles.rests[form] <= binding.used]
            choices = list(dict.fromkeys((*first, *own[:_MOST_ROLES], *fitting)))[:_MOST_ROLES]
            if None not in choices and (not choices or roles.stays(value)):
                choices.append(None)
            found.append(choices)
        return found


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
    bindings = tuple(
        _binding(side, roles, list(groups.values()), picked) for picked in islice(product(*options), _MOST_BINDINGS)
    )
    return Reference(execution, execution.answer.value, side, roles, bindings, bits_of(execution))


def _binding(
    side: Side, roles: Roles, groups: Sequence[Sequence[Quantity]], picked: Sequence[tuple[int | None, ...]]
) -> Binding:
    given = [pair for numbers, forms in zip(groups, picked, strict=True) for pair in zip(numbers, forms, strict=True)]
    forms = {number.place: form for number, form in given if form is not None}
    by_value = {numbers[0].value: own for numbers, own in zip(groups, picked, strict=True)}
    used = frozenset(slot for form in forms.values() for slot in roles.rests[form])
    return Binding(forms, by_value, used, Wiring.of(bound(side, forms)[: side.result + 1]))


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


def _reading(sides: tuple[Side, Side], roles: Roles, first: Forms, second: Forms) -> Reading:
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
