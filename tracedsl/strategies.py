"""Hypothesis strategies: valid traces of any vocabulary, broken ones, examples of patterns.

    from hypothesis import given
    from tracedsl import strategies

    @given(strategies.traces())
    def test_my_tool_takes_every_trace(text): ...

Everything is drawn as text. Needs the package hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from tracedsl.corpora import prove
from tracedsl.executor import RELATIONS
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, Rational, whole
from tracedsl.patterns.curriculum import shipped
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.model import Pattern
from tracedsl.patterns.values import NoValue, ready
from tracedsl.primitives import PRIMITIVES, Fault, exceeds
from tracedsl.proving import Prover
from tracedsl.sampling import Drawn, Taste, Unsatisfied, draw_example
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Composition,
    Compute,
    Document,
    Domain,
    Formula,
    Given,
    Init,
    Literal,
    Name,
    Operand,
    Query,
    State,
    Step,
    Text,
    Trace,
)
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import Expert, SlotType, Vocabulary, default

__all__ = ["FAULTS", "BrokenTrace", "broken_traces", "documents", "examples", "examples_of", "questions", "traces"]

_NOWHERE = Span(0, 0)
_BITS = 300  # values stay far below the limit, so that every document runs
_WORDS = ("y", "n", "price", "Bob", "_x", "alice", "e1", "x2", "total_cost", "inf", "op", "var", "result", "Nan")
#: Operations that have a value for 7 and 3.
_SURE = ("mul", "add", "sub", "div", "max", "min")
_LAST_IN, _LAST_OUT = "last.in", "last.out"

names = st.builds(str.__add__, st.sampled_from(_WORDS), st.sampled_from(("", "", ".cards", "_3", ".y.n")))
decimals: st.SearchStrategy[Fraction] = st.builds(
    lambda over, places: Fraction(over, 10**places), st.integers(-999, 9999), st.integers(0, 3)
)
fractions = st.builds(Fraction, st.integers(-50, 50), st.integers(1, 12))
_integers = st.one_of(st.integers(0, 100), st.integers(-(10**6), 10**12)).map(Fraction)
values: st.SearchStrategy[Rational] = st.one_of(_integers, decimals, fractions).map(whole)
_notes = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\x85\u2028\t"), max_size=40)


def name(text: str) -> Name:
    """Return a name that stands nowhere."""
    return Name(text, _NOWHERE)


def literal(value: int | Fraction, *, percent: bool = False) -> Literal:
    """Return a number that stands nowhere."""
    return Literal(Number(whole(Fraction(value)), percent), _NOWHERE)


@dataclass
class Settings:
    """What traces are drawn from: a vocabulary, some of its experts, decodable steps only."""

    words: Vocabulary
    experts: tuple[Expert, ...]
    decodable: bool


@dataclass
class Writer:
    """Draws the steps of one trace and keeps their values, so that each of them runs."""

    draw: st.DrawFn
    settings: Settings
    expert: Expert
    results: list[Rational]
    labels: dict[str, int]
    scope: dict[str, Rational] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    percents: set[str] = field(default_factory=set)

    def fresh(self) -> Name:
        """Return a name that nothing has yet."""
        text = self.draw(names)
        while text in self.scope:
            text += "_"
        return name(text)

    def take(self, step: Step) -> bool:
        """Keep a step if it has a value of bearable size."""
        scope = dict(self.scope)
        try:
            effect(step, scope, self.results, self.labels, self.settings.words)
        except NoValue:
            return False
        if any(exceeds(value, _BITS) for value in scope.values()):
            return False
        self.scope = scope
        self.steps.append(step)
        return True

    def init(self) -> None:
        """Bring a number or an earlier result in."""
        var, percent = self.fresh(), self.draw(st.integers(0, 9)) == 9
        if self.draw(st.booleans()) and self.results:
            known = ["prev", *(f"sub{index}" for index in range(len(self.results))), *self.labels]
            self.take(Init(var, name(f"{self.draw(st.sampled_from(known))}.result"), None, _NOWHERE))
            return
        self.take(Init(var, literal(self.draw(values), percent=percent), None, _NOWHERE))
        if percent:
            self.percents.add(var.text)

    def given(self) -> None:
        """Bring a number in by the step that brings several."""
        self.take(Given(((self.fresh(), literal(self.draw(values))),), _NOWHERE))

    def operand(self, *, literals: bool = True) -> Operand:
        """Return a quantity that is no percent, or a number."""
        known = [text for text in self.scope if text not in self.percents]
        if known and not (literals and self.draw(st.integers(0, 4)) == 4):
            return name(self.draw(st.sampled_from(known)))
        return literal(self.draw(values))

    def compute(self) -> None:
        """Compute with an operation that the expert has."""
        op = PRIMITIVES[self.draw(st.sampled_from(self.expert.compute))]
        count = op.least if op.most is not None else self.draw(st.integers(op.least, op.least + 2))
        args = tuple(self.operand() for _ in range(count))
        self.take(Compute(name(op.name), args, self.fresh(), _NOWHERE))

    def domain(self) -> None:
        """Take a step of the expert's own."""
        operation = self.expert.operations[self.draw(st.sampled_from(sorted(self.expert.operations)))]
        slots: list[tuple[str, Operand]] = []
        for slot, kind in operation.slots.items():
            operand: Operand
            if kind is SlotType.PERCENT and self.percents and self.draw(st.booleans()):
                operand = name(self.draw(st.sampled_from(sorted(self.percents))))
            elif kind is SlotType.ENTITY and slot in operation.absent and self.draw(st.booleans()):
                operand = self.fresh()
            else:
                operand = self.operand(literals=slot in operation.literals)
            if isinstance(operand, Literal) and slot not in operation.literals:
                return
            slots.append((slot, operand))
        var = self.fresh() if operation.defines is not None else None
        self.take(Domain(name(operation.name), tuple(slots), var, _NOWHERE))

    def state(self) -> None:
        """Claim a value that is so."""
        if self.scope:
            known = self.draw(st.sampled_from(sorted(self.scope)))
            if len(str(self.scope[known])) < 20:
                self.steps.append(State(((name(known), literal(self.scope[known])),), _NOWHERE))

    def formula(self) -> None:
        """Write a note."""
        self.steps.append(Formula(Text(self.draw(_notes), _NOWHERE), _NOWHERE))

    def kinds(self) -> list[Callable[[], object]]:
        """Return the ways to go on."""
        kinds: list[Callable[[], object]] = [self.init, *([self.compute] * 2 if self.expert.compute else [])]
        kinds += [self.domain] * 2 if self.expert.operations else []
        return kinds if self.settings.decodable else [*kinds, self.given, self.state, self.formula]

    def finish(self) -> None:
        """End with a step that surely computes, and the query of a computed quantity."""
        computed = [step.var.text for step in self.steps if isinstance(step, Compute | Domain) and step.var is not None]
        last = self.last()
        computed += [last] if last is not None else []
        if not computed:  # an expert whose operations cannot be made to run by plain numbers
            computed = [text for text in self.scope if text not in (_LAST_IN,)][-1:]
        self.steps.append(Query(name(self.draw(st.sampled_from(computed))), _NOWHERE))

    def last(self) -> str | None:
        """Take a step that has a value whatever came before; return the name that it writes."""
        first, out = self.fresh(), name(_LAST_OUT)
        self.take(Init(first, literal(7), None, _NOWHERE))
        self.take(Init(name(_LAST_IN), literal(3), None, _NOWHERE))
        if self.expert.compute:
            usable = [op for op in _SURE if op in self.expert.compute]
            op = usable[0] if usable else None
            single = op is None
            op = op or self.expert.compute[0]
            args: tuple[Operand, ...] = (first,) if single else (first, name(_LAST_IN))
            return out.text if self.take(Compute(name(op), args, out, _NOWHERE)) else None
        for operation in self.expert.operations.values():
            operands = [first, *[name(_LAST_IN)] * (len(operation.slots) - 1)]
            var = out if operation.defines is not None else None
            step = Domain(name(operation.name), tuple(zip(operation.slots, operands, strict=True)), var, _NOWHERE)
            if self.take(step):
                return out.text if var is not None else first.text
        return None


