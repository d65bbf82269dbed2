"""Laws that every expert's operations must obey, tried on examples that shrink; needs hypothesis.

Quantities are drawn from the non-negative rationals, as problems have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from tracedsl.corpora import NotProved
from tracedsl.executor import RELATIONS
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, Rational, show, spell, whole
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.model import Pattern
from tracedsl.patterns.values import NoValue
from tracedsl.pipeline import Report, examine_text
from tracedsl.primitives import PRIMITIVES, Fault, exceeds
from tracedsl.record import record
from tracedsl.sampling import Taste, Unsatisfied, draw_example, seeded, undrawable
from tracedsl.source import Source, Span
from tracedsl.strategies import effect, examples_of
from tracedsl.syntax import parse_source
from tracedsl.syntax.ast import Domain, Name, Operand
from tracedsl.syntax.formatting import format_document, quote
from tracedsl.units import Unit, parse_unit, show_unit
from tracedsl.vocabulary import Expert, Operation, SlotType, Trend, Vocabulary, show_condition
from tracedsl.vocabulary.formulas import Call, Condition, Constant, Formula, SlotRef

_UNITS = ("dollar", "item", "hour", "dollar/item", "item/hour")
_SCALES = {"dollar": 7, "item": 11, "hour": 13}
_QUIET = settings(
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
_NOWHERE = Span(0, 0)

quantities: st.SearchStrategy[Rational] = st.one_of(
    st.integers(0, 1000).map(Fraction),
    st.builds(Fraction, st.integers(0, 400), st.integers(1, 12)),
    st.builds(Fraction, st.integers(1, 11), st.integers(12, 24)),
).map(whole)


class Broken(Exception):
    """A law does not hold: the trace that shows it, and why."""

    def __init__(self, trace: str, why: str) -> None:
        super().__init__(why)
        self.trace = trace
        self.why = why


@record
class Law:
    """Something that must hold: what of, what, and a function that draws a case and tries it."""

    subject: str
    name: str
    attempt: Callable[[st.DataObject], None]


@record
class Verdict:
    """What trying a law found: how many cases held, and the smallest that did not."""

    law: Law
    cases: int
    broken: Broken | None


def attempt(law: Law, cases: int, round_: int) -> Verdict:
    """Try a law on that many cases; what breaks it is shrunk."""
    tried = 0

    @seed(round_)
    @settings(_QUIET, max_examples=cases)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal tried
        law.attempt(data)
        tried += 1

    try:
        run()
    except Broken as broken:
        return Verdict(law, tried, broken)
    except Unsatisfiable:  # no case of this round was one
        return Verdict(law, tried, None)
    return Verdict(law, tried, None)


def laws_of(expert: Expert, words: Vocabulary) -> Iterator[Law]:
    """Yield every law of an expert: those of each operation, and those that it declares."""
    for operation in expert.operations.values():
        subject = f"{expert.name}.{operation.name}"
        case = _Cases(expert, operation, words)
        yield Law(subject, "the executor computes the declared formula", case.formula)
        yield Law(subject, "every spelling reads back to the same trace", case.round_trip)
        yield Law(subject, "no damaged text crashes the checker", case.damage)
        yield Law(subject, "units scale as they are inferred", case.units)
        for slot, trend in operation.monotone.items():
            yield Law(subject, f"the result is {trend} in {slot}", case.monotone(slot, trend))
    for law in expert.laws:
        yield Law(expert.name, show_condition(law), _Declared(expert, law, words).holds)


def law_of_pattern(pattern: Pattern, words: Vocabulary) -> Law:
    """Return the law that a pattern draws only examples that are proved."""

    @cache
    def draws() -> None:  # or Hypothesis would ask a thousand times for what never holds
        draw_example(pattern, Taste(word_list(Part.ALL)), seeded(0, 0))

    def proved(data: st.DataObject) -> None:
        try:
            draws()
            data.draw(examples_of(pattern, words))
        except Unsatisfied as error:
            raise Broken("", undrawable(pattern, error).message) from error
        except NotProved as error:
            drawn = error.drawn
            example = f"question: {quote(drawn.question)}\nanswer: {show(drawn.answer)}\n"
            body = drawn.trace if drawn.trace.startswith("expert") else f"composition:\n{drawn.trace}"
            raise Broken(example + body, f"{error.message} ({error.code})") from error

    return Law(f"{pattern.group}/{pattern.name}", "every example of the pattern is proved", proved)


@dataclass
class _Text:
    """A trace in the making."""

    expert: str
    steps: list[str] = field(default_factory=list)

    def init(self, name: str, value: Rational, unit: str = "", *, percent: bool = False) -> None:
        suffix = f", unit: {unit}" if unit else ""
        self.steps.append(f"{{op: init, var: {name}, value: {spell(Number(value, percent))}{suffix}}}")

    def step(self, operation: Operation, slots: Mapping[str, str], var: str) -> str:
        """Add a step; return the name of what it writes."""
        pairs = ", ".join(f"{slot}: {name}" for slot, name in slots.items())
        if operation.defines is not None:
            self.steps.append(f"{{op: {operation.name}, {pairs}, var: {var}}}")
            return var
        self.steps.append(f"{{op: {operation.name}, {pairs}}}")
        return slots[operation.updates[0][0]]

    def ended(self, asked: str) -> str:
        steps = "".join(f"- {step}\n" for step in (*self.steps, f"{{op: query, var: {asked}}}"))
        return f"expert: {self.expert}\ntrace:\n{steps}"


class _Cases:
    """Draws cases of one operation."""

    def __init__(self, expert: Expert, operation: Operation, words: Vocabulary) -> None:
        self.expert = expert
        self.operation = operation
        self.words = words

    def drawn(self, data: st.DataObject) -> dict[str, Rational]:
        """Return a value for each slot; an entity that may be new sometimes has none."""
        absent = self.operation.absent
        return {
            slot: data.draw(quantities)
            for slot in self.operation.slots
            if not (slot in absent and data.draw(st.booleans()))
        }

    def text(self, slots: Mapping[str, Rational], units: Mapping[str, str] | None = None) -> tuple[str, str]:
        """Return a trace of one step, and the name that it asks for."""
        text = _Text(self.expert.name)
        for slot, value in slots.items():
            percent = units is not None and self.operation.slots[slot] is SlotType.PERCENT
            text.init(_name(slot), value, (units or {}).get(slot, ""), percent=percent)
        asked = text.step(self.operation, {slot: _name(slot) for slot in self.operation.slots}, "result")
        return text.ended(asked), asked

    def expected(self, slots: Mapping[str, Rational]) -> dict[str, Rational] | None:
        """Return the values after the step by the declaration alone, ``None`` if it has none."""
        scope = {_name(slot): value for slot, value in slots.items()}
        written: list[tuple[str, Operand]] = [(s, Name(_name(s), _NOWHERE)) for s in self.operation.slots]
        var = Name("result", _NOWHERE) if self.operation.defines is not None else None
        step = Domain(Name(self.operation.name, _NOWHERE), tuple(written), var, _NOWHERE)
        try:
            effect(step, scope, [], {}, self.words)
        except NoValue:
            return None
        return None if any(exceeds(value, DEFAULT.bits) for value in scope.values()) else scope

    def run(self, text: str) -> Report:
        return examine_text(Source(text), self.words, DEFAULT)

    def formula(self, data: st.DataObject) -> None:
        slots = self.drawn(data)
        text, asked = self.text(slots)
        report, expected = self.run(text), self.expected(slots)
        if expected is None:
            if not report.errors:
                raise Broken(text, "the declaration gives no value, and the executor gives one")
            return
        if report.execution is None or report.errors:
            raise Broken(text, f"the declaration gives {asked} = {show(expected[asked])}, and the trace does not run")
        names = report.execution.graph.scopes[0].names
        for name, value in expected.items():
            found = report.execution.values[names[name]]
            if found != value:
                shown = show(found) if found is not None else "nothing"
                raise Broken(text, f"{name} is {shown}, and by the declared formula {show(value)}")

    def round_trip(self, data: st.DataObject) -> None:
        text, _ = self.text(self.drawn(data))
        fast, slow = (parse_source(Source(text), self.words, DEFAULT, tree=tree).document for tree in (False, True))
        if fast is None or fast != slow or format_document(fast) != text:
            raise Broken(text, "reading and writing this trace does not give it back")

    def damage(self, data: st.DataObject) -> None:
        text, _ = self.text(self.drawn(data))
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 12))
        new = data.draw(st.sampled_from(("", "{", "}", "\n", ": ", "- ", "0", "-1", "result", self.operation.name)))
        damaged = text[:at] + new + text[at + length :]
        try:
            self.run(damaged)
        except Exception as error:
            raise Broken(damaged, f"checking this text raises {type(error).__name__}: {error}") from error

    def units(self, data: st.DataObject) -> None:
        """Measure in other units: the result must change as its inferred unit says."""
        slots = {slot: data.draw(quantities) for slot in self.operation.slots}
        plain = {slot for slot, kind in self.operation.slots.items() if kind is not SlotType.PERCENT}
        alike = data.draw(st.sampled_from((*_UNITS, None)))
        units = {slot: alike or data.draw(st.sampled_from(_UNITS)) for slot in slots if slot in plain}
        text, asked = self.text(slots, units)
        report = self.run(text)
        if report.execution is None or report.errors:
            reject()
        node = report.execution.graph.scopes[0].names[asked]
        unit = getattr(report.execution.graph.nodes[node], "unit", None)
        if unit is None:
            reject()
        scaled = {slot: whole(Fraction(value) * self.factor(units.get(slot, ""))) for slot, value in slots.items()}
        other, _ = self.text(scaled, units)
        again = self.run(other).execution
        before, after = report.execution.values[node], again.values[node] if again is not None else None
        if before is None or after is None:
            reject()
        if after != Fraction(before) * _scale(unit):
            due = show(whole(Fraction(before) * _scale(unit)))
            shown = f"in other units the result, in {show_unit(unit)}, is {show(after)}"
            raise Broken(_claimed(other, asked, due), f"{shown} and should be {due}")

    def factor(self, text: str) -> Fraction:
        unit = parse_unit(text, self.words.lexicon.singular) if text else None
        return _scale(unit) if unit is not None else Fraction(1)

    def monotone(self, slot: str, trend: Trend) -> Callable[[st.DataObject], None]:
        """Return a law: more of a slot never gives less of the result (or never more)."""

        def holds(data: st.DataObject) -> None:
            slots = {name: data.draw(quantities) for name in self.operation.slots}
            more = {**slots, slot: whole(Fraction(slots[slot]) + data.draw(quantities))}
            asked = "result" if self.operation.defines is not None else _name(self.operation.updates[0][0])
            first, second = self.expected(slots), self.expected(more)
            if first is None or second is None:
                reject()
            low, high = first[asked], second[asked]
            if (high < low) if trend is Trend.INCREASING else (high > low):
                text, _ = self.text(more)
                word = "less" if trend is Trend.INCREASING else "more"
                less, grown = show(slots[slot]), show(more[slot])
                why = f"with {slot} = {less} the result is {show(low)}, with {slot} = {grown} {word}: {show(high)}"
                raise Broken(_claimed(text, asked, spell(Number(low))), why)

        return holds


class _Declared:
    """Draws cases of a law that relates operations."""

    def __init__(self, expert: Expert, law: Condition, words: Vocabulary) -> None:
        self.expert = expert
        self.law = law
        self.words = words

    def holds(self, data: st.DataObject) -> None:
        slots = sorted(self.slots(self.law.left) | self.slots(self.law.right))
        values = {slot: data.draw(quantities) for slot in slots}
        text = _Text(self.expert.name)
        for slot, value in values.items():
            text.init(_name(slot), value)
        writer = _LawWriter(self.expert, self.words, text, dict(values))
        try:
            left, right = writer.value(self.law.left), writer.value(self.law.right)
        except NoValue:
            reject()
        if RELATIONS[self.law.relation](left, right):
            return
        needed = writer.needed(self.law.left, whole(Fraction(right) - left))
        if needed is not None:
            text.steps.append(f"{{op: state, assertions: {{{needed[0]}: {spell(Number(needed[1]))}}}}}")
        given = ", ".join(f"{slot} = {show(value)}" for slot, value in values.items())
        why = f"with {given} the left side is {show(left)} and the right side {show(right)}"
        raise Broken(text.ended(writer.last), why)

    def slots(self, formula: Formula) -> set[str]:
        match formula:
            case SlotRef(slot):
                return {slot}
            case Call(operands=operands):
                return set[str]().union(*map(self.slots, operands))
            case _:
                return set()


class _LawWriter:
    """Writes the steps of a law and computes them by the declarations."""

    def __init__(self, expert: Expert, words: Vocabulary, text: _Text, values: dict[str, Any]) -> None:
        self.expert = expert
        self.words = words
        self.text = text
        self.values = values
        self.names: dict[int, tuple[str, Rational]] = {}
        self.last = ""

    def value(self, formula: Formula) -> Rational:
        match formula:
            case SlotRef(slot):
                return self.values[slot]  # type: ignore[no-any-return]
            case Constant(value):
                return value
            case Call(primitive, operands) if primitive in self.expert.operations:
                return self.call(formula, self.expert.operations[primitive], operands)
            case Call(primitive, operands):
                found = PRIMITIVES[primitive].apply(tuple(map(self.value, operands)), DEFAULT.bits)
                if isinstance(found, Fault):
                    raise NoValue(primitive)
                return found

    def call(self, formula: Call, operation: Operation, operands: tuple[Formula, ...]) -> Rational:
        """Compute an operation of the expert, and write its step."""
        args = {slot: self.value(operand) for slot, operand in zip(operation.slots, operands, strict=True)}
        names = {slot: self.named(operand) for slot, operand in zip(operation.slots, operands, strict=True)}
        scope = dict(zip(names.values(), args.values(), strict=True))
        written: list[tuple[str, Operand]] = [(slot, Name(name, _NOWHERE)) for slot, name in names.items()]
        var = Name("result", _NOWHERE) if operation.defines is not None else None
        effect(Domain(Name(operation.name, _NOWHERE), tuple(written), var, _NOWHERE), scope, [], {}, self.words)
        self.last = self.text.step(operation, names, f"result{len(self.names) + 1}")
        found = scope["result"] if var is not None else scope[names[operation.updates[0][0]]]
        self.names[id(formula)] = (self.last, found)
        return found

    def named(self, operand: Formula) -> str:
        if isinstance(operand, SlotRef):
            return _name(operand.slot)
        if id(operand) in self.names:
            return self.names[id(operand)][0]
        name = f"value{len(self.text.steps)}"
        self.text.init(name, self.value(operand))
        return name

    def needed(self, formula: Formula, missing: Rational, sign: int = 1) -> tuple[str, Rational] | None:
        """Return which result would have to be what for the law to hold, where a sum tells."""
        if id(formula) in self.names:
            name, value = self.names[id(formula)]
            return name, whole(Fraction(value) + sign * Fraction(missing))
        match formula:
            case Call("add", (left, right)):
                return self.needed(left, missing, sign) or self.needed(right, missing, sign)
            case Call("sub", (left, right)):
                return self.needed(left, missing, sign) or self.needed(right, missing, -sign)
            case _:
                return None


def _claimed(trace: str, name: str, value: str) -> str:
    """Put a claim before the query of a trace, which checking it then refutes."""
    head, _, query = trace.rpartition("- {op: query")
    return f"{head}- {{op: state, assertions: {{{name}: {value}}}}}\n- {{op: query{query}"


def _name(slot: str) -> str:
    return f"my_{slot}"


def _scale(unit: Unit) -> Fraction:
    scale = Fraction(1)
    for base, power in unit:
        scale *= Fraction(_SCALES.get(base, 1)) ** power
    return scale
