"""Comments that ignore warnings: `# tracedsl: ignore[T803] reason`.

One covers the step on its line or, standing alone, the next step. Errors cannot be ignored.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tracedsl.diagnostics import CATALOGUE, Diagnostic, Edit, Severity, review, selectors
from tracedsl.reading import Node
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import Document, steps
from tracedsl.syntax.comments import comments

_IGNORE = re.compile(r"#\s*tracedsl:\s*ignore(?:\[(?P<codes>[^\]]*)\])?")

_WARNINGS = frozenset(
    code for kind in CATALOGUE.values() if kind.severity is Severity.WARNING for code in selectors(kind)
)

#: So many comments on one line are looked at.
_MOST_LAYERS = 8


class _Ignore(NamedTuple):
    """One comment: where it stands, its codes, and the stretch it covers: its line and its step."""

    span: Span
    codes: dict[str, None]  # in their order
    covers: Span


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
    ignores = sorted(_ignores(document, source, root), key=lambda ignore: ignore.covers)
    starts = [ignore.covers.start for ignore in ignores]
    used: set[tuple[Span, str]] = set()
    for fault in faults:
        end = bisect_right(starts, fault.span.start)
        near_by = ignores[max(0, end - _MOST_LAYERS) : end]
        hits = {(ignore.span, code) for ignore in near_by for code in _hits(ignore, fault)}
        used |= hits
        if not hits:
            yield fault
    for ignore in ignores:
        unused = tuple(
            code for code in ignore.codes if (ignore.span, code) not in used and (complete or code not in _WARNINGS)
        )
        if not ignore.codes:
            yield review.IgnoreWithoutCode(span=ignore.span)
        elif unused:
            edits = _deletion(source.text, ignore.span) if len(unused) == len(ignore.codes) else ()
            yield review.UnusedIgnore(span=ignore.span, ignored=unused, edits=edits)


def _hits(ignore: _Ignore, fault: Diagnostic) -> frozenset[str]:
    """Return which codes of a comment ignore a fault."""
    if fault.severity is not Severity.WARNING or fault.span.start not in ignore.covers:
        return frozenset()
    return selectors(type(fault)) & ignore.codes.keys()


def _ignores(document: Document, source: Source, root: Node) -> Iterator[_Ignore]:
    text, spans = source.text, [step.span for step in steps(document)]
    starts = [span.start for span in spans]
    for span in comments(text, root):
        found = _IGNORE.search(text, span.start, span.end)
        if found is not None:
            codes = [code for part in (found["codes"] or "").split(",") if (code := part.strip())]
            yield _Ignore(span, dict.fromkeys(codes), _covered(text, span, spans, starts))


def _covered(text: str, comment: Span, spans: list[Span], starts: list[int]) -> Span:
    """Return the line of a comment with the step that ends or stands there; or, if it stands alone, the next step."""
    line = text.rfind("\n", 0, comment.start) + 1
    after = bisect_right(starts, comment.start)
    before = spans[after - 1] if after else Span(0, 0)
    if before.end > line:
        return Span(min(line, before.start), comment.start if before.end <= comment.start else before.end)
    if text[line : comment.start].strip(" \t-"):
        return Span(line, comment.start)
    return spans[after] if after < len(spans) else Span(line, comment.start)


def _deletion(text: str, comment: Span) -> tuple[Edit, ...]:
    """Return the edit that deletes a comment, with its line if it stands alone."""
    start = text.rfind("\n", 0, comment.start) + 1
    if text[start : comment.start].strip():
        return (Edit(Span(len(text[: comment.start].rstrip(" \t")), comment.end), ""),)
    end = text.find("\n", comment.end)
    return (Edit(Span(start, end + 1 if end >= 0 else len(text)), ""),)
