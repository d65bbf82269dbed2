"""Edits to a text, and carrying them out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracedsl.diagnostics import Edit
from tracedsl.source import Source, Span

_ITEM = re.compile(r"[ \t]*(?:- )+[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")


def deletion(source: Source, span: Span) -> tuple[Edit, ...]:
    """Return the edit that deletes a step with its lines, or none if it shares a line with others."""
    text = source.text
    start = text.rfind("\n", 0, span.start) + 1
    item, rest = _ITEM.fullmatch(text, start, span.start), _REST.match(text, span.end)
    if item is None or rest is None or item[0].count("-") > 1:
        return ()
    return (Edit(Span(start, rest.end()), ""),)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits carried out; an edit that overlaps an earlier one is left out."""
    parts, at = [], 0
    for edit in sorted(set(edits), key=lambda edit: (edit.span, edit.content)):
        if edit.span.start < at:
            continue
        parts += [text[at : edit.span.start], edit.content]
        at = edit.span.end
    return "".join((*parts, text[at:]))
