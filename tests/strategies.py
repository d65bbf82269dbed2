"""Valid documents, straight from the vocabulary, and other spellings of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import strategies as st

from tests.evaluator import Undefined, apply
from tracedsl.numbers import Number, whole
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, Sequence, read_tree
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import (
    Composition,
    Compute,
    Document,
    Domain,
    Example,
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
from tracedsl.vocabulary import Expert, SlotType, default

NOWHERE = Span(0, 0)
BITS = 300  # values stay far below the limit, so that every document runs

# `_` with digits alone is left out: one of the oracles reads `_3` as the number 3.
_WORDS = ("y", "n", "price", "Bob", "_x", "alice", "e1", "x2", "total_cost", "inf", "op", "var", "result", "Nan")
names = st.builds(
    lambda word, part: word + part, st.sampled_from(_WORDS), st.sampled_from(("", "", ".cards", "_3", ".y.n"))
)
decimals = st.builds(lambda over, places: Fraction(over, 10**places), st.integers(-999, 9999), st.integers(0, 3))
fractions = st.builds(Fraction, st.integers(-50, 50), st.integers(1, 12))
values = st.one_of(st.integers(0, 100), st.integers(-(10**6), 10**12), decimals, fractions).map(
    lambda value: whole(Fraction(value))
)
questions = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\x85\u2028\t"), max_size=40)


def name(text: str) -> Name:
    """Return a name that stands nowhere."""
    return Name(text, NOWHERE)


def literal(value: int | Fraction, *, percent: bool = False) -> Literal:
    """Return a number that stands nowhere."""
    return Literal(Number(whole(Fraction(value)), percent), NOWHERE)


@dataclass
class Writer:
    """Draws the steps of one trace and keeps their values, so that each of them runs."""

    draw: Callable[[st.SearchStrategy[object]], object]
    expert: Expert
    results: list[Fraction]
    labels: dict[str, int]
    scope: dict[str, Fraction] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    percents: set[str] = field(default_factory=set)
    written: list[str] = field(default_factory=list)

    def pick(self, strategy: st.SearchStrategy[object]) -> object:
        return self.draw(strategy)

    def fresh(self) -> Name:
        text = str(self.pick(names))
        while text in self.scope:
            text += "_"
        return name(text)

    def take(self, step: Step) -> bool:
        """Keep a step if it has a value of bearable size."""
        scope = dict(self.scope)
        try:
            apply(step, scope, self.results, self.labels)
        except Undefined:
            return False
        if any(max(abs(v.numerator), v.denominator).bit_length() > BITS for v in scope.values()):
            return False
        self.written += [key for key, value in scope.items() if self.scope.get(key) != value]
        self.scope = scope
        self.steps.append(step)
        return True

    def init(self) -> None:
        var, percent = self.fresh(), self.pick(st.integers(0, 9)) == 0
        if self.results and self.pick(st.booleans()):
            known = ["prev", *(f"sub{index}" for index in range(len(self.results))), *self.labels]
            source = name(f"{self.pick(st.sampled_from(known))}.result")
            self.take(Init(var, source, None, NOWHERE))
        else:
            self.take(Init(var, literal(self.pick(values), percent=percent), None, NOWHERE))  # type: ignore[arg-type]
            if percent:
                self.percents.add(var.text)

    def given(self) -> None:
        first = self.fresh()
        self.take(Given(((first, literal(self.pick(values))),), NOWHERE))  # type: ignore[arg-type]

    def operand(self, *, literals: bool = True) -> Operand:
        known = [text for text in self.scope if text not in self.percents]
        if known and not (literals and self.pick(st.integers(0, 4)) == 0):
            return name(str(self.pick(st.sampled_from(known))))
        return literal(self.pick(values))  # type: ignore[arg-type]

    def compute(self) -> None:
        op = PRIMITIVES[str(self.pick(st.sampled_from(self.expert.compute)))]
        count = op.least if op.most is not None else int(str(self.pick(st.integers(op.least, op.least + 2))))
        args = tuple(self.operand() for _ in range(count))
        self.take(Compute(name(op.name), args, self.fresh(), NOWHERE))

    def domain(self) -> None:
        operation = self.expert.operations[str(self.pick(st.sampled_from(sorted(self.expert.operations))))]
        slots: list[tuple[str, Operand]] = []
        for slot, kind in operation.slots.items():
            if kind is SlotType.PERCENT and self.percents and self.pick(st.booleans()):
                slots.append((slot, name(str(self.pick(st.sampled_from(sorted(self.percents)))))))
                continue
            operand = self.operand(literals=slot in operation.literals)
            if kind is SlotType.ENTITY and slot in operation.absent and self.pick(st.booleans()):
                operand = self.fresh()
            if isinstance(operand, Literal) and slot not in operation.literals:
                return
            slots.append((slot, operand))
        var = self.fresh() if operation.defines is not None else None
        self.take(Domain(name(operation.name), tuple(slots), var, NOWHERE))

    def state(self) -> None:
        if self.scope:
            known = str(self.pick(st.sampled_from(sorted(self.scope))))
            if len(str(self.scope[known])) < 20:
                self.steps.append(State(((name(known), literal(self.scope[known])),), NOWHERE))

    def formula(self) -> None:
        self.steps.append(Formula(Text(str(self.pick(questions)), NOWHERE), NOWHERE))


def _draw_trace(
    draw: Callable[[st.SearchStrategy[object]], object], results: list[Fraction], labels: dict[str, int]
) -> Trace:
    experts = list(default().experts.values())
    expert = draw(st.sampled_from(experts))
    assert isinstance(expert, Expert)
    writer = Writer(draw, expert, results, labels)
    writer.init()
    kinds = [writer.init, *([writer.compute] * 2 if expert.compute else [])]
    kinds += [writer.domain] * 2 if expert.operations else []
    kinds += [writer.given, writer.state, writer.formula]
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):  # type: ignore[attr-defined]
        kind()
    _finish(writer)
    query = writer.steps[-1]
    assert isinstance(query, Query)
    label = draw(st.none() | names.map(lambda text: f"{text}{len(results)}"))
    trace = Trace(name(expert.name), tuple(writer.steps), name(label) if isinstance(label, str) else None, NOWHERE)
    results.append(writer.scope[query.var.text])
    if isinstance(label, str):
        labels[label] = len(results) - 1
    return trace


def _finish(writer: Writer) -> None:
    """End a trace with a step that surely computes, and the query of a computed quantity."""
    a, b, out = writer.fresh(), name("last.in"), name("last.out")
    writer.take(Init(a, literal(7), None, NOWHERE))
    writer.take(Init(b, literal(3), None, NOWHERE))
    if writer.expert.compute:
        writer.take(Compute(name("mul"), (a, b), out, NOWHERE))
    else:
        writer.take(Domain(name("percent_of"), (("base", a), ("rate", b)), out, NOWHERE))
    computed = [out.text, *(s.var.text for s in writer.steps if isinstance(s, Compute | Domain) and s.var is not None)]
    asked = writer.pick(st.sampled_from(computed))
    writer.steps.append(Query(name(str(asked)), NOWHERE))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Single traces."""
    trace = _draw_trace(draw, [], {})
    return Trace(trace.expert, trace.steps, None, NOWHERE)


