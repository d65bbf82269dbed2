"""The typed dataflow graph: what a document computes, whole, on one screen.

A graph is a list of nodes in execution order; a node refers to earlier ones by index. All
sub-traces of a composition share the list; a name is known only in its own scope. Entities are
values like any other: an update makes a new version, so every node is written once.

Before verification a graph may hold ``Unknown`` nodes in place of what was broken. A
``VerifiedGraph`` holds none, its nodes are well typed, and only it can be executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracedsl.numbers import Rational
from tracedsl.picture import Drawable
from tracedsl.primitives import Primitive
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.units import Unit

NodeId = int


@record
class Input:
    """A number of the trace: an init's value or a literal operand."""

    value: Rational
    percent: bool
    unit: Unit | None
    span: Span


@record
class Link:
    """An earlier node's value under another type: a ``source``, or a percent that fills its slot."""

    target: NodeId
    percent: bool
    unit: Unit | None
    span: Span


@record
class Constant:
    """A number that an operation's formula states; it fits any unit."""

    value: Rational


@record
class Apply:
    """A primitive on earlier nodes.

    ``op`` and ``span`` are those of the step it was lowered from, ``places`` where each operand
    is written. Where a requirement does not hold the node has no value.
    """

    primitive: Primitive
    operands: tuple[NodeId, ...]
    percent: bool
    unit: Unit | None
    op: str
    span: Span
    places: tuple[Span, ...]
    requires: tuple[Requirement, ...] = ()


@record
class Unknown:
    """What a reported fault has left without meaning; it raises no further fault."""


Node = Input | Link | Constant | Apply | Unknown


@record
class Requirement:
    """A comparison that must hold before a step takes effect."""

    left: NodeId
    relation: str
    right: NodeId
    condition: str
    names: tuple[str, str]
    place: Span


@record
class Claim:
    """A `state` step's claim about a value."""

    node: NodeId
    name: str
    claimed: Rational
    place: Span


@record
class Definition:
    """A name that a step writes, and the node it stands for from there on."""

    name: str
    node: NodeId
    place: Span


@record
class Action:
    """A step that writes, and what it writes; a transfer writes two entities."""

    op: str
    span: Span
    definitions: tuple[Definition, ...]


@record
class Scope:
    """One (sub-)trace: its names at its end, its actions in order, and its query.

    ``sources`` holds the indices of the scopes whose results it uses.
    """

    expert: str
    name: str | None
    names: Mapping[str, NodeId]
    actions: tuple[Action, ...]
    query: Definition
    sources: frozenset[int]

    @property
    def given(self) -> Iterator[Definition]:
        """What the ``init`` steps bring in, in order."""
        return (made for action in self.actions if action.op == "init" for made in action.definitions)


@record
class Graph(Drawable):
    """Nodes in execution order, claims about them, and one scope for each (sub-)trace.

    ``sound`` is false where an earlier stage found an error; such a graph never runs.
    ``typed`` tells whether any input has a unit or is a percent.
    """

    nodes: tuple[Node, ...]
    claims: tuple[Claim, ...]
    scopes: tuple[Scope, ...]
    sound: bool
    typed: bool

    def label(self, index: int) -> str:
        """Return what a source may call a scope: its name, or its place."""
        return self.scopes[index].name or f"sub{index}"

    @property
    def result(self) -> NodeId:
        """The node of the answer: what the last scope queries."""
        return self.scopes[-1].query.node


def is_percent(node: Node) -> bool:
    """Return whether a node is a percent."""
    return not isinstance(node, Constant | Unknown) and node.percent


def unit_of(node: Node) -> Unit | None:
    """Return a node's unit, ``None`` if it is not known."""
    return None if isinstance(node, Constant | Unknown) else node.unit


@record
class VerifiedGraph:
    """A graph in which no static rule found an error."""

    graph: Graph
