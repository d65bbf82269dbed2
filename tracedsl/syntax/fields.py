"""The fields of one step: each taken once by what may stand there, with the faults of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tracedsl.diagnostics import MOST_HINTS, Diagnostic, Edit, near, shape, vocabulary
from tracedsl.limits import Limits
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, Sequence, kind_of
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Literal,
    Name,
    Operand,
)
from tracedsl.syntax.scalars import read_literal, read_name, read_operand
from tracedsl.syntax.torn import torn_entries, torn_items
from tracedsl.vocabulary import FieldKind, Vocabulary, form

_T = TypeVar("_T")


class Fields:
    """The fields of one step; each is taken once, and what remains is unknown."""

    __slots__ = ("failed", "faults", "limits", "node", "op", "spelt", "values", "vocabulary")

    def __init__(self, words: Vocabulary, limits: Limits, faults: list[Diagnostic], node: Mapping) -> None:
        self.vocabulary = words
        self.limits = limits
        self.faults = faults
        self.node = node
        self.values = {key.text: value for key, value in node.pairs}
        self.op = ""
        self.failed = False
        self.spelt: dict[str, str] = {}

    def scalar(self, field: str) -> Scalar | None:
        node = self.values.pop(field, None)
        return node if node.__class__ is Scalar else self.lacks(field, node)

    def name(self, field: str) -> Name | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Scalar:
            return self.lacks(field, node)
        name = read_name(node, self.limits)
        return name if isinstance(name, Name) else self.report(name)

    def optional(self, field: str, read: Callable[[Scalar, Limits], Name | Diagnostic]) -> Name | None:
        node = self.scalar(field)
        return None if node is None else self.kept(read(node, self.limits))

    def number(self, field: str) -> Literal | None:
        node = self.values.pop(field, None)
        if node.__class__ is not Scalar:
            return self.lacks(field, node)
        if self.values and (torn := torn_entries(node, self.values, self.node)):
            return self.report(torn)
        return self.kept(read_literal(node, self.limits))

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
        limits = self.limits
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
            name, literal = self.kept(read_name(key, self.limits)), self.entry(key, value)
            if name is not None and literal is not None:
                found.append((name, literal))
        return tuple(found)

    def entry(self, key: Scalar, value: Node) -> Literal | None:
        if isinstance(value, Scalar):
            return self.kept(read_literal(value, self.limits))
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
        self.faults += faults

    def lacks(self, field: str, node: Node | None) -> None:
        """Report a field that is missing or of the wrong kind."""
        fields = self.vocabulary.fields(self.op) or ()
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
        known = self.vocabulary.fields(self.op) or ()
        names, written = [field.name for field in known], form(self.op, known)
        places = {key.text: key.span for key, _ in self.node.pairs}
        for number, field in enumerate(self.values):
            close = near(field, names) if number < MOST_HINTS else ()
            self.report(shape.UnknownField(span=places[field], op=self.op, field=field, form=written, near=close))

    def together(self, first: str, second: str, why: str) -> None:
        at, other = self.key(second), self.key(first)
        self.values.pop(first)
        self.report(shape.FieldsTogether(span=at, first=first, second=second, why=why, other=other))

    def renamed(self, written: str, canonical: str, warning: Diagnostic) -> None:
        self.faults.append(warning)
        self.spelt[canonical] = written
        self.values[canonical] = self.values.pop(written)

    def edit(self, written: str, canonical: str) -> tuple[Edit, ...]:
        return respell(next(key for key, _ in self.node.pairs if key.text == written), canonical)

    def key(self, field: str) -> Span:
        written = self.spelt.get(field, field)
        return next(key.span for key, _ in self.node.pairs if key.text == written)

    def writes(self) -> tuple[Name, ...]:
        """Return the names that a broken step would have written."""
        if self.op in ("query", "state", "formula"):
            return ()
        operation = self.vocabulary.operations.get(self.op)
        written = {"var", *(slot for slot, _ in operation.updates)} if operation else {"var"}
        written |= {alias for alias, slot in operation.aliases.items() if slot in written} if operation else set()
        nodes = [value for key, value in self.node.pairs if key.text in written or near(key.text, ("var",))]
        nodes += [key for field, value in self.node.pairs if isinstance(value, Mapping) for key, _ in value.pairs]
        names = (read_name(node, self.limits) for node in nodes if isinstance(node, Scalar))
        return tuple(name for name in names if isinstance(name, Name))


def respell(word: Scalar, canonical: str) -> tuple[Edit, ...]:
    """Return the edit that writes another word, in quotes where the old one has them."""
    return (Edit(word.span, canonical if word.plain else f'"{canonical}"'),)


_WANTED = {
    FieldKind.OPERANDS: "a list of names and numbers",
    FieldKind.NUMBERS: "a mapping of names to numbers",
    FieldKind.NUMBER: "a number",
    FieldKind.TEXT: "a text",
    FieldKind.UNIT: "a unit",
}
