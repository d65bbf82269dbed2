"""What the lints know of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracedsl.diagnostics import Diagnostic
from tracedsl.graph import Input
from tracedsl.inputs import Item
from tracedsl.masking import is_lexical
from tracedsl.numbers import Rational
from tracedsl.patterns.model import COMPOSITION
from tracedsl.pipeline import Report, examine_item
from tracedsl.record import record
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import Compute, Document, Domain, Init, Query, Step, token, traces
from tracedsl.vocabulary import Vocabulary

Shape = tuple[tuple[str, ...], ...]
_PIECE = re.compile(r"[a-z]+|[A-Z][a-z]*")


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One row: its columns, what checking it found, and where to point."""

    columns: Mapping[str, Any]
    document: Document | None
    faults: tuple[Diagnostic, ...]
    inputs: frozenset[Rational]
    answer: Rational | None
    split: str
    source: Source
    span: Span

    @property
    def question(self) -> str:
        """The question, empty if there is none."""
        return str(self.columns.get("question", ""))

    @property
    def expert(self) -> str:
        """The row's group: stated, or else that of its trace."""
        if "expert" in self.columns:
            return str(self.columns["expert"])
        parts = traces(self.document) if self.document is not None else ()
        return parts[0].expert.text if len(parts) == 1 else COMPOSITION

    @property
    def pattern(self) -> str:
        """The pattern, or the group where the row states none."""
        return str(self.columns.get("pattern", self.expert))


def fact_of(item: Item, words: Vocabulary) -> Fact:
    """Check a row of a file and keep what the lints need."""
    report = examine_item(item, words)
    columns = item.row.columns if item.row is not None else {}
    split = str(columns.get("split", item.source.name))
    return _fact(report, columns, split, report.source if report.diagnostics else item.located())


def _fact(report: Report, columns: Mapping[str, Any], split: str, source: Source) -> Fact:
    nodes = report.graph.nodes if report.graph is not None else ()
    inputs = frozenset(node.value for node in nodes if isinstance(node, Input))
    answer = report.answer.value if report.answer is not None else None
    return Fact(columns, report.document, report.diagnostics, inputs, answer, split, source, source.whole)


def declared_fact(report: Report, columns: Mapping[str, Any], source: Source, span: Span) -> Fact:
    """Return a fact about an example drawn from a pattern, which points to where that is declared."""
    found = _fact(report, columns, "", source)
    return Fact(columns, found.document, found.faults, found.inputs, found.answer, "", source, span)


def shape(document: Document, *, exact: bool) -> Shape:
    """Return the sequence of steps of each trace; ``exact`` tells operations of one kind apart."""
    return tuple(tuple(_kind(step, exact=exact) for step in part.steps) for part in traces(document))


def _kind(step: Step, *, exact: bool) -> str:
    if isinstance(step, Compute | Domain):
        return step.op.text if exact else "operation"
    return token(step).lower()


def target(document: Document) -> str:
    """Return the name that is asked; names that come from the lexicon's words as ``@``."""
    last = traces(document)[-1].steps[-1]
    asked = last.var.text if isinstance(last, Query) else ""
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
