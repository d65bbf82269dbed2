"""A graph, with its values where it has run, as a picture."""

from __future__ import annotations

from typing import assert_never

from tracedsl.executor import Execution
from tracedsl.graph import Apply, Constant, Graph, Input, Link, Node, NodeId, Unknown
from tracedsl.numbers import show, show_number
from tracedsl.picture import Arrow, Box, Look, Picture


def draw(graph: Graph, execution: Execution | None = None) -> Picture:
    """Return a box for each quantity and an arrow for each use of it."""
    names = _names(graph)
    boxes = [_box(graph, execution, index, *names.get(index, ("", ""))) for index in range(len(graph.nodes))]
    arrows = [
        Arrow(operand, index, label) for index, node in enumerate(graph.nodes) for operand, label in _operands(node)
    ]
    return Picture(tuple(boxes), tuple(arrows))


def _names(graph: Graph) -> dict[NodeId, tuple[str, str]]:
    """Return for each node that a step defines the name and the group of its box."""
    found: dict[NodeId, tuple[str, str]] = {}
    for number, scope in enumerate(graph.scopes):
        group = f"{scope.name or f'sub{number}'}: {scope.expert}" if len(graph.scopes) > 1 else ""
        for action in scope.actions:
            for definition in action.definitions:
                found.setdefault(definition.node, (definition.name, group))
    return found


def _box(graph: Graph, execution: Execution | None, index: NodeId, name: str, group: str) -> Box:
    node = graph.nodes[index]
    value = execution.number(index) if execution is not None else None
    shown = f" = {show_number(value)}" if value is not None else ""
    asked = any(scope.query.node == index for scope in graph.scopes)
    title, detail, look = _face(node, name, shown)
    return Box(title, detail, Look.ASKED if asked else look, group)


def _face(node: Node, name: str, shown: str) -> tuple[str, str, Look]:
    match node:
        case Input(value=value, percent=percent):
            number = show(value) + ("%" if percent else "")
            return name or number, "given" if not name else number, Look.GIVEN
        case Link():
            return name or "as a number", f"result of a sub-trace{shown}" if name else shown.strip(), Look.GIVEN
        case Constant(value=value):
            return show(value), "constant", Look.GIVEN
        case Apply(primitive=primitive, op=op):
            step = primitive.name if op == primitive.name else f"{primitive.name} ({op})"
            return name or primitive.name, f"{step}{shown}", Look.COMPUTED
        case Unknown():
            return name or "?", "not known", Look.COMPUTED
        case _:
            assert_never(node)


def _operands(node: Node) -> list[tuple[NodeId, str]]:
    match node:
        case Apply(primitive=primitive, operands=operands):
            ordered = primitive.name in _ASYMMETRIC
            return [(operand, str(place) if ordered else "") for place, operand in enumerate(operands, 1)]
        case Link(target=target):
            return [(target, "")]
        case Input() | Constant() | Unknown():
            return []
        case _:
            assert_never(node)


_ASYMMETRIC = frozenset({"sub", "div", "mod", "floordiv", "pow"})
