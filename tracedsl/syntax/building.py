"""A tree to steps: every field read, nothing ignored."""

from __future__ import annotations

from collections.abc import Callable

from tracedsl.diagnostics import Diagnostic, Edit, near, review, shape, vocabulary
from tracedsl.limits import Limits
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, kind_of
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
from tracedsl.syntax.fields import Fields, respell
from tracedsl.syntax.scalars import read_operand, read_source, read_unit
from tracedsl.syntax.torn import torn_entries
from tracedsl.vocabulary import Operation, Vocabulary

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
        fields = _Step(self.vocabulary, self.limits, self.faults, node, expert)
        step = fields.build()
        if step is None:
            return Broken(_TOKENS.get(fields.op, "DOMAIN"), fields.writes(), node.span)
        return step


class _Step(Fields):
    """One step in the making."""

    __slots__ = ("expert",)

    def __init__(self, words: Vocabulary, limits: Limits, faults: list[Diagnostic], node: Mapping, expert: str) -> None:
        super().__init__(words, limits, faults, node)
        self.expert = expert

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
        operation = self.vocabulary.operations.get(op.text)
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
        operand = read_operand(node, self.limits)
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
        words = self.vocabulary
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
        self.faults.append(
            review.OtherSpelling(span=op.span, written=op.text, canonical=canonical, edits=respell(op, canonical))
        )
        self.op = canonical
        return _BUILDERS[canonical](self)


_BUILDERS: dict[str, Callable[[_Step], Step | None]] = {
    "init": _Step.init,
    "given": _Step.given,
    "compute": _Step.compute,
    "state": _Step.state,
    "formula": _Step.formula,
    "query": _Step.query,
}