def effect(
    step: Step, scope: dict[str, Rational], results: list[Rational], labels: Mapping[str, int], words: Vocabulary
) -> None:
    """Carry out a step on the values of a scope; raises ``NoValue`` where it has none."""
    match step:
        case Init(var=var, value=value):
            scope[var.text] = value.number.value if isinstance(value, Literal) else _result(value.text, results, labels)
        case Given(values=pairs):
            scope.update((var.text, number.number.value) for var, number in pairs)
        case Compute(op=op, args=args, var=var):
            found = PRIMITIVES[op.text].apply(tuple(_read(arg, scope) for arg in args), DEFAULT.bits)
            if isinstance(found, Fault):
                raise NoValue(op.text)
            scope[var.text] = found
        case Domain():
            _carry_out(step, scope, words)
        case _:
            pass


def _read(operand: Operand, scope: Mapping[str, Rational]) -> Rational:
    return operand.number.value if isinstance(operand, Literal) else scope[operand.text]


def _result(source: str, results: list[Rational], labels: Mapping[str, int]) -> Rational:
    word = source.removesuffix(".result")
    if word == "prev":
        return results[-1]
    return results[labels[word] if word in labels else int(word.removeprefix("sub"))]


def _carry_out(step: Domain, scope: dict[str, Rational], words: Vocabulary) -> None:
    operation, written = words.operations[step.op.text], dict(step.slots)
    env: dict[str, Any] = {}
    for slot, operand in step.slots:
        absent = slot in operation.absent and operand.text not in scope
        env[slot] = operation.absent[slot] if absent else _read(operand, scope)
    for condition in operation.requires:
        if not RELATIONS[condition.relation](ready(condition.left)(env), ready(condition.right)(env)):
            raise NoValue(operation.name)
    if operation.defines is not None and step.var is not None:
        scope[step.var.text] = ready(operation.defines)(env)
    for slot, formula in operation.updates:
        scope[written[slot].text] = found = ready(formula)(env)
        for other, kind in operation.slots.items():
            if kind is SlotType.ENTITY and written[other] == written[slot]:
                env[other] = found


