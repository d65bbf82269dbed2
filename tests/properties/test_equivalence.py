"""The laws of the re-binding check, over arbitrary valid documents and their mutants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.evaluator import Undefined, evaluate
from tests.strategies import NOWHERE, bodies
from tracedsl.executor import Execution
from tracedsl.numbers import Number, Rational, whole
from tracedsl.pipeline import examine_text
from tracedsl.primitives import PRIMITIVES
from tracedsl.rebinding import Comparison, Verdict, compare
from tracedsl.source import Source
from tracedsl.strategies import literal, name
from tracedsl.syntax.ast import (
    Composition,
    Compute,
    Document,
    Domain,
    Given,
    Init,
    Literal,
    Name,
    Operand,
    Query,
    State,
    Step,
    Trace,
    traces,
)
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

CONSTANTS = default().lexicon.constants


def run(document: Document) -> Execution | None:
    """Return a document's execution, if it runs."""
    execution = examine_text(Source(format_document(document)), default()).execution
    return execution if execution is not None and execution.answer is not None else None


def compared(first: Document, second: Document) -> Comparison:
    """Compare two documents; one that does not run is not comparable."""
    one, two = run(first), run(second)
    return Comparison(Verdict.UNDEFINED) if one is None or two is None else compare(one, two, CONSTANTS)


def each_step(document: Document, change: Callable[[Step], Step]) -> Document:
    """Return a document with every step changed."""
    parts = tuple(replace(part, steps=tuple(map(change, part.steps))) for part in traces(document))
    return Composition(parts, NOWHERE) if isinstance(document, Composition) else parts[0]


def each_operand(step: Step, change: Callable[[Operand], Operand]) -> Step:
    """Return a step with every operand, number and name of a quantity changed."""

    def named(var: Name) -> Name:
        changed = change(var)
        assert isinstance(changed, Name)
        return changed

    def given_value(value: Literal) -> Literal:
        changed = change(value)
        assert isinstance(changed, Literal)
        return changed

    match step:
        case Init(var=var, value=value):
            return replace(step, var=named(var), value=change(value) if isinstance(value, Literal) else value)
        case Given(values=values):
            return replace(step, values=tuple((named(var), given_value(value)) for var, value in values))
        case Compute(args=args, var=var):
            return replace(step, args=tuple(map(change, args)), var=named(var))
        case Domain(slots=slots, var=var):
            written = tuple((slot, change(operand)) for slot, operand in slots)
            return replace(step, slots=written, var=named(var) if var else None)
        case State(assertions=assertions):
            return replace(step, assertions=tuple((named(var), value) for var, value in assertions))
        case Query(var=var):
            return replace(step, var=named(var))
        case _:
            return step


def renamed(document: Document) -> Document:
    """Return a document in which every quantity has another name."""

    def other(operand: Operand) -> Operand:
        return operand if isinstance(operand, Literal) else name(f"else.{operand.text[:50]}")

    return each_step(document, lambda step: each_operand(step, other))


def commuted(document: Document, order: Callable[[tuple[Operand, ...]], list[Operand]]) -> Document:
    """Return a document with the terms of every sum and the factors of every product in another order."""

    def turned(step: Step) -> Step:
        turns = isinstance(step, Compute) and step.op.text in ("add", "mul")
        return replace(step, args=tuple(order(step.args))) if turns and isinstance(step, Compute) else step

    return each_step(document, turned)


def prolonged(document: Document) -> Document | None:
    """Return a document with a step at its end that does nothing, if its last expert has one."""
    last = traces(document)[-1]
    query, op = last.steps[-1], next((op for op in ("add", "mul") if op in _compute(last)), None)
    if op is None or not isinstance(query, Query):
        return None
    nothing = Compute(name(op), (query.var, literal(0 if op == "add" else 1)), name("no.change"), NOWHERE)
    part = replace(last, steps=(*last.steps[:-1], nothing, Query(name("no.change"), NOWHERE)))
    return Composition((*traces(document)[:-1], part), NOWHERE) if isinstance(document, Composition) else part