@st.composite
def compositions(draw: st.DrawFn) -> Composition:
    """Compositions of two or three traces."""
    results: list[Fraction] = []
    labels: dict[str, int] = {}
    count = draw(st.integers(2, 3))
    return Composition(tuple(_draw_trace(draw, results, labels) for _ in range(count)), NOWHERE)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Examples, whatever their question and answer."""
    body = draw(st.one_of(traces(), compositions()))
    answer = draw(st.none() | values)
    question = draw(questions)
    return Example(Text(question, NOWHERE), literal(answer) if answer is not None else None, body, NOWHERE)


documents: st.SearchStrategy[Document] = st.one_of(traces(), compositions(), examples())

#: A tree without spans: what every spelling of a document must share.
Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(node: Node | None) -> Plain:
    """Return a tree as mappings, lists and texts."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(pairs=pairs):
            return {key.text: plain(value) for key, value in pairs}
        case None:
            raise AssertionError("no tree")


def tree(text: str) -> Plain:
    """Read a text into a tree."""
    reading = read_tree(Source(text))
    assert not reading.diagnostics, (text, reading.diagnostics)
    return plain(reading.root)


def block(node: Plain, indent: str = "") -> str:
    """Spell a tree in block style, texts in double quotes where they need them."""
    match node:
        case dict():
            return "".join(f"{indent}{key}:{_nested(value, indent)}" for key, value in node.items())
        case list():
            parts = (
                block(item, indent + "  ") if not isinstance(item, str) else f"{indent}  {_word(item)}\n"
                for item in node
            )
            return "".join(f"{indent}- {part[len(indent) + 2 :]}" for part in parts)
        case str():
            return f"{_word(node)}\n"


def _nested(node: Plain, indent: str) -> str:
    return f" {_word(node)}\n" if isinstance(node, str) else f"\n{block(node, indent + '  ')}"


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+(?:\.[0-9]+|(?: [0-9]+)?/[0-9]+)?%?")
_MISREAD = {"null", "true", "false", "yes", "no", "on", "off"}


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _MISREAD else quoted(text)


def quoted(node: Plain, indent: str = "") -> str:
    """Spell a tree as JSON with every character outside ASCII escaped, no surrogates."""
    match node:
        case dict():
            return "{" + ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in node.items()) + "}"
        case list():
            return "[" + ", ".join(map(quoted, node)) + "]"
        case str():
            return "".join(
                c if c.isascii() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}"
                for c in json.dumps(node, ensure_ascii=False)
            )


def commented(text: str) -> str:
    """Put a comment beside every line of canonical text, and above it."""
    lines = text.split("\n")[:-1]
    return "# above: {all}\n" + "".join(
        f"{line}  # beside, {index}: [x]\n# under '{index}\n" for index, line in enumerate(lines)
    )


def as_json(text: str) -> str:
    """Spell a document as JSON over several lines."""
    return (
        json.dumps(tree(text), indent=1, ensure_ascii=False)
        .replace("\x7f", "\\u007f")
        .replace("\x85", "\\u0085")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
        .replace("\ufeff", "\\ufeff")
    )
