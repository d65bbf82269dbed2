"""The grammar of canonical text: the skeleton of ``canonical.lark`` with a rule for each step."""

from __future__ import annotations

import re
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


def pieces(op: str, fields: tuple[Field, ...]) -> tuple[tuple[str, FieldKind], ...]:
    """Return a step's text as pairs: what stands before each field, and the field's kind; ``}`` ends it."""
    texts = [f", {field.name}: " for field in fields]
    return tuple((f"{{op: {op}{text}" if not index else text, fields[index].kind) for index, text in enumerate(texts))


def layout(rule: str) -> tuple[str, ...]:
    """Return the literal texts of a rule of the skeleton, in order, such as ``("[", ", ", "]")``."""
    found = re.search(rf"^{rule}: (.+)$", _skeleton(), re.MULTILINE)
    if found is None:
        raise LookupError(f"canonical.lark states no rule {rule}")
    return tuple(text.encode().decode("unicode_escape") for text in re.findall(r'"([^"]*)"', found[1]))


def _rule(op: str, fields: tuple[Field, ...]) -> str:
    if op == "init":
        return _init(fields)
    return " ".join(f'"{text}" {_TERMS[kind]}' for text, kind in pieces(op, fields)) + ' "}"'


def _init(fields: tuple[Field, ...]) -> str:
    """Return the rule of an init, which has exactly one of its value and its source."""
    var, value, source, unit = (f'"{text}" {_TERMS[kind]}' for text, kind in pieces("init", fields))
    return f'{var} ({value} | {source}) ({unit})? "}}"'
