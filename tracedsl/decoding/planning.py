"""A way to the end from any scope: what makes dead ends impossible and budgets kept.

A planner answers two questions: which operands can complete a step, and which steps can end a
document. Both searches are deterministic and bounded, so an operation that they find no
operands for is not offered, and a budget holds the plan that they found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice, product
from string import ascii_lowercase

from tracedsl.decoding.effects import Bounds, Effect, Quantity, bounds, effect, fits
from tracedsl.decoding.forms import Form, Layout
from tracedsl.decoding.lexing import Kind
from tracedsl.decoding.options import Options
from tracedsl.decoding.scopes import Scope, unused
from tracedsl.numbers import Number, Rational, spell
from tracedsl.primitives import Primitive
from tracedsl.record import record

#: Numbers tried where any may be written.
_PROBES = tuple(Number(value) for value in (1, 2, 0, 3, 4, 10, 100))
_ONE, _ONE_PERCENT = Quantity("1", 1, named=False), Quantity("1%", 1, percent=True, named=False)
_MOST_INITS = 4  # that a plan brings in before it takes a step
_MARGIN = 16  # steps left with which any scope can be ended
_MOST_COMBINATIONS = 60
_MOST_BEGUN = 2  # sub-traces that a plan begins


@record
class Plan:
    """Lines that end a document from a scope on; the last is a query."""

    lines: tuple[str, ...]


class Planner:
    """Searches under one set of options."""

    def __init__(self, options: Options, forms: Mapping[str, tuple[Form, ...]], layouts: tuple[Layout, Layout]) -> None:
        self.options = options
        self.forms = forms
        self.layouts = layouts
        self.literals = self._literals()
        self._begun = 0
        self._shortest: int | None = None
        self._alone: dict[Form, bool] = {}

    def candidates(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> Iterator[Quantity]:
        """Yield what may stand as the next operand by its kind: names, the shortest first, then numbers."""
        index = len(before)
        slot = form.slot(index)
        for quantity in self.by_length(scope):
            if fits(form, index, quantity, before):
                yield quantity
        for literal in self.literals if slot.literal else ():
            if fits(form, index, literal, before):
                yield literal
        if slot.absent is not None and (name := self.fresh(scope)) is not None:
            yield Quantity(name, None, known=False)

    def by_length(self, scope: Scope) -> Sequence[Quantity]:
        """Return the names of a scope, the shortest first."""
        if "names" not in scope.memo:
            scope.memo["names"] = sorted(scope.names.values(), key=lambda each: (len(each.text), each.text))
        return scope.memo["names"]  # type: ignore[no-any-return]

    def rest(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> tuple[Quantity, ...] | None:
        """Return operands that complete a step after those before, ``None`` if there are none."""
        key = (form.op, before)
        if key not in scope.memo:
            scope.memo[key] = self._rest(scope, form, before)
        return scope.memo[key]  # type: ignore[no-any-return]

    def completes(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> bool:
        """Return whether operands complete a step after those before; quicker where they surely do."""
        if not before and self.relaxed(scope) and self._by_numbers(form):
            return True
        return self._surely_has_value(scope, form, before) or self.rest(scope, form, before) is not None

    def _by_numbers(self, form: Form) -> bool:
        """Return whether numbers alone can be the operands of a step, in any scope from which the rest is no worry."""
        if form not in self._alone:
            self._alone[form] = self.rest(Scope(), form, ()) is not None
        return self._alone[form]

    def _surely_has_value(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> bool:
        """Return whether an operation has a value whatever its operands are, and numbers can be those that it lacks."""
        if not (isinstance(form.rule, Primitive) and form.rule.total and self.relaxed(scope)):
            return False
        if len(before) < form.least and not self._has_number(before):
            return False
        return self.bounds(form, before) == ()

    def _has_number(self, before: tuple[Quantity, ...]) -> bool:
        percent = before[0].percent if before else False
        return any(each.percent == percent for each in self.literals)

    def _rest(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> tuple[Quantity, ...] | None:
        if self._left(scope) < 2:  # the step and its query
            return None
        if len(before) >= form.least:
            return () if self.legal(scope, form, before) else self._everything(scope, form, before)
        for candidate in self.candidates(scope, form, before):
            found = self.rest(scope, form, (*before, candidate))
            if found is not None:
                return (candidate, *found)
        return None

    def _everything(self, scope: Scope, form: Form, before: tuple[Quantity, ...]) -> tuple[Quantity, ...] | None:
        """Return all that is still unused as the other operands, where that makes a step legal."""
        if not self.options.no_unused or len(before) >= form.most:
            return None
        left = {min(group) for group in unused(scope.pending, before)}
        others = tuple(each for each in self.by_length(scope) if each.text in left)[: form.most - len(before)]
        same = all(fits(form, len(before), each, before) for each in others)
        return others if others and same and self.legal(scope, form, (*before, *others)) else None

    def legal(self, scope: Scope, form: Form, operands: tuple[Quantity, ...]) -> bool:
        """Return whether a step with these operands has a value and the document can be ended after it."""
        if self._surely_has_value(scope, form, operands):
            return True
        done = self.effect(form, operands)
        if done is None:
            return False
        if self.relaxed(scope):
            return True
        var = self.fresh(scope) if form.defines else ""
        return var is not None and self.ends(scope.after(operands, done, var))

    def bounds(self, form: Form, before: tuple[Quantity, ...]) -> Bounds | None:
        """Return what bounds a number as the next operand, where the step has a value for all within."""
        if not self.options.execute:
            return ()
        longest = 8 * self.options.limits.digits  # bits of numbers that may follow, and of what the step makes of them
        if 8 * (sum(_bits(each.value) for each in before) + longest) > self.options.limits.bits:
            return None
        match form.rule:
            case Primitive(total=total):
                return () if total else None
            case operation:
                return bounds(operation, before, self.options.limits.bits)

    def kind(self, scope: Scope, form: Form | None, before: tuple[Quantity, ...]) -> Kind | None:
        """Return which numbers can be an init's value or the next operand, ``None`` if each must be tried."""
        percents, digits = self.options.percents, self.options.limits.digits
        if not self.relaxed(scope):
            return None
        if form is None:
            return Kind(True, percents, digits)
        bounds = self.bounds(form, before)
        plain, percent = (fits(form, len(before), each, before) for each in (_ONE, _ONE_PERCENT))
        return Kind(plain, percent and percents, digits, bounds) if bounds is not None else None

    def effect(self, form: Form, operands: tuple[Quantity, ...]) -> Effect | None:
        """Return what a step does, ``None`` if it would be an error."""
        return effect(form, operands, self.options.limits.bits, execute=self.options.execute)

    def relaxed(self, scope: Scope) -> bool:
        """Return whether every scope that one step leads to can be ended, so that no plan need be sought."""
        options = self.options
        return not options.no_unused and options.names is None and options.steps - scope.steps > _MARGIN

    def ends(self, scope: Scope) -> bool:
        """Return whether a document can be ended from a scope."""
        return self.relaxed(scope) or self._surely(scope) or self.plan(scope) is not None

    def _surely(self, scope: Scope) -> bool:
        """Return whether a sum or a product, if any is needed, and a query surely end the document."""
        if not scope.in_trace or (scope.composition and self.options.no_unused):
            return False
        left = self._left(scope)
        if not self.options.no_unused and scope.written:
            return left >= 1
        return left >= 2 and self._sums(scope.expert) and self.fresh(scope) is not None and self._adds_up(scope)

    def begins(self, scope: Scope, expert: str) -> bool:
        """Return whether a sub-trace of an expert can surely be begun and ended: a number, a sum of it, the query."""
        room = len(scope.results) < self.options.limits.subtraces
        return self._sums(expert) and room and bool(self.literals) and self.relaxed(scope)

    def _sums(self, expert: str) -> bool:
        """Return whether an expert has an operation that takes any number of operands and always has a value."""
        rules = (form.rule for form in self.forms[expert])
        return any(isinstance(rule, Primitive) and rule.total and rule.most is None for rule in rules)

    def may_bring(self, scope: Scope) -> bool:
        """Return whether there is room for an init, for a step if none has been taken, and for the query."""
        return self._left(scope) >= 2 + (not scope.written)

    def _left(self, scope: Scope) -> int:
        """Return how many steps a sub-trace may still have, so that those that must follow have room."""
        more = self._another() if scope.composition and not scope.results else 0
        return self.options.steps - scope.steps - more

    def _adds_up(self, scope: Scope) -> bool:
        """Return whether all that is unused, where that matters, can be the operands of one step."""
        if not self.options.no_unused:
            return True
        waiting = [scope.names[min(group)] for group in scope.pending]
        fine = 1 <= len(waiting) <= self.options.operands and not any(each.percent for each in waiting)
        return fine and sum(_bits(each.value) for each in waiting) < self.options.limits.bits

    def _another(self) -> int:
        """Return how many steps the shortest sub-trace has; more than there can be if there is none."""
        if self._shortest is None:
            self._shortest = 0
            plan = self._next(Scope(composition=True, results=(Quantity("", 1),)))
            self._shortest = len(plan.lines) - 1 if plan is not None else self.options.steps
        return self._shortest

    def fresh(self, scope: Scope) -> str | None:
        """Return a short name that nothing has, ``None`` if a closed pool has no more."""
        pool = self.options.names if self.options.names is not None else _letters()
        return next((name for name in pool if name not in scope.names), None)

    def query(self, scope: Scope) -> str | None:
        """Return the shortest name that may be asked, ``None`` if there is none."""
        return next((each.text for each in self.by_length(scope) if self.may_ask(scope, each.text)), None)

    def may_ask(self, scope: Scope, name: str) -> bool:
        """Return whether the query of a name is valid and the document can be ended after it."""
        if name not in scope.written or (self.options.no_unused and not scope.answers(name)):
            return False
        if scope.steps >= self.options.steps:
            return False
        after = scope.asked(name)
        return self.complete(after) or self.ends(after)

    def complete(self, scope: Scope) -> bool:
        """Return whether a text may end here; a composition has two sub-traces or more, each of use."""
        if scope.in_trace or not scope.results:
            return False
        if not scope.composition:
            return True
        return len(scope.results) > 1 and not (self.options.no_unused and scope.owed - {len(scope.results) - 1})

    def plan(self, scope: Scope, inits: int = _MOST_INITS) -> Plan | None:
        """Return lines that end the document, found without looking for the shortest of all."""
        key = ("plan", inits)
        if key not in scope.memo:
            scope.memo[key] = self._plan(scope, inits)
        return scope.memo[key]  # type: ignore[no-any-return]

    def _plan(self, scope: Scope, inits: int) -> Plan | None:
        if not scope.in_trace:
            return self._next(scope)
        left = self._left(scope)
        if left < (1 if scope.written else 2):
            return None
        name = self.query(scope)
        if name is not None:
            return self._then(self._line(scope, f"{{op: query, var: {name}}}"), scope.asked(name))
        return self._by_source(scope) or self._by_step(scope, inits) or self._by_init(scope, inits)

    def _then(self, line: str, after: Scope, inits: int = _MOST_INITS) -> Plan | None:
        if self.complete(after):
            return Plan((line,))
        rest = self.plan(after, inits)
        return Plan((line, *rest.lines)) if rest is not None else None

    def _line(self, scope: Scope, text: str) -> str:
        return self.layouts[scope.composition].bullet + text

    def _next(self, scope: Scope) -> Plan | None:
        """Plan another sub-trace, by the expert with the shortest plan; no plan begins more than two."""
        if self._begun >= _MOST_BEGUN:
            return None
        self._begun += 1
        found = [plan for expert in self.forms if (plan := self.begun(scope, expert)) is not None]
        self._begun -= 1
        return min(found, key=lambda plan: (len(plan.lines), sum(map(len, plan.lines))), default=None)

    def begun(self, scope: Scope, expert: str, *, composition: bool = True) -> Plan | None:
        """Plan a sub-trace of an expert from its head on."""
        if len(scope.results) >= self.options.limits.subtraces:
            return None
        layout = self.layouts[composition]
        head = ("\n" if scope.results else "") + layout.head + expert + layout.body
        rest = self.plan(scope.begin(expert, composition=composition))
        return Plan((head, *rest.lines)) if rest is not None else None

    def _by_source(self, scope: Scope) -> Plan | None:
        """Bring in a result that nothing has used, where nothing may be left unused."""
        index = min(scope.owed, default=None)
        name = self.fresh(scope)
        if not self.options.no_unused or index is None or name is None:
            return None
        line = self._line(scope, f"{{op: init, var: {name}, source: sub{index}.result}}")
        return self._then(line, scope.brought(name, scope.results[index], index))

    def _by_step(self, scope: Scope, inits: int) -> Plan | None:
        for form, operands in self._steps(scope):
            done = self.effect(form, operands)
            var = self.fresh(scope) if form.defines else ""
            if done is None or var is None:
                continue
            line = self._line(scope, step_text(form, operands, var))
            found = self._then(line, scope.after(operands, done, var), inits)
            if found is not None:
                return found
        return None

    def _steps(self, scope: Scope) -> Iterator[tuple[Form, tuple[Quantity, ...]]]:
        """Yield steps to try: the first of each form, or the one that uses up most."""
        if not self.options.no_unused:
            yield from ((form, found) for form in self.forms[scope.expert] if (found := self._any(scope, form)))
            return
        useful = [(form, found) for form in self.forms[scope.expert] if (found := self._useful(scope, form))]
        if useful:
            yield min(useful, key=lambda step: len(unused(scope.pending, step[1])))

    def _any(self, scope: Scope, form: Form, before: tuple[Quantity, ...] = ()) -> tuple[Quantity, ...]:
        """Return the first operands with which a step has a value; empty if there are none."""
        if len(before) == form.least:
            return before if self.effect(form, before) is not None else ()
        return next(
            filter(None, (self._any(scope, form, (*before, each)) for each in self.candidates(scope, form, before))), ()
        )

    def _useful(self, scope: Scope, form: Form) -> tuple[Quantity, ...]:
        """Return operands that use up as much of what is unused as possible; empty if they gain nothing."""
        best: tuple[Quantity, ...] = ()
        left = len(scope.pending)
        if not any(scope.answers(name) for name in scope.written):
            left = max(2, left + 1)  # something must be computed, even where nothing waits to be used
        for operands in islice(self._combinations(scope, form), _MOST_COMBINATIONS):
            others = len(unused(scope.pending, operands))
            remaining = others + 1 + bool(others)
            if remaining < left and self.effect(form, operands) is not None:
                best, left = operands, remaining
        return best

    def _combinations(self, scope: Scope, form: Form) -> Iterator[tuple[Quantity, ...]]:
        waiting = [each for each in self.by_length(scope) if frozenset((each.text,)) in scope.pending]
        if form.least < form.most:  # one step can take in everything
            for percent in (False, True):
                same = tuple(each for each in waiting if each.percent == percent)[: form.most]
                if len(same) >= form.least and all(fits(form, i, each, same[:i]) for i, each in enumerate(same)):
                    yield same
        pools = [list(islice(self._waiting_first(scope, form, index, waiting), 6)) for index in range(form.least)]
        for operands in product(*pools):
            if all(fits(form, index, each, operands[:index]) for index, each in enumerate(operands)):
                yield operands

    def _waiting_first(self, scope: Scope, form: Form, index: int, waiting: list[Quantity]) -> Iterator[Quantity]:
        free = waiting[0].percent if waiting else False
        before = (Quantity("", None, free),) * index
        yield from (each for each in waiting if form.slot(index).literal or not each.percent or index)
        yield from (each for each in self.candidates(scope, form, before) if each not in waiting)

    def _by_init(self, scope: Scope, inits: int) -> Plan | None:
        name = self.fresh(scope)
        if not inits or name is None or not self.may_bring(scope):
            return None
        probes = 1 if self.options.no_unused or inits < _MOST_INITS else len(_PROBES)
        for literal in self.literals[:probes]:
            line = self._line(scope, f"{{op: init, var: {name}, value: {literal.text}}}")
            found = self._then(line, scope.brought(name, literal), inits - 1)
            if found is not None:
                return found
        return None

    def _literals(self) -> tuple[Quantity, ...]:
        numbers = _PROBES if self.options.numbers is None else self.options.numbers
        if self.options.numbers is None and self.options.percents:
            numbers = (*numbers, *(Number(each.value, percent=True) for each in _PROBES))
        found = [self.quantity(number) for number in numbers if self.options.percents or not number.percent]
        return tuple(sorted(set(found), key=lambda each: (each.percent, len(each.text), each.text == "0", each.text)))

    def quantity(self, number: Number) -> Quantity:
        """Return a number as an operand."""
        return Quantity(spell(number), number.value if self.options.execute else None, number.percent, named=False)


def _letters() -> Iterator[str]:
    yield from ascii_lowercase
    yield from (f"{letter}{number}" for number in count() for letter in ascii_lowercase)


def _bits(value: Rational | None) -> int:
    return 0 if value is None else value.numerator.bit_length() + value.denominator.bit_length()


def step_text(form: Form, operands: tuple[Quantity, ...], var: str) -> str:
    """Return a step with operands as canonical text."""
    parts = [operands[0].text]
    for index, operand in enumerate(operands[1:], 1):
        parts += (form.separator(index), operand.text)
    return f"{form.head}{''.join(parts)}{form.tail}{var}{'}' if form.defines else ''}"