def _compute(trace: Trace) -> tuple[str, ...]:
    return default().experts[trace.expert.text].compute


@given(bodies)
def test_a_document_is_the_same_as_itself(document: Document) -> None:
    assert compared(document, document) == Comparison(Verdict.SAME)


@given(bodies)
def test_names_mean_nothing(document: Document) -> None:
    assert compared(document, renamed(document)) == Comparison(Verdict.SAME)
    assert compared(renamed(document), document) == Comparison(Verdict.SAME)


@given(bodies, st.data())
def test_the_order_of_terms_and_factors_means_nothing(document: Document, data: st.DataObject) -> None:
    other = commuted(document, lambda args: data.draw(st.permutations(args)))
    assert compared(document, other) == compared(other, document) == Comparison(Verdict.SAME)


@given(bodies)
def test_a_step_that_does_nothing_means_nothing(document: Document) -> None:
    other = prolonged(document)
    if other is not None:
        assert compared(document, other) == compared(other, document) == Comparison(Verdict.SAME)


# What a step of an expert means, spelled out in arithmetic.
_PERCENT = {"percent_of": None, "percent_off": "sub", "percent_decrease": "sub", "percent_increase": "add"}


class Flat:
    """Writes the steps of a document again, as one trace of arithmetic."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.names: dict[tuple[int, str], Operand] = {}
        self.results: list[Operand] = []
        self.labels: dict[str, int] = {}

    def new(self) -> Name:
        return name(f"flat{len(self.steps)}")

    def compute(self, op: str, *args: Operand) -> Name:
        var = self.new()
        self.steps.append(Compute(name(op), args, var, NOWHERE))
        return var

    def give(self, value: Literal) -> Name:
        var = self.new()
        self.steps.append(Init(var, literal(value.number.value), None, NOWHERE))
        return var

    def read(self, scope: int, operand: Operand) -> Operand:
        if isinstance(operand, Literal):
            return operand
        return self.names.get((scope, operand.text), literal(0))  # a receiver that is new

    def step(self, scope: int, step: Step) -> None:
        match step:
            case Init(var=var, value=Literal() as value):
                self.names[scope, var.text] = self.give(value)
            case Init(var=var, value=source):
                word = source.text.removesuffix(".result")
                place = -1 if word == "prev" else self.labels[word] if word in self.labels else int(word[3:])
                self.names[scope, var.text] = self.results[place]
            case Given(values=values):
                for var, value in values:
                    self.names[scope, var.text] = self.give(value)
            case Compute(op=op, args=args, var=var):
                self.names[scope, var.text] = self.compute(op.text, *(self.read(scope, arg) for arg in args))
            case Domain():
                self.domain(scope, step)
            case Query(var=var):
                self.results.append(self.names[scope, var.text])
            case _:
                pass

    def domain(self, scope: int, step: Domain) -> None:
        slots = dict(step.slots)
        if step.var is not None:
            base, rate = self.read(scope, slots["base"]), self.read(scope, slots["rate"])
            op = _PERCENT[step.op.text]
            if op is None:
                made = self.compute("div", self.compute("mul", rate, base), literal(100))
            else:
                made = self.compute("mul", base, self.compute(op, literal(1), self.compute("div", rate, literal(100))))
            self.names[scope, step.var.text] = made
            return
        for slot, op in (("from", "sub"), ("to", "add"), ("entity", "sub" if step.op.text == "consume" else "add")):
            if slot in slots:  # the amount is what it was before the step, unless it is the entity's own
                key, amount = (scope, slots[slot].text), slots["amount"]
                amount = self.amount(scope, amount) if slot != "to" else self.taken
                self.names[key] = self.compute(op, self.read(scope, slots[slot]), amount)

    def amount(self, scope: int, operand: Operand) -> Operand:
        """Return what a step moves, as one quantity however often it is used."""
        self.taken = self.give(operand) if isinstance(operand, Literal) else self.read(scope, operand)
        return self.taken


def flat(document: Document) -> Trace:
    """Return a document as one trace of arithmetic."""
    writer = Flat()
    for scope, part in enumerate(traces(document)):
        for step in part.steps:
            writer.step(scope, step)
        if part.name is not None:
            writer.labels[part.name.text] = scope
    asked = writer.results[-1]
    assert isinstance(asked, Name)
    return Trace(name("arithmetic"), (*writer.steps, Query(asked, NOWHERE)), None, NOWHERE)


@given(bodies)
def test_experts_and_sub_traces_are_the_same_as_their_arithmetic(document: Document) -> None:
    other = flat(document)
    assert compared(document, other) == compared(other, document) == Comparison(Verdict.SAME)


def undone(document: Document) -> Document | None:
    """Return a document whose result is doubled and halved again, if its last expert can do that."""
    last = traces(document)[-1]
    query = last.steps[-1]
    if not {"add", "mul"} <= set(_compute(last)) or not isinstance(query, Query):
        return None
    double, half = name("two.times"), name("half.of.it")
    more = (
        Compute(name("add"), (query.var, query.var), double, NOWHERE),
        Compute(name("mul"), (literal(Fraction(1, 2)), double), half, NOWHERE),
    )
    part = replace(last, steps=(*last.steps[:-1], *more, Query(half, NOWHERE)))
    return Composition((*traces(document)[:-1], part), NOWHERE) if isinstance(document, Composition) else part


@given(bodies)
def test_steps_that_undo_each_other_mean_nothing_where_a_result_depends_on_a_number(document: Document) -> None:
    plain = without_claims(document)
    other = undone(plain)
    if other is None:
        return
    squared = value(renumbered(plain, {given: whole(Fraction(given) * 9) for given in sorted(numbers(plain))}))
    for found in (compared(plain, other), compared(other, plain)):
        assert found.verdict is not Verdict.DIFFERENT
        if squared is not None and squared != value(plain):
            assert found.verdict in (Verdict.SAME, Verdict.UNDEFINED)


def mutants(document: Document) -> Iterator[Document]:
    """Yield the documents with one mistake: operands swapped, another operation, another number."""
    parts = traces(document)
    for index, part in enumerate(parts):
        for at, step in enumerate(part.steps):
            for other in _mistakes(step, _compute(part)):
                wrong = replace(part, steps=(*part.steps[:at], other, *part.steps[at + 1 :]))
                if isinstance(document, Composition):
                    yield Composition((*parts[:index], wrong, *parts[index + 1 :]), NOWHERE)
                else:
                    yield wrong


def _mistakes(step: Step, known: tuple[str, ...]) -> Iterator[Step]:
    match step:
        case Init(value=Literal(number=number)):
            yield replace(step, value=Literal(Number(number.value + 977, number.percent), NOWHERE))
        case Compute(op=op, args=args):
            if op.text in ("sub", "div", "mod", "floordiv", "pow") and args[0] != args[1]:
                yield replace(step, args=args[::-1])
            alike = (each for each in known if each != op.text and PRIMITIVES[each].takes(len(args)))
            yield from (replace(step, op=name(each)) for each in alike)
            for place, arg in enumerate(args):
                if isinstance(arg, Literal):
                    yield replace(step, args=(*args[:place], literal(arg.number.value + 977), *args[place + 1 :]))
        case Domain(op=op) if op.text in _PERCENT:
            yield from (replace(step, op=name(each)) for each in _PERCENT if each != op.text)


def without_claims(document: Document) -> Document:
    """Return a document without its claims, which hold for its own numbers only."""
    return each_step(document, lambda step: replace(step, assertions=()) if isinstance(step, State) else step)


def numbers(document: Document) -> set[Rational]:
    """Return the numbers of a document that are problem's, not listed constants nor parts of one."""
    found: set[Rational] = set()

    def noted(operand: Operand) -> Operand:
        if isinstance(operand, Literal):
            found.add(operand.number.value)
        return operand

    each_step(document, lambda step: each_operand(step, noted))
    return {value for value in found if value not in CONSTANTS and whole(1 / Fraction(value)) not in CONSTANTS}


