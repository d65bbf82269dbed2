"""Rows: an example as one line of JSON, its trace as text inside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tracedsl.diagnostics import Diagnostic, text
from tracedsl.source import Place, Source, Span

_STEP = re.compile(r"(?<![\w.])op: (\w+)")


class Row(NamedTuple):
    """A line that is a JSON object; numbers are kept as they are written."""

    line: str
    columns: dict[str, Any]

    @property
    def trace(self) -> str | None:
        """The trace as text, ``None`` if the row holds it as an object or not at all."""
        trace = self.columns.get("trace")
        return trace if type(trace) is str else None


def step_names(trace: str) -> list[str]:
    """Return the step names of a trace's text in canonical layout, in order, without reading it."""
    return _STEP.findall(trace)


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Columns(dict[str, Any]):
    """A JSON object that remembers a key which stood in it twice."""

    repeated: str | None = None


def read_row(line: str) -> Row | Diagnostic:
    """Read one line of a `.jsonl` file."""
    try:
        columns = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        at = min(error.pos, max(len(line) - 1, 0))
        return text.JsonSyntax(span=Span(at, at + 1), problem=error.msg.lower())
    except RecursionError:
        return text.JsonSyntax(span=Span(0, 1), problem="it is nested too deep")
    if not isinstance(columns, _Columns):
        return text.JsonSyntax(span=Span(0, 1), problem="it is another value")
    if columns.repeated is not None:
        return text.JsonSyntax(span=Span(0, 1), problem=f"the key {columns.repeated!r} stands there twice")
    return Row(line, columns)


def _object(pairs: list[tuple[str, Any]]) -> _Columns:
    found = _Columns(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.repeated = next(name for name in names if names.count(name) > 1)
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def members(line: str) -> Iterator[tuple[str, Span, Span]]:
    """Yield the keys of a JSON object, where each stands and where its value does; the line must be sound."""
    at = line.index("{") + 1
    while (start := _past(line, at, " \t\r\n,")) < len(line) and line[start] == '"':
        key, end = _DECODER.raw_decode(line, start)
        value = _past(line, end, " \t\r\n:")
        _, at = _DECODER.raw_decode(line, value)
        yield key, Span(start, end), Span(value, at)


def reduced(row: Row) -> str:
    """Return a row's line with blanks for the columns that hold no trace, every offset as it was.

    What is left is read as YAML, which would trip over what JSON alone allows in other columns.
    """
    line = row.line
    for name, key, value in members(line):
        if name not in ("expert", "trace", "composition"):
            end = _past(line, value.end, " \t\r\n")
            end += line.startswith(",", end)
            line = f"{line[: key.start]}{' ' * (end - key.start)}{line[end:]}"
    return line


def _past(line: str, at: int, skipped: str) -> int:
    while at < len(line) and line[at] in skipped:
        at += 1
    return at


def value_span(row: Row, name: str) -> Span:
    """Return where the value of a column stands, which the row must have."""
    return next(value for key, _, value in members(row.line) if key == name)


def trace_source(row: Row, name: str, document: int, origin: Place) -> Source:
    """Return the source of a row's trace, whose positions point into the line."""
    span = value_span(row, "trace")
    inside = Place(origin.line, origin.column + span.start + 1, origin.offset + span.start + 1)
    return Source(row.trace or "", name, document, inside, row.line[span.start + 1 : span.end - 1])
