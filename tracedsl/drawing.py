"""The pictures of documents, graphs and results.

A document is drawn by its steps, a graph by its quantities, with the values where it has run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from tracedsl.executor import Execution
from tracedsl.graph import Apply, Constant, Graph, Input, Link, Node, NodeId, Unknown
from tracedsl.numbers import Number, show, show_number
from tracedsl.picture import Arrow, Box, Look, Picture, picture_of
from tracedsl.pipeline import Report
from tracedsl.results import Result
from tracedsl.syntax.ast import (
    Broken,
    Composition,
    Compute,
    Document,
    Domain,
    Example,
    Formula,
    Given,
    Init,
    Name,
    Query,
    State,
    Step,
    Trace,
    traces,
    writes,
)
from tracedsl.syntax.formatting import format_step


def draw(graph: Graph, execution: Execution | None = None, wrong: NodeId | None = None) -> Picture:
    """Return a box for each quantity and an arrow for each use of it; ``wrong`` is marked."""
    names, groups = _names(graph), _groups(graph)
    boxes = [_box(graph, execution, index, names.get(index, ""), groups[index]) for index in range(len(graph.nodes))]
    if wrong is not None:
        boxes[wrong] = replace(boxes[wrong], look=Look.WRONG)
    arrows = [
        Arrow(operand, index, label) for index, node in enumerate(graph.nodes) for operand, label in _operands(node)
    ]
    return Picture(tuple(boxes), tuple(arrows))


def _names(graph: Graph) -> dict[NodeId, str]:
    """Return the name of each node that a step defines."""
    found: dict[NodeId, str] = {}
    for scope in graph.scopes:
        for action in scope.actions:
            for definition in action.definitions:
                found.setdefault(definition.node, definition.name)
    return found


def _groups(graph: Graph) -> list[str]:
    """Return for each node the sub-trace that it was made for; they follow one another."""
    groups: list[str] = []
    for number, scope in enumerate(graph.scopes):
        made = [definition.node for action in scope.actions for definition in action.definitions]
        last = max([scope.query.node, *made])
        group = f"{graph.label(number)}: {scope.expert}" if len(graph.scopes) > 1 else ""
        groups += [group] * (last + 1 - len(groups))
    return groups + [""] * (len(graph.nodes) - len(groups))


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
            number = show_number(Number(value, percent))
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
            ordered = primitive.most == 2  # those that take any number commute
            return [(operand, str(place) if ordered else "") for place, operand in enumerate(operands, 1)]
        case Link(target=target):
            return [(target, "")]
        case Input() | Constant() | Unknown():
            return []
        case _:
            assert_never(node)


def sketch(document: Document) -> Picture:
    """Return a box for each step that reads or writes, and an arrow for each name that one takes over."""
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    parts = traces(document)
    results: dict[str, int] = {}
    for number, trace in enumerate(parts):
        group = f"{trace.name.text if trace.name else f'sub{number}'}: {trace.expert.text}" if len(parts) > 1 else ""
        last = {f"{name}.result": index for name, index in results.items()}
        for step in trace.steps:
            if isinstance(step, Formula | Broken):
                continue
            boxes.append(_step_box(step, group))
            arrows += (Arrow(last[name], len(boxes) - 1) for name in dict.fromkeys(_reads(step)) if name in last)
            last |= dict.fromkeys(_touches(step), len(boxes) - 1)
        results |= dict.fromkeys(("prev", f"sub{number}", trace.name.text if trace.name else "prev"), len(boxes) - 1)
    return Picture(tuple(boxes), tuple(arrows))


def _step_box(step: Step, group: str) -> Box:
    look = Look.GIVEN if isinstance(step, Init | Given) else Look.ASKED if isinstance(step, Query) else Look.COMPUTED
    op, _, rest = format_step(step)[1:-1].partition(", ")
    rest = rest.removeprefix("compute_op: ").partition(", var: ")[0]
    return Box(
        ", ".join(_touches(step)) or op.removeprefix("op: "), f"{op.removeprefix('op: ')} {rest}"[:60], look, group
    )


def _reads(step: Step) -> tuple[str, ...]:
    match step:
        case Compute(args=args):
            return tuple(arg.text for arg in args)
        case Domain(slots=slots):
            return tuple(operand.text for _, operand in slots)
        case State(assertions=assertions):
            return tuple(name.text for name, _ in assertions)
        case Query(var=var):
            return (var.text,)
        case Init(value=value):
            return (value.text,) if isinstance(value, Name) else ()
        case Given() | Formula() | Broken():
            return ()
        case _:
            assert_never(step)


def _touches(step: Step) -> tuple[str, ...]:
    """Return the names that a step defines or, a domain step without one, may update."""
    written = tuple(name.text for name in writes(step))
    if isinstance(step, Domain) and step.var is None:
        written = tuple(operand.text for _, operand in step.slots if isinstance(operand, Name))
    return written


@picture_of.register
def _(graph: Graph) -> Picture | None:
    return draw(graph)


@picture_of.register
def _(execution: Execution) -> Picture | None:
    return draw(execution.graph, execution)


@picture_of.register
def _(report: Report) -> Picture | None:
    return draw(report.graph, report.execution) if report.graph is not None else None


@picture_of.register
def _(result: Result) -> Picture | None:
    return picture_of(result.report)


for _kind in (Trace, Composition, Example):
    picture_of.register(_kind, sketch)
