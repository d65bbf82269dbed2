"""What a trace says: a closed union of steps. Spans take no part in equality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import assert_never

from tracedsl.numbers import Number, spell
from tracedsl.picture import Drawable
from tracedsl.record import record
from tracedsl.source import Span


@record
class Name:
    """A word: the name of a quantity, an expert, an operation, a unit or a source."""

    text: str
    span: Span = field(compare=False)


@record
class Literal:
    """A number as written; ``number`` says what it means."""

    number: Number
    span: Span = field(compare=False)

    @property
    def text(self) -> str:
        """The canonical spelling."""
        return spell(self.number)


@record
class Text:
    """Free text: a question, or a formula step's note."""

    text: str
    span: Span = field(compare=False)


Operand = Name | Literal


@record
class Init:
    """Bring a quantity in, from the question (``Literal``) or from an earlier sub-trace (``Name``)."""

    var: Name
    value: Operand
    unit: Name | None
    span: Span = field(compare=False)


@record
class Given:
    """Several inits at once."""

    values: tuple[tuple[Name, Literal], ...]
    span: Span = field(compare=False)


@record
class Compute:
    """An arithmetic operation; ``op`` is a primitive's name."""

    op: Name
    args: tuple[Operand, ...]
    var: Name
    span: Span = field(compare=False)


@record
class Domain:
    """A step of one expert: its slots in declared order, and the quantity it defines, if any."""

    op: Name
    slots: tuple[tuple[str, Operand], ...]
    var: Name | None
    span: Span = field(compare=False)


@record
class State:
    """Claims about the values so far."""

    assertions: tuple[tuple[Name, Literal], ...]
    span: Span = field(compare=False)


@record
class Formula:
    """A note that means nothing."""

    expression: Text
    span: Span = field(compare=False)


@record
class Query:
    """The result that is asked."""

    var: Name
    span: Span = field(compare=False)


@record
class Broken:
    """A step with a fault already reported; it stands in so that what follows can be checked.

    ``writes`` holds the names it would have defined or updated, where they can be read.
    """

    token: str
    writes: tuple[Name, ...]
    span: Span = field(compare=False)


Step = Init | Given | Compute | Domain | State | Formula | Query | Broken


@record
class Trace(Drawable):
    """An expert and its steps; ``name`` only inside a composition."""

    expert: Name
    steps: tuple[Step, ...]
    name: Name | None
    span: Span = field(compare=False)


@record
class Composition(Drawable):
    """Traces that hand their results on."""

    traces: tuple[Trace, ...]
    span: Span = field(compare=False)


@record
class Example(Drawable):
    """A problem with its trace: the question and the answer, where stated."""

    question: Text | None
    answer: Literal | None
    body: Trace | Composition
    span: Span = field(compare=False)


Document = Trace | Composition | Example


def traces(document: Document) -> tuple[Trace, ...]:
    """Return the traces of a document, in order."""
    match document:
        case Trace():
            return (document,)
        case Composition(traces=parts):
            return parts
        case Example(body=body):
            return traces(body)


def steps(document: Document) -> Iterator[Step]:
    """Yield all steps of a document, in order."""
    for trace in traces(document):
        yield from trace.steps


def writes(step: Step) -> tuple[Name, ...]:
    """Return the names that a step defines; entities that it updates are none."""
    match step:
        case Init(var=var) | Compute(var=var):
            return (var,)
        case Given(values=values):
            return tuple(name for name, _ in values)
        case Domain(var=Name() as var):
            return (var,)
        case Broken(writes=names):
            return names
        case Domain() | State() | Formula() | Query():
            return ()
        case _:
            assert_never(step)


def token(step: Step) -> str:
    """Return a step's terminal in ``grammar/trace.lark``."""
    return step.token if step.__class__ is Broken else step.__class__.__name__.upper()
