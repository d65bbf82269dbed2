"""Rows: an example as one line of JSON, its trace as text inside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tracedsl.diagnostics import Diagnostic, text
from tracedsl.source import Place, Source, Span


class Row(NamedTuple):
    """A line that is a JSON object; numbers are kept as they are written."""

    line: str
    columns: dict[str, Any]

    @property
    def trace(self) -> str | None:
        """The trace as text, ``None`` if the row holds it as an object or not at all."""
        trace = self.columns.get("trace")
        return trace if isinstance(trace, str) else None

    def text(self, column: str) -> str | None:
        """Return a column that is a text or a number, as text."""
        value = self.columns.get(column)
        return value if isinstance(value, str) else None


class _DuplicateColumnError(ValueError):
    pass


def read_row(line: str) -> Row | Diagnostic:
    """Read one line of a `.jsonl` file."""
    try:
        columns = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        at = min(error.pos, max(len(line) - 1, 0))
        return text.JsonSyntax(span=Span(at, at + 1), problem=error.msg.lower())
    except _DuplicateColumnError as error:
        return text.JsonSyntax(span=Span(0, 1), problem=f"the key {error} stands there twice")
    except RecursionError:
        return text.JsonSyntax(span=Span(0, 1), problem="it is nested too deep")
    if not isinstance(columns, dict):
        return text.JsonSyntax(span=Span(0, 1), problem="it is another value")
    return Row(line, columns)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateColumnError(next(repr(name) for name in names if names.count(name) > 1))
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=str)


def members(line: str) -> Iterator[tuple[str, Span]]:
    """Yield the keys of a JSON object and where their values stand; the line must be sound."""
    decoder, at = json.JSONDecoder(), line.index("{") + 1
    while (at := _past(line, at, " \t\r\n,")) < len(line) and line[at] == '"':
        key, at = decoder.raw_decode(line, at)
        start = _past(line, at, " \t\r\n:")
        _, at = decoder.raw_decode(line, start)
        yield key, Span(start, at)


def _past(line: str, at: int, skipped: str) -> int:
    while at < len(line) and line[at] in skipped:
        at += 1
    return at


def trace_source(row: Row, name: str, document: int, origin: Place) -> Source:
    """Return the source of a row's trace, whose positions point into the line."""
    span = next(span for key, span in members(row.line) if key == "trace")
    inside = Place(origin.line, origin.column + span.start + 1, origin.offset + span.start + 1)
    return Source(row.trace or "", name, document, inside, row.line[span.start + 1 : span.end - 1])
