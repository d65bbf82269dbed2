"""Comments that ignore warnings: `# tracedsl: ignore[T803] reason`.

One covers the step on its line or, standing alone, the next step. Errors cannot be ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tracedsl.diagnostics import CATALOGUE, Diagnostic, Edit, Severity, matches, review
from tracedsl.reading import Node
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import Document, steps
from tracedsl.syntax.comments import comments

_IGNORE = re.compile(r"#\s*tracedsl:\s*ignore(?:\[(?P<codes>[^\]]*)\])?")


class _Ignore(NamedTuple):
    """One comment: where it stands, its codes, its line, and the step it covers."""

    span: Span
    codes: tuple[str, ...]
    line: Span
    step: Span


def suppress(
    faults: Iterable[Diagnostic], document: Document, source: Source, root: Node, *, complete: bool
) -> Iterator[Diagnostic]:
    """Yield the diagnostics that no comment ignores, and one for each comment that ignores nothing.

    Where errors kept the later stages from looking (not ``complete``), a comment for a warning
    is left alone.
    """
    if "tracedsl:" not in source.text:
        yield from faults
        return
    ignores = list(_ignores(document, source, root))
    used: set[tuple[Span, str]] = set()
    for fault in faults:
        hits = {(ignore.span, code) for ignore in ignores for code in ignore.codes if _covers(ignore, code, fault)}
        used |= hits
        if not hits:
            yield fault
    for ignore in ignores:
        unused = tuple(
            code for code in ignore.codes if (ignore.span, code) not in used and (complete or not _may_warn(code))
        )
        if not ignore.codes:
            yield review.IgnoreWithoutCode(span=ignore.span)
        elif unused:
            edits = _deletion(source.text, ignore.span) if len(unused) == len(ignore.codes) else ()
            yield review.UnusedIgnore(span=ignore.span, ignored=unused, edits=edits)


def _covers(ignore: _Ignore, code: str, fault: Diagnostic) -> bool:
    if fault.severity is not Severity.WARNING or not matches(type(fault), code):
        return False
    return fault.span.start in ignore.step or fault.span.start in ignore.line


def _may_warn(code: str) -> bool:
    return any(kind.severity is Severity.WARNING and matches(kind, code) for kind in CATALOGUE.values())


def _ignores(document: Document, source: Source, root: Node) -> Iterator[_Ignore]:
    text, spans = source.text, [step.span for step in steps(document)]
    for span in comments(text, root):
        found = _IGNORE.search(text, span.start, span.end)
        if found is not None:
            codes = tuple(code for part in (found["codes"] or "").split(",") if (code := part.strip()))
            line = Span(text.rfind("\n", 0, span.start) + 1, span.start)
            yield _Ignore(span, codes, line, _covered(text, span, spans))


def _covered(text: str, comment: Span, spans: list[Span]) -> Span:
    """Return the step that shares a line with a comment, else the next one."""
    start = text.rfind("\n", 0, comment.start) + 1
    line = Span(start, comment.end)
    shared = [span for span in spans if span.start < line.end and line.start < span.end]
    later = [span for span in spans if span.start > comment.start]
    return shared[-1] if shared else later[0] if later else Span(0, 0)


def _deletion(text: str, comment: Span) -> tuple[Edit, ...]:
    """Return the edit that deletes a comment, with its line if it stands alone."""
    start = text.rfind("\n", 0, comment.start) + 1
    if text[start : comment.start].strip():
        return (Edit(Span(len(text[: comment.start].rstrip(" \t")), comment.end), ""),)
    end = text.find("\n", comment.end)
    return (Edit(Span(start, end + 1 if end >= 0 else len(text)), ""),)
