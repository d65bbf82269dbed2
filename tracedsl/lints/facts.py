"""What the lints know of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from sys import intern
from typing import Any, NamedTuple

from tracedsl.diagnostics import Diagnostic
from tracedsl.graph import Input
from tracedsl.inputs import Item
from tracedsl.limits import Limits
from tracedsl.masking import is_lexical
from tracedsl.numbers import Rational
from tracedsl.pipeline import Report, examine_item
from tracedsl.record import record
from tracedsl.rows import Row
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import Compute, Document, Domain, Init, Query, Step, token, traces
from tracedsl.vocabulary import COMPOSITION, Vocabulary

Shape = tuple[tuple[str, ...], ...]
_PIECE = re.compile(r"[a-z]+|[A-Z][a-z]*")


class Wired(NamedTuple):
    """What the lints look at in a trace: its shapes, the name asked, the names written, whose steps it has."""

    exact: Shape
    loose: Shape
    target: str
    names: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One row, kept small: what it says it is, what checking it found, and where to point.

    A fault is its code, its message and the line of the trace that it is in.
    """

    question: str
    expert: str
    pattern: str
    stated: bool
    mix: str
    template: str | None
    split: str
    length: int
    wired: Wired | None
    faults: tuple[tuple[str, str, int], ...]
    inputs: frozenset[Rational]
    answer: Rational | None
    place: Item | tuple[Source, Span]

    def located(self) -> tuple[Source, Span]:
        """Return where the row stands."""
        if isinstance(self.place, tuple):
            return self.place
        source = self.place.located()
        return source, source.whole


def fact_of(item: Item, words: Vocabulary, limits: Limits, tokens: Callable[[str], int]) -> Fact:
    """Check a row of a file and keep what the lints need."""
    report = examine_item(item, words, limits)
    columns = item.row.columns if item.row is not None else {}
    small = replace(item, row=Row(item.row.line, _Small(item.row))) if item.row is not None else item
    return _fact(report, columns, str(columns.get("split", item.source.name)), tokens, small)


class _Small(dict[str, Any]):
    """The one column of a row that finding its place needs."""

    def __init__(self, row: Row) -> None:
        super().__init__({"trace": row.trace} if row.trace is not None else {})


def declared_fact(report: Report, columns: Mapping[str, Any], source: Source, span: Span) -> Fact:
    """Return a fact about an example drawn from a pattern, which points to where that is declared."""
    return _fact(report, columns, "", lambda text: 0, (source, span))


def _fact(
    report: Report,
    columns: Mapping[str, Any],
    split: str,
    tokens: Callable[[str], int],
    place: Item | tuple[Source, Span],
) -> Fact:
    nodes = report.graph.nodes if report.graph is not None else ()
    expert = str(columns["expert"]) if "expert" in columns else _group(report.document)
    template = columns.get("template")
    return Fact(
        question=str(columns.get("question", "")),
        expert=intern(expert),
        pattern=intern(str(columns.get("pattern", expert))),
        stated="pattern" in columns,
        mix=intern(str(columns.get("mix", ""))),
        template=intern(str(template)) if template is not None else None,
        split=intern(split),
        length=tokens(_content(columns.get("prompt")) + _content(columns.get("completion"))),
        wired=_wired(report.document) if report.document is not None else None,
        faults=tuple((f.code, f.message, report.source.within(f.span.start)[0]) for f in report.diagnostics),
        inputs=frozenset(node.value for node in nodes if isinstance(node, Input)),
        answer=report.answer.value if report.answer is not None else None,
        place=place,
    )


def _group(document: Document | None) -> str:
    parts = traces(document) if document is not None else ()
    return parts[0].expert.text if len(parts) == 1 else COMPOSITION


def _content(value: object) -> str:
    """Return the text of a prompt or a completion: a text, or messages."""
    match value:
        case None:
            return ""
        case list():
            return "".join(map(_content, value))
        case dict():
            return _content(value.get("content"))
        case _:
            return str(value)


@cache
def _same(shape: Shape) -> Shape:
    """Return one object for all equal shapes: a corpus has few."""
    return shape


def _wired(document: Document) -> Wired:
    written = tuple(intern(name) for name in names(document))
    steps = tuple(
        (intern(part.expert.text), intern(step.op.text))
        for part in traces(document)
        for step in part.steps
        if isinstance(step, Domain)
    )
    exact, loose = _same(shape(document, exact=True)), _same(shape(document, exact=False))
    return Wired(exact, loose, intern(target(document)), written, steps)


def shape(document: Document, *, exact: bool) -> Shape:
    """Return the sequence of steps of each trace; ``exact`` tells operations of one kind apart."""
    return tuple(tuple(_kind(step, exact=exact) for step in part.steps) for part in traces(document))


def _kind(step: Step, *, exact: bool) -> str:
    if isinstance(step, Compute | Domain):
        return step.op.text if exact else "operation"
    return token(step).lower()


def target(document: Document) -> str:
    """Return the name that is asked; names that come from the lexicon's words as ``@``."""
    steps = traces(document)[-1].steps
    asked = steps[-1].var.text if steps and isinstance(steps[-1], Query) else ""
    return ".".join("@" if is_lexical(part) else part for part in asked.split("."))


def names(document: Document) -> Iterator[str]:
    """Yield the names that a document's steps write."""
    for part in traces(document):
        for step in part.steps:
            if isinstance(step, Init | Compute | Domain) and step.var is not None:
                yield step.var.text


def pieces(name: str) -> list[str]:
    """Return the words of a segment of a name."""
    return [piece.lower() for piece in _PIECE.findall(name)]


@record
class Finding:
    """A diagnostic and the source that it points into."""

    diagnostic: Diagnostic
    source: Source