def renumbered(document: Document, table: dict[Rational, Rational]) -> Document:
    """Return a document with numbers replaced."""

    def other(operand: Operand) -> Operand:
        if isinstance(operand, Literal):
            value, percent = operand.number
            return Literal(Number(table.get(value, value), percent), NOWHERE)
        return operand

    return each_step(document, lambda step: each_operand(step, other))


def value(document: Document) -> Fraction | None:
    """Return a document's answer by the independent evaluator, if it has one of bearable size."""
    try:
        return evaluate(document)
    except Undefined:
        return None


@given(bodies, st.data())
def test_a_mistake_that_shows_at_other_numbers_is_never_the_same_function(
    document: Document, data: st.DataObject
) -> None:
    plain = without_claims(document)
    wrong = data.draw(st.sampled_from([*mutants(plain), plain]))
    found = compared(plain, wrong)
    for _ in range(4):
        table = {given: whole(Fraction(given * data.draw(st.integers(1, 9)) ** 2)) for given in sorted(numbers(plain))}
        first, second = value(renumbered(plain, table)), value(renumbered(wrong, table))
        if first is not None and second is not None and first != second:
            assert found.verdict is not Verdict.SAME or found.sampled
    if found.witness is not None:
        assert found.witness.first != found.witness.second


@given(bodies, st.data())
def test_a_verdict_does_not_depend_on_which_comes_first(document: Document, data: st.DataObject) -> None:
    """Where both have the same numbers, each once: of equal ones the first trace says what they are."""
    plain = without_claims(document)
    wrong = data.draw(st.sampled_from([*mutants(plain), plain]))
    there, back = compared(plain, wrong), compared(wrong, plain)
    assert (there.verdict is Verdict.DIFFERENT) == (back.verdict is Verdict.DIFFERENT)
    if numbers(plain) == numbers(wrong) and not (there.sampled or back.sampled):
        assert there.verdict is back.verdict