def _draw_trace(
    draw: st.DrawFn, settings: Settings, results: list[Rational], labels: dict[str, int], *, named: bool
) -> Trace:
    writer = Writer(draw, settings, draw(st.sampled_from(settings.experts)), results, labels)
    writer.init()
    for choice in draw(st.lists(st.integers(0, 11), max_size=8)):
        kinds = writer.kinds()
        kinds[choice % len(kinds)]()
    writer.finish()
    query = writer.steps[-1]
    assert isinstance(query, Query)
    label = f"{draw(names)}{len(results)}" if named and draw(st.booleans()) else None
    results.append(writer.scope[query.var.text])
    if label is not None:
        labels[label] = len(results) - 1
    return Trace(name(writer.expert.name), tuple(writer.steps), name(label) if label is not None else None, _NOWHERE)


def _settings(vocabulary: Vocabulary | None, experts: Iterable[str] | None, decodable: bool) -> Settings:
    words = vocabulary or default()
    experts = [experts] if isinstance(experts, str) else experts
    for name in experts or ():
        if name not in words.experts:
            raise LookupError(f"there is no expert {name!r}; the experts are {', '.join(words.experts)}")
    chosen = tuple(words.experts[name] for name in (experts or words.experts))
    return Settings(words, chosen, decodable)


@st.composite
def documents(
    draw: st.DrawFn,
    vocabulary: Vocabulary | None = None,
    experts: Iterable[str] | None = None,
    *,
    decodable: bool = False,
    most: int = 3,
) -> Document:
    """Draw valid documents as syntax trees: traces, and compositions of up to ``most`` traces."""
    settings = _settings(vocabulary, experts, decodable)
    count = draw(st.integers(1, most))
    results: list[Rational] = []
    labels: dict[str, int] = {}
    parts = tuple(_draw_trace(draw, settings, results, labels, named=count > 1) for _ in range(count))
    return parts[0] if count == 1 else Composition(parts, _NOWHERE)


def traces(
    vocabulary: Vocabulary | None = None,
    experts: Iterable[str] | None = None,
    *,
    decodable: bool = False,
    compositions: bool = True,
) -> st.SearchStrategy[str]:
    """Return a strategy of valid traces and compositions as canonical text, straight from a vocabulary.

    ``decodable`` leaves out the steps that are read and never generated: given, state, formula.
    """
    return documents(vocabulary, experts, decodable=decodable, most=3 if compositions else 1).map(format_document)


def examples(pattern: str | None = None, *, vocabulary: Vocabulary | None = None) -> st.SearchStrategy[Drawn]:
    """Return a strategy of proved examples of one pattern, or of all: question, trace, answer."""
    known = shipped().patterns
    if pattern is not None and pattern not in known:
        raise LookupError(f"there is no pattern {pattern!r}")
    chosen = [known[pattern]] if pattern is not None else list(known.values())
    return st.sampled_from(chosen).flatmap(lambda each: examples_of(each, vocabulary or default()))


