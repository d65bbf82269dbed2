"""A tree to steps: every field read, nothing ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tracedsl.diagnostics import Diagnostic, Edit, near, review, shape, vocabulary
from tracedsl.limits import Limits
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, Sequence, kind_of
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Broken,
    Compute,
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
)
from tracedsl.syntax.scalars import read_literal, read_name, read_operand, read_source, read_unit
from tracedsl.syntax.torn import torn_entries, torn_items
from tracedsl.vocabulary import FieldKind, Operation, Vocabulary, form

_T = TypeVar("_T")
_MOST_HINTS = 20  # unknown fields for which a near one is sought: the search is slow
_TOKENS = {
    "init": "INIT",
    "given": "GIVEN",
    "compute": "COMPUTE",
    "state": "STATE",
    "formula": "FORMULA",
    "query": "QUERY",
}


class StepReader:
    """Reads the steps of one document and collects their faults."""

    def __init__(self, words: Vocabulary, limits: Limits, faults: list[Diagnostic]) -> None:
        self.vocabulary = words
        self.limits = limits
        self.faults = faults

    def read(self, node: Node, expert: str) -> Step:
        """Read one step of a trace of the given expert."""
        if node.__class__ is not Mapping:
            self.faults.append(
                shape.WrongKind(span=node.span, key="step", wanted="a mapping", kind=kind_of(node), shape="{op: …}")
            )
            return Broken("COMPUTE", (), node.span)
        fields = _Fields(self, node, expert)
        step = fields.build()
        if step is None:
            return Broken(_TOKENS.get(fields.op, "DOMAIN"), fields.writes(), node.span)
        return step


class _Fields:
    """The fields of one step; each is taken once, and what remains is unknown."""

    __slots__ = ("expert", "failed", "node", "op", "reader", "spelt", "values")

    def __init__(self, reader: StepReader, node: Mapping, expert: str) -> None:
        self.reader = reader
        self.node = node
        self.expert = expert
        self.values = {key.text: value for key, value in node.pairs}
        self.op = ""
        self.failed = False
        self.spelt: dict[str, str] = {}

    def build(self) -> Step | None:
        """Return the step, or ``None`` once its faults are reported."""
        op = self.values.pop("op", None)
        if type(op) is not Scalar:
            self.values.clear()
            return self.lacks("op", op)
        self.op = op.text
        build = _BUILDERS.get(op.text)
        if build is not None:
            step = build(self)
        else:
            step = self.domain(op)
        if self.values:
            self.leftover()
        return None if self.failed else step

    # The steps that every expert has.

    def init(self) -> Step | None:
        span = Span(self.node.start, self.node.end)
        if "from" in self.values and "source" not in self.values:
            self.renamed(
                "from", "source", review.FromForSource(span=self.key("from"), edits=self.edit("from", "source"))
            )
        values = self.values
        var, unit = self.name("var"), self.optional("unit", read_unit) if "unit" in values else None
        if "source" in values:
            if "value" in values:
                self.together("value", "source", "a quantity comes from the question or from a sub-trace")
            value: Operand | None = self.optional("source", read_source)
        else:
            value = self.number("value")
        return Init(var, value, unit, span) if var is not None and value is not None else None

    def given(self) -> Step | None:
        values = self.numbers("values")
        return Given(values, self.node.span) if values is not None else None

    def compute(self) -> Step | None:
        op, args, var = self.operation(), self.operands("args"), self.name("var")
        if op is None or args is None or var is None:
            return None
        return Compute(op, args, var, Span(self.node.start, self.node.end))

    def state(self) -> Step | None:
        assertions = self.numbers("assertions")
        return State(assertions, self.node.span) if assertions is not None else None

    def formula(self) -> Step | None:
        node = self.scalar("expression")
        return Formula(Text(node.text, node.span), self.node.span) if node is not None else None

    def query(self) -> Step | None:
        var = self.name("var")
        return Query(var, Span(self.node.start, self.node.end)) if var is not None else None

    # The steps of one expert.

    def domain(self, op: Scalar) -> Step | None:
        operation = self.reader.vocabulary.operations.get(op.text)
        if operation is None:
            return self.other(op)
        if operation.aliases:
            self.aliases(operation)
        slots = tuple((slot, self.slot(operation, slot)) for slot in operation.slots)
        var = self.name("var") if operation.defines is not None else None
        if self.failed:
            return None
        word = Name(op.text, Span(op.start, op.end))
        return Domain(word, slots, var, Span(self.node.start, self.node.end))  # type: ignore[arg-type]

    def slot(self, operation: Operation, slot: str) -> Operand | None:
        node = self.scalar(slot)
        if node is None:
            return None
        if self.values and (torn := torn_entries(node, self.values, self.node)):
            return self.report(torn)
        operand = read_operand(node, self.reader.limits)
        if isinstance(operand, Diagnostic):
            return self.report(operand)
        if isinstance(operand, Literal) and slot not in operation.literals:
            self.report(vocabulary.LiteralNotAllowed(span=node.span, op=operation.name, slot=slot, text=operand.text))
            return None
        return operand

    def aliases(self, operation: Operation) -> None:
        for alias, slot in operation.aliases.items():
            if alias in self.values and slot in self.values:
                self.together(alias, slot, "they are two spellings of one slot")
            elif alias in self.values:
                at, edits = self.key(alias), self.edit(alias, slot)
                warning = review.OtherSpelling(span=at, written=alias, canonical=slot, edits=edits)
                self.renamed(alias, slot, warning)

    def other(self, op: Scalar) -> Step | None:
        """Read a step that no expert declares: another spelling, an operation, or unknown."""
        words = self.reader.vocabulary
        owner = words.alias_owner(op.text)
        if owner is not None:
            return self.alias(op, owner.name, owner.aliases[op.text])
        if op.text in PRIMITIVES:
            plain = op.plain and self.node.flow and {"args", "var"} <= self.values.keys()
            edits = (Edit(op.span, f"compute, compute_op: {op.text}"),) if plain else ()
            fault: Diagnostic = vocabulary.OperationAsStep(span=op.span, op=op.text, edits=edits)
        else:
            known = words.steps
            fault = vocabulary.UnknownStep(span=op.span, op=op.text, known=known, near=near(op.text, known))
        self.values.clear()
        return self.report(fault)

    def alias(self, op: Scalar, owner: str, canonical: str) -> Step | None:
        if owner != self.expert:
            self.values.clear()
            return self.report(
                vocabulary.StepOfAnotherExpert(span=op.span, op=op.text, expert=self.expert, owner=owner, chosen=None)
            )
        self.reader.faults.append(
            review.OtherSpelling(span=op.span, written=op.text, canonical=canonical, edits=_respell(op, canonical))
        )
        self.op = canonical
        return _BUILDERS[canonical](self)

    # Fields by what may stand in them.

    def scalar(self, field: str) -> Scalar | None:
        node = self.values.pop(field, None)
        return node if node.__class__ is Scalar else self.lacks(field, node)

    def name(self, field: str) -> Name | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Scalar:
            return self.lacks(field, node)
        name = read_name(node, self.reader.limits)
        return name if isinstance(name, Name) else self.report(name)

    def optional(self, field: str, read: Callable[[Scalar, Limits], Name | Diagnostic]) -> Name | None:
        node = self.scalar(field)
        return None if node is None else self.kept(read(node, self.reader.limits))

    def number(self, field: str) -> Literal | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Scalar:
            return self.lacks(field, node)
        if self.values and (torn := torn_entries(node, self.values, self.node)):
            return self.report(torn)
        return self.kept(read_literal(node, self.reader.limits))

    def operation(self) -> Name | None:
        node = self.scalar("compute_op")
        if node is None:
            return None
        if node.text not in PRIMITIVES:
            known = tuple(PRIMITIVES)
            return self.report(
                vocabulary.UnknownOperation(span=node.span, op=node.text, known=known, near=near(node.text, known))
            )
        return Name(node.text, Span(node.start, node.end))

    def operands(self, field: str) -> tuple[Operand, ...] | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Sequence:
            return self.lacks(field, node)
        if torn := torn_items(node):
            return self.report(torn)
        limits = self.reader.limits
        read = [read_operand(item, limits) if type(item) is Scalar else self.no_operand(item) for item in node.items]
        operands = tuple([operand for operand in read if not isinstance(operand, Diagnostic)])
        if len(operands) < len(read):
            return self.report(*(operand for operand in read if isinstance(operand, Diagnostic)))
        return operands

    def no_operand(self, node: Node) -> Diagnostic:
        return shape.WrongKind(
            span=node.span,
            key="args",
            wanted="a list of names and numbers",
            kind=f"{kind_of(node)} in it",
            shape="args: [a, b]",
        )

    def numbers(self, field: str) -> tuple[tuple[Name, Literal], ...] | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Mapping:
            return self.lacks(field, node)
        left = {key.text: value for key, value in node.pairs}
        found: list[tuple[Name, Literal]] = []
        for key, value in node.pairs:
            if key.text not in left:
                continue
            if isinstance(value, Scalar) and (torn := torn_entries(value, left, node)):
                self.report(torn)
                continue
            name, literal = self.kept(read_name(key, self.reader.limits)), self.entry(key, value)
            if name is not None and literal is not None:
                found.append((name, literal))
        return tuple(found)

    def entry(self, key: Scalar, value: Node) -> Literal | None:
        if isinstance(value, Scalar):
            return self.kept(read_literal(value, self.reader.limits))
        return self.report(
            shape.WrongKind(
                span=value.span, key=key.text, wanted="a number", kind=kind_of(value), shape=f"{key.text}: NUMBER"
            )
        )

    # Faults.

    def kept(self, read: _T | Diagnostic) -> _T | None:
        return self.report(read) if isinstance(read, Diagnostic) else read

    def report(self, *faults: Diagnostic) -> None:
        self.failed = True
        self.reader.faults += faults

    def lacks(self, field: str, node: Node | None) -> None:
        """Report a field that is missing or of the wrong kind."""
        fields = self.reader.vocabulary.fields(self.op) or ()
        if node is None:
            self.failed = True
            unknown = self.values.keys() - {known.name for known in fields}
            if not near(field, unknown):  # else the misspelt field is reported
                written = form(self.op, fields) if fields else "{op: …}"
                step = f"`{self.op}` step" if self.op else "step"
                self.report(shape.MissingField(span=self.node.span, step=step, field=field, form=written))
            return
        kind = next((known.kind for known in fields if known.name == field), FieldKind.NAME)
        self.report(
            shape.WrongKind(
                span=node.span,
                key=field,
                wanted=_WANTED.get(kind, "a word"),
                kind=kind_of(node),
                shape=f"{field}: {kind}",
            )
        )

    def leftover(self) -> None:
        """Report the fields that no step of this kind has."""
        known = self.reader.vocabulary.fields(self.op) or ()
        names, written = [field.name for field in known], form(self.op, known)
        places = {key.text: key.span for key, _ in self.node.pairs}
        for number, field in enumerate(self.values):
            close = near(field, names) if number < _MOST_HINTS else ()
            self.report(shape.UnknownField(span=places[field], op=self.op, field=field, form=written, near=close))

    def together(self, first: str, second: str, why: str) -> None:
        at, other = self.key(second), self.key(first)
        self.values.pop(first)
        self.report(shape.FieldsTogether(span=at, first=first, second=second, why=why, other=other))

    def renamed(self, written: str, canonical: str, warning: Diagnostic) -> None:
        self.reader.faults.append(warning)
        self.spelt[canonical] = written
        self.values[canonical] = self.values.pop(written)

    def edit(self, written: str, canonical: str) -> tuple[Edit, ...]:
        return _respell(next(key for key, _ in self.node.pairs if key.text == written), canonical)

    def key(self, field: str) -> Span:
        written = self.spelt.get(field, field)
        return next(key.span for key, _ in self.node.pairs if key.text == written)

    def writes(self) -> tuple[Name, ...]:
        """Return the names that a broken step would have written."""
        if self.op in ("query", "state", "formula"):
            return ()
        operation = self.reader.vocabulary.operations.get(self.op)
        written = {"var", *(slot for slot, _ in operation.updates)} if operation else {"var"}
        written |= {alias for alias, slot in operation.aliases.items() if slot in written} if operation else set()
        nodes = [value for key, value in self.node.pairs if key.text in written or near(key.text, ("var",))]
        nodes += [key for field, value in self.node.pairs if isinstance(value, Mapping) for key, _ in value.pairs]
        names = (read_name(node, self.reader.limits) for node in nodes if isinstance(node, Scalar))
        return tuple(name for name in names if isinstance(name, Name))


def _respell(word: Scalar, canonical: str) -> tuple[Edit, ...]:
    """Return the edit that writes another word, in quotes where the old one has them."""
    return (Edit(word.span, canonical if word.plain else f'"{canonical}"'),)


_WANTED = {
    FieldKind.OPERANDS: "a list of names and numbers",
    FieldKind.NUMBERS: "a mapping of names to numbers",
    FieldKind.NUMBER: "a number",
    FieldKind.TEXT: "a text",
    FieldKind.UNIT: "a unit",
}

_BUILDERS: dict[str, Callable[[_Fields], Step | None]] = {
    "init": _Fields.init,
    "given": _Fields.given,
    "compute": _Fields.compute,
    "state": _Fields.state,
    "formula": _Fields.formula,
    "query": _Fields.query,
}
