"""How steps are written: each step's fields, in canonical order.

The steps that every expert shares are listed here; an expert's own follow from its file.
Reader, formatter and canonical grammar all go by these fields.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FieldKind(StrEnum):
    """What may stand in a field, as `tracedsl explain` and messages write it."""

    NEW = "NEW_NAME"
    NAME = "NAME"
    OPERAND = "NAME_OR_NUMBER"
    OPERANDS = "[NAME_OR_NUMBER, …]"
    NUMBER = "NUMBER"
    NUMBERS = "{NAME: NUMBER, …}"
    SOURCE = "prev.result"
    UNIT = "UNIT"
    OPERATION = "OPERATION"
    TEXT = "TEXT"


class Field(NamedTuple):
    """A key of a step and what may stand there."""

    name: str
    kind: FieldKind
    required: bool = True


#: The steps that every expert has. An init has exactly one of `value` and `source`.
COMMON: dict[str, tuple[Field, ...]] = {
    "init": (
        Field("var", FieldKind.NEW),
        Field("value", FieldKind.NUMBER, required=False),
        Field("source", FieldKind.SOURCE, required=False),
        Field("unit", FieldKind.UNIT, required=False),
    ),
    "given": (Field("values", FieldKind.NUMBERS),),
    "compute": (
        Field("compute_op", FieldKind.OPERATION),
        Field("args", FieldKind.OPERANDS),
        Field("var", FieldKind.NEW),
    ),
    "state": (Field("assertions", FieldKind.NUMBERS),),
    "formula": (Field("expression", FieldKind.TEXT),),
    "query": (Field("var", FieldKind.NAME),),
}


def form(op: str, fields: tuple[Field, ...]) -> str:
    """Return how a step is written, such as ``{op: query, var: NAME}``."""
    if op == "init":
        return "{op: init, var: NEW_NAME, value: NUMBER}"
    parts = (f"{field.name}: {field.kind}" for field in fields if field.required)
    return "{" + ", ".join((f"op: {op}", *parts)) + "}"
