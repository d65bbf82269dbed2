"""JSON Schema of a document as data: steps with their fields, by expert.

It has no `oneOf`, nor what stands beside another choice: engines that decode by a schema refuse the one
and overlook the other.
"""

from __future__ import annotations

from typing import Any

from tracedsl.exports.rules import NAME, SOURCE, Wanted, check
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, spell
from tracedsl.primitives import PRIMITIVES
from tracedsl.vocabulary import COMMON, Expert, Field, FieldKind, Vocabulary

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WRITTEN = r"^-?\d+(\.\d+|/\d+)?%?$"


def to_json_schema(vocabulary: Vocabulary, wanted: Wanted) -> dict[str, Any]:
    """Return the schema of a trace or composition, as YAML and JSON readers give it."""
    check(wanted)
    names = wanted.experts if wanted.experts is not None else tuple(vocabulary.experts)
    experts = [vocabulary.experts[name] for name in names]
    traces = [_trace(each, vocabulary, wanted) for each in experts]
    definitions = {"name": _name(wanted), "number": _number(wanted), "operand": _operand()}
    parts = {"type": "array", "minItems": 2, "maxItems": DEFAULT.subtraces, "items": {"$ref": "#/$defs/trace"}}
    return {
        "$schema": _DIALECT,
        "title": "tracedsl document",
        "anyOf": [{"$ref": "#/$defs/trace"}, parts],
        "$defs": {"trace": {"anyOf": traces}, **definitions},
    }


def _trace(expert: Expert, vocabulary: Vocabulary, wanted: Wanted) -> dict[str, Any]:
    steps = [_step("init", _but(COMMON["init"], other)) for other in ("source", "value")]
    steps.append(_step("query", COMMON["query"]))
    computes = [PRIMITIVES[name] for name in expert.compute]
    for primitive in computes:
        args = {"type": "array", "items": {"$ref": "#/$defs/operand"}, "minItems": primitive.least}
        args["maxItems"] = primitive.most or max(wanted.operands, primitive.least)
        steps.append(_step("compute", COMMON["compute"], compute_op={"const": primitive.name}, args=args))
    steps += [_step(name, vocabulary.fields(name) or ()) for name in expert.operations]
    listed: dict[str, Any] = {"type": "array", "items": {"anyOf": steps}, "minItems": 2}
    if wanted.steps is not None:
        listed["maxItems"] = wanted.steps
    properties = {"expert": {"const": expert.name}, "name": {"$ref": "#/$defs/name"}, "trace": listed}
    return _object(properties, ["expert", "trace"])


def _step(op: str, fields: tuple[Field, ...], **known: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {"op": {"const": op}}
    properties |= {field.name: known.get(field.name) or _field(field.kind) for field in fields}
    needed = (field.name for field in fields if field.required or (op == "init" and field.name in ("value", "source")))
    return _object(properties, ["op", *needed])


def _but(fields: tuple[Field, ...], name: str) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.name != name)


def _field(kind: FieldKind) -> dict[str, Any]:
    match kind:
        case FieldKind.NEW | FieldKind.NAME | FieldKind.OPERATION:
            return {"$ref": "#/$defs/name"}
        case FieldKind.OPERAND:
            return {"$ref": "#/$defs/operand"}
        case FieldKind.OPERANDS:
            return {"type": "array", "items": {"$ref": "#/$defs/operand"}, "minItems": 1}
        case FieldKind.NUMBER:
            return {"$ref": "#/$defs/number"}
        case FieldKind.NUMBERS:
            return {"type": "object", "additionalProperties": {"$ref": "#/$defs/number"}}
        case FieldKind.SOURCE:
            return {"type": "string", "pattern": f"^{SOURCE}$"}
        case FieldKind.UNIT | FieldKind.TEXT:
            return {"type": "string"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _name(wanted: Wanted) -> dict[str, Any]:
    if wanted.names is not None:
        return {"enum": list(wanted.names)}
    return {"type": "string", "pattern": f"^{NAME}$", "maxLength": DEFAULT.name}


def _number(wanted: Wanted) -> dict[str, Any]:
    if wanted.numbers is None:
        return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _WRITTEN}]}
    return {"enum": [each for number in wanted.numbers for each in _spellings(number)]}


def _spellings(number: Number) -> list[Any]:
    """Return a number as a reader may give it: as a number, where it is one, and as text."""
    text = spell(number)
    plain = text.removeprefix("-").replace(".", "", 1).isdigit()
    return [float(text) if "." in text else int(text), text] if plain else [text]


def _operand() -> dict[str, Any]:
    return {"anyOf": [{"$ref": "#/$defs/name"}, {"$ref": "#/$defs/number"}]}
