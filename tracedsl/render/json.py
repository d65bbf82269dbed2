"""Diagnostics and results as JSON data; `schema_version` changes when a field changes its meaning."""

from __future__ import annotations

from typing import Any

from tracedsl.diagnostics import Diagnostic, Fix
from tracedsl.results import Result
from tracedsl.source import Place, Source, Span

SCHEMA_VERSION = 1


def diagnostic_data(diagnostic: Diagnostic, source: Source) -> dict[str, Any]:
    """Return a diagnostic as JSON data: lines, columns and documents from 1, offsets from 0."""
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "help": diagnostic.help or None,
        "file": source.name,
        "document": source.document,
        **_span_data(diagnostic.span, source),
        "labels": [{"message": label.text, **_span_data(label.span, source)} for label in diagnostic.labels],
        "fix": _fix_data(diagnostic.fix, source),
    }


def result_data(result: Result) -> dict[str, Any]:
    """Return a result as JSON data."""
    source = result.report.source
    return {
        "file": source.name,
        "document": source.document,
        "ok": result.ok,
        "answer": result.answer,
        "type": result.type,
        "unit": result.unit,
        "sub_traces": [
            {"expert": part.expert, "name": part.name, "answer": part.answer, "values": part.values}
            for part in result.sub_traces
        ],
        "diagnostics": [diagnostic_data(fault, source) for fault in result.diagnostics],
    }


def _fix_data(fix: Fix | None, source: Source) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"content": edit.content, **_span_data(edit.span, source)} for edit in fix.edits]
    return {"message": fix.message, "applicability": "safe" if fix.safe else "unsafe", "edits": edits}


def _span_data(span: Span, source: Source) -> dict[str, Any]:
    longest = len(source.text)
    start, end = source.place(min(span.start, longest)), source.place(min(span.end, longest))
    return {"start": _place_data(start), "end": _place_data(end)}


def _place_data(place: Place) -> dict[str, int]:
    return {"line": place.line, "column": place.column, "offset": place.offset}
