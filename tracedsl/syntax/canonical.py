"""The grammar of canonical text: the skeleton of ``canonical.lark`` with a rule for each step."""

from __future__ import annotations

from functools import cache

from tracedsl.resources import read
from tracedsl.vocabulary import COMMON, Field, FieldKind, Vocabulary

_TERMS = {
    FieldKind.NEW: "NAME",
    FieldKind.NAME: "NAME",
    FieldKind.OPERAND: "operand",
    FieldKind.OPERANDS: "operands",
    FieldKind.NUMBER: "NUMBER",
    FieldKind.NUMBERS: "assignments",
    FieldKind.SOURCE: "SOURCE",
    FieldKind.UNIT: "UNIT",
    FieldKind.OPERATION: "NAME",
    FieldKind.TEXT: "TEXT",
}


@cache
def _skeleton() -> str:
    return read("grammar", "canonical.lark")


def canonical_grammar(vocabulary: Vocabulary) -> str:
    """Return the grammar of the canonical text of every step of a vocabulary."""
    rules = {op: _rule(op, fields) for op, fields in COMMON.items()}
    rules |= {name: _rule(name, operation.fields) for name, operation in vocabulary.operations.items()}
    query = rules.pop("query")
    steps = "\n    | ".join(rules.values())
    return f"{_skeleton()}\nstep: {steps}\nquery: {query}\n"


def _rule(op: str, fields: tuple[Field, ...]) -> str:
    if op == "init":
        return _init(fields)
    parts = " ".join(f'", {field.name}: " {_TERMS[field.kind]}' for field in fields)
    return f'"{{op: {op}" {parts} "}}"'


def _init(fields: tuple[Field, ...]) -> str:
    """Return the rule of an init, which has exactly one of its value and its source."""
    var, value, source, unit = (f'", {field.name}: " {_TERMS[field.kind]}' for field in fields)
    return f'"{{op: init" {var} ({value} | {source}) ({unit})? "}}"'