@st.composite
def examples_of(draw: st.DrawFn, pattern: Pattern, words: Vocabulary, taste: Taste | None = None) -> Drawn:
    """Draw proved examples of a pattern; raises ``NotProved`` where it draws another."""
    taste = taste or Taste(word_list(Part.ALL))
    try:
        drawn = draw_example(pattern, taste, lambda count: draw(st.integers(0, count - 1)))
    except Unsatisfied:
        reject()
    prove(pattern, drawn, Prover(words))
    return drawn


def questions(pattern: str | None = None) -> st.SearchStrategy[str]:
    """Return a strategy of questions of one pattern, or of all."""
    return examples(pattern).map(lambda drawn: drawn.question)


@dataclass(frozen=True, slots=True)
class BrokenTrace:
    """A trace with one fault, and the code that it earns."""

    text: str
    code: str


_SOUND = """\
expert: arithmetic
trace:
- {{op: init, var: {a}, value: {x}}}
- {{op: init, var: {b}, value: {y}}}
- {{op: compute, compute_op: add, args: [{a}, {b}], var: {c}}}
- {{op: compute, compute_op: mul, args: [{c}, {a}], var: {d}}}
- {{op: query, var: {d}}}
"""

#: For each code the part of a sound trace that is replaced, and what by.
FAULTS: Mapping[str, tuple[str, str]] = {
    "T105": ("op: query,", "op: query, op: query,"),
    "T203": ("expert:", "note: 1\nexpert:"),
    "T205": (", args: [{c}, {a}]", ""),
    "T206": ("value: {y}", "value: {y}, note: 1"),
    "T207": ("value: {y}", "value: 1.2.3"),
    "T211": ("var: {d}}}\n- {{op: query, var: {d}", "var: null}}\n- {{op: query, var: null"),
    "T221": ("- {{op: query, var: {d}}}\n", ""),
    "T222": ("- {{op: query", "- {{op: query, var: {c}}}\n- {{op: query"),
    "T223": ("- {{op: query, var: {d}}}\n", "- {{op: query, var: {d}}}\n- {{op: init, var: late, value: 1}}\n"),
    "T301": ("expert: arithmetic", "expert: arithmetics_"),
    "T302": ("op: init, var: {b}", "op: initialise, var: {b}"),
    "T303": ("compute, compute_op: mul, args: [{c}, {a}]", "percent_of, base: {c}, rate: {a}"),
    "T304": ("compute_op: mul", "compute_op: times"),
    "T305": ("expert: arithmetic", "expert: rate_equation"),
    "T306": ("args: [{c}, {a}]", "args: [{c}]"),
    "T308": ("op: compute, compute_op: mul", "op: mul"),
    "T401": ("var: {d}}}\n- {{op: query, var: {d}", "var: {c}}}\n- {{op: query, var: {c}"),
    "T402": ("args: [{c}, {a}]", "args: [{c}, nowhere]"),
    "T403": ("args: [{a}, {b}]", "args: [{a}, {d}]"),
    "T404": ("query, var: {d}", "query, var: {a}"),
    "T504": ("compute_op: mul, args: [{c}, {a}]", "compute_op: div, args: [{c}, 0]"),
    "T507": ("compute_op: mul, args: [{c}, {a}]", "compute_op: pow, args: [{c}, 1/2]"),
    "T602": ("value: {y}", "source: prev.result"),
}


@st.composite
def broken_traces(draw: st.DrawFn, code: str | None = None) -> BrokenTrace:
    """Draw traces with one fault each; ``code`` fixes which, of those in ``FAULTS``."""
    if code is not None and code not in FAULTS:
        raise LookupError(f"no fault is known that earns {code!r}; there are {', '.join(FAULTS)}")
    chosen = code if code is not None else draw(st.sampled_from(sorted(FAULTS)))
    old, new = FAULTS[chosen]
    holes = draw(st.lists(st.sampled_from(_WORDS), min_size=4, max_size=4, unique_by=str.lower))
    numbers = {"x": draw(st.integers(2, 999)), "y": draw(st.integers(2, 999))}
    filled = dict(zip("abcd", holes, strict=True))
    return BrokenTrace(_SOUND.replace(old, new, 1).format(**filled, **numbers), chosen)
