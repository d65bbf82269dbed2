"""Static rules over a graph, in tiers: arity, types, units, the query, sub-traces.

A rule is a small function from a graph to diagnostics; it may rely on the rules above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic, composition, has_error, values, vocabulary, wiring
from tracedsl.graph import Apply, Constant, Graph, Input, Link, NodeId, Unknown, VerifiedGraph, is_percent, unit_of
from tracedsl.numbers import Number, show, show_number
from tracedsl.primitives import UnitLaw
from tracedsl.source import Span
from tracedsl.units import Unit, show_unit

Rule = Callable[[Graph], Iterator[Diagnostic]]


class Verified(NamedTuple):
    """A graph that may run (``None`` if a rule found an error) and what the rules found."""

    graph: VerifiedGraph | None
    diagnostics: tuple[Diagnostic, ...]


def verify(graph: Graph) -> Verified:
    """Apply every rule; a graph with an error or an unknown node cannot be executed."""
    faults: dict[tuple[str, Span], Diagnostic] = {}
    for fault in (fault for rule in RULES for fault in rule(graph)):
        faults.setdefault((fault.code, fault.span), fault)  # a step with two updates is one to its writer
    runs = graph.sound and not has_error(faults.values()) and not any(node.__class__ is Unknown for node in graph.nodes)
    return Verified(VerifiedGraph(graph) if runs else None, tuple(faults.values()))


def arity(graph: Graph) -> Iterator[Diagnostic]:
    """Each operation has as many operands as it takes."""
    for node in graph.nodes:
        if node.__class__ is Apply and not node.primitive.takes(len(node.operands)):
            primitive, count = node.primitive, len(node.operands)
            more = primitive.name if count > primitive.least else ""
            yield vocabulary.WrongArity(
                span=_covering(node), op=primitive.name, arity=primitive.arity, count=count, split=more
            )


def percents(graph: Graph) -> Iterator[Diagnostic]:
    """A percent stands only where a percent fits."""
    if not graph.typed:
        return
    for node in graph.nodes:
        if node.__class__ is not Apply or node.percent:
            continue
        for operand, place in zip(node.operands, node.places, strict=True):
            source = graph.nodes[operand]
            if is_percent(source):
                yield _percent_fault(graph, node, operand, place)


def _percent_fault(graph: Graph, node: Apply, operand: NodeId, place: Span) -> Diagnostic:
    source = graph.nodes[operand]
    whole = part = text = ""
    if isinstance(source, Input):
        whole, part = show(source.value), show(_tidy(source))
        text = show_number(Number(source.value, percent=True))
    origin = _origin(graph, operand)
    text = text or (f"the result of `{source.op}`" if isinstance(source, Apply) else "this result")
    return values.PercentForNumber(
        span=place, text=text, op=node.op, whole=whole, part=part, origin=origin if origin != place else None
    )


def units(graph: Graph) -> Iterator[Diagnostic]:
    """Quantities that are added or compared have one unit; powers and roots have none."""
    if not graph.typed:
        return
    for node in graph.nodes:
        if node.__class__ is not Apply:
            continue
        known = [(operand, unit) for operand in node.operands if (unit := unit_of(graph.nodes[operand])) is not None]
        if not known:
            continue
        match node.primitive.units:
            case UnitLaw.SAME:
                yield from _mismatch(graph, node, known)
            case UnitLaw.NONE:
                operand, unit = known[0]
                if unit:
                    at, origin = _place(node, operand), _origin(graph, operand)
                    yield values.UnitInPower(span=at, op=node.op, unit=show_unit(unit), origin=origin)
            case UnitLaw.PRODUCT | UnitLaw.QUOTIENT | UnitLaw.KEEP:
                pass


def _mismatch(graph: Graph, node: Apply, known: list[tuple[NodeId, Unit]]) -> Iterator[Diagnostic]:
    first, unit = known[0]
    for operand, other in known[1:]:
        if other != unit:
            yield values.UnitMismatch(
                span=_place(node, operand),
                op=node.op,
                first=show_unit(unit),
                second=show_unit(other),
                first_origin=_origin(graph, first),
                second_origin=_origin(graph, operand),
            )
            return


def stated_units(graph: Graph) -> Iterator[Diagnostic]:
    """A unit stated for a result that comes from a sub-trace is the one that it has there."""
    if not graph.typed:
        return
    for node in graph.nodes:
        if node.__class__ is not Link or node.percent or not node.unit:
            continue
        unit = unit_of(graph.nodes[node.target])
        if unit is not None and unit != node.unit:
            yield values.UnitMismatch(
                span=node.span,
                op="init",
                first=show_unit(node.unit),
                second=show_unit(unit),
                first_origin=None,
                second_origin=_origin(graph, node.target),
            )


def init_only(graph: Graph) -> Iterator[Diagnostic]:
    """What is asked has been written by an operation; judged by the wiring, never by values."""
    for scope in graph.scopes:
        node = graph.nodes[scope.query.node]
        if isinstance(node, Input | Link):
            yield wiring.InitOnlyQuery(span=scope.query.place, var=scope.query.name, origin=node.span)


def unused_results(graph: Graph) -> Iterator[Diagnostic]:
    """Each sub-trace's result is used below, except the last one's."""
    if not graph.sound:  # a source that could not be read may be the use
        return
    used = {source for scope in graph.scopes for source in scope.sources}
    for index, scope in enumerate(graph.scopes[:-1]):
        if index not in used:
            label = graph.label(index)
            yield composition.UnusedResult(span=scope.query.place, var=scope.query.name, subtrace=label)


#: In this order, each a function of the whole graph.
RULES: tuple[Rule, ...] = (arity, percents, units, stated_units, init_only, unused_results)


def _tidy(source: Input) -> Fraction:
    return Fraction(source.value) / 100


def _covering(node: Apply) -> Span:
    """Return the span of all operands as written, or of the step if there are none."""
    return Span(node.places[0].start, node.places[-1].end) if node.places else node.span


def _place(node: Apply, operand: NodeId) -> Span:
    return node.places[node.operands.index(operand)]


def _origin(graph: Graph, index: NodeId) -> Span | None:
    """Return where a quantity's type or unit comes from: an input, or the step that made it."""
    while True:
        match graph.nodes[index]:
            case Input(span=span) | Link(span=span):
                return span
            case Apply(primitive=primitive, operands=operands, span=span):
                if primitive.units in (UnitLaw.PRODUCT, UnitLaw.QUOTIENT):
                    return span
                index = next((o for o in operands if not isinstance(graph.nodes[o], Constant)), operands[0])
            case _:
                return None