def cheats(answer: Rational, known: Rational) -> Iterator[Document]:
    """Yield traces that reach an answer from one number of a problem, whatever the problem is."""
    made = {"add": answer - known, "sub": known - answer, "mul": Fraction(answer) / (known or 1)}
    for op, other in made.items():
        inits = (Init(name("a"), literal(known), None, NOWHERE), Init(name("b"), literal(other), None, NOWHERE))
        last = Compute(name(op), (name("a"), name("b")), name("c"), NOWHERE)
        yield Trace(name("arithmetic"), (*inits, last, Query(name("c"), NOWHERE)), None, NOWHERE)
    given = Init(name("a"), literal(answer), None, NOWHERE)
    once = Compute(name("mul"), (name("a"), literal(1)), name("c"), NOWHERE)
    yield Trace(name("arithmetic"), (given, once, Query(name("c"), NOWHERE)), None, NOWHERE)


@given(bodies, st.data())
def test_the_right_value_by_another_function_is_not_the_same_function(document: Document, data: st.DataObject) -> None:
    plain = without_claims(document)
    execution, given = run(plain), sorted(numbers(plain)) or [1]
    assert execution is not None and execution.answer is not None
    cheat = data.draw(st.sampled_from([*cheats(execution.answer.value, data.draw(st.sampled_from(given)))]))
    found = compared(plain, cheat)
    by_size = sorted(given, key=lambda known: known * known)
    table = {known: whole(Fraction(known * (3 + 2 * place) ** 2)) for place, known in enumerate(by_size)}
    first, second = value(renumbered(plain, table)), value(renumbered(cheat, table))
    if first is not None and second is not None and first != second:
        assert found.verdict is not Verdict.SAME
