"""Stages of the pipeline as JSON data, for `--emit` and for other programs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any, assert_never

from tracedsl.executor import Execution
from tracedsl.graph import Apply, Constant, Graph, Input, Link, Node, Unknown
from tracedsl.numbers import Number, show, show_number
from tracedsl.render.json import SCHEMA_VERSION
from tracedsl.source import Span
from tracedsl.syntax.ast import Document
from tracedsl.units import show_unit


def document_data(document: Document) -> Any:
    """Return the syntax tree as JSON data; a span is a pair of offsets."""
    return {"schema_version": SCHEMA_VERSION} | _data(document)


def _data(value: object) -> Any:
    match value:
        case Span(start=start, end=end):
            return [start, end]
        case Number():
            return show_number(value)
        case Fraction():
            return show(value)
        case tuple():
            return [_data(item) for item in value]
        case _ if is_dataclass(value):
            return {"kind": type(value).__name__} | {f.name: _data(getattr(value, f.name)) for f in fields(value)}
        case _:
            return value


def graph_data(graph: Graph, execution: Execution | None = None) -> dict[str, Any]:
    """Return a graph as JSON data, with the values where it has run."""
    nodes = [_node_data(node) | {"id": index} for index, node in enumerate(graph.nodes)]
    if execution is not None:
        for data, value in zip(nodes, execution.values, strict=True):
            data["value"] = show(value) if value is not None else None
    scopes = [
        {
            "expert": scope.expert,
            "name": scope.name,
            "variables": dict(scope.names),
            "query": {"name": scope.query.name, "node": scope.query.node},
            "sources": sorted(scope.sources),
        }
        for scope in graph.scopes
    ]
    return {"schema_version": SCHEMA_VERSION, "nodes": nodes, "scopes": scopes, "result": graph.result}


def _node_data(node: Node) -> dict[str, Any]:
    match node:
        case Input(value=value):
            data: dict[str, Any] = {"kind": "input", "number": show(value)}
        case Link(target=target):
            data = {"kind": "link", "operands": [target]}
        case Constant(value=value):
            return {"kind": "constant", "number": show(value)}
        case Apply(primitive=primitive, operands=operands, op=op):
            data = {"kind": "apply", "operation": primitive.name, "operands": list(operands), "step": op}
        case Unknown():
            return {"kind": "unknown"}
        case _:
            assert_never(node)
    unit = show_unit(node.unit) if node.unit is not None else None
    return data | {"type": "percent" if node.percent else "number", "unit": unit}
