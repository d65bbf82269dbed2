"""Diagnostics as text: the place, the lines of the source, a caret, what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic, Severity, visible
from tracedsl.folders import Unsound
from tracedsl.source import Source, Span

_TAB = "    "
_WIDEST = 160  # columns of a source line before it is cut


class Style(NamedTuple):
    """Escape sequences for the parts of a report; all empty where colour is off."""

    error: str = ""
    warning: str = ""
    frame: str = ""
    bold: str = ""
    end: str = ""


PLAIN = Style()
COLOUR = Style("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m")


def render_concise(diagnostic: Diagnostic, source: Source, style: Style = PLAIN) -> str:
    """Return a diagnostic in one line: ``file:line:column: code message``."""
    line, column, _ = source.place(diagnostic.span.start)
    fixable = "[*] " if diagnostic.edits and diagnostic.safe else ""
    code = f"{_accent(diagnostic, style)}{diagnostic.code}{style.end}"
    return f"{visible(source.name)}:{line}:{column}: {code} {fixable}{diagnostic.message}"


def render_unsound(found: Unsound) -> str:
    """Return what is wrong with a file of declarations."""
    shown = "\n\n".join(render_full(fault, source) for fault, source in found.faults)
    return f"{found.name} is not a sound {found.wanted}\n\n{shown}"


def render_full(diagnostic: Diagnostic, source: Source, style: Style = PLAIN) -> str:
    """Return a diagnostic with its lines of the source.

    ::

        error[T402]: `total` is not defined
         --> shop.yaml:7:46
          |
        7 | - {op: compute, compute_op: add, args: [tax, total], var: result}
          |                                              ^^^^^ no step defines it
          |
          = help: did you mean `totals`?
    """
    marks = sorted(_marks(diagnostic, source))
    gutter = len(str(max((source.first_line + mark.line - 1 for mark in marks), default=1)))
    body = [
        *_header(diagnostic, source, style, gutter),
        *_snippet(marks, source, style, gutter, _accent(diagnostic, style)),
    ]
    edge = f"{' ' * gutter} {style.frame}"
    notes = [
        *(f"{edge}={style.end} {name + ':':<9} {value}" for name, value in diagnostic.comparison),
        *([f"{edge}={style.end} help: {diagnostic.help}"] if diagnostic.help else []),
    ]
    return "\n".join((*body, *([f"{edge}|{style.end}", *notes] if notes else [])))


class _Mark(NamedTuple):
    """A stretch of one line to underline; lines and columns count from 1 and 0 in the text."""

    line: int
    start: int
    end: int
    primary: bool
    text: str


def _accent(diagnostic: Diagnostic, style: Style) -> str:
    return style.error if diagnostic.severity is Severity.ERROR else style.warning


def _header(diagnostic: Diagnostic, source: Source, style: Style, gutter: int) -> Iterator[str]:
    accent = f"{_accent(diagnostic, style)}{diagnostic.severity}[{diagnostic.code}]{style.end}"
    yield f"{accent}{style.bold}: {diagnostic.message}{style.end}"
    line, column, _ = source.place(diagnostic.span.start)
    inside = f" (line {source.within(diagnostic.span.start)[0]} of its trace)" if source.raw is not None else ""
    yield f"{' ' * gutter}{style.frame}-->{style.end} {visible(source.name)}:{line}:{column}{inside}"


def _marks(diagnostic: Diagnostic, source: Source) -> Iterator[_Mark]:
    yield _mark(source, diagnostic.span, diagnostic.pointer, primary=True)
    for label in diagnostic.labels:
        yield _mark(source, label.span, label.text, primary=False)


def _mark(source: Source, span: Span, text: str, *, primary: bool) -> _Mark:
    """Mark a span on the line where it begins."""
    line, column = source.within(min(span.start, len(source.text)))
    length = len(_line(source, line))
    start = min(column - 1, length)
    end = max(start + 1, min(start + span.end - span.start, length))
    return _Mark(line, start, end, primary, text)


def _snippet(marks: list[_Mark], source: Source, style: Style, gutter: int, accent: str) -> Iterator[str]:
    edge = f"{' ' * gutter} {style.frame}|{style.end}"
    yield edge
    lines = sorted({mark.line for mark in marks})
    shown = 0
    for number in lines:
        if shown and number > shown + 2:
            yield f"{style.frame}{'.' * max(3, gutter)}{style.end}"
        elif shown and number == shown + 2:
            yield _source_line(source, shown + 1, 0, style, gutter)
        inside = [mark for mark in marks if mark.line == number]
        window = _window(_line(source, number), inside)
        yield _source_line(source, number, window, style, gutter)
        for mark in reversed(inside):
            colour = accent if mark.primary else style.frame
            yield f"{edge} {_underline(_line(source, number)[window:], mark, window, colour, style.end)}"
        shown = number


def _window(line: str, marks: list[_Mark]) -> int:
    """Return where to begin showing a long line, so that its mark is seen."""
    first = min((mark.start for mark in marks if mark.primary), default=marks[0].start)
    return first - _WIDEST // 4 if len(line) > _WIDEST and first > _WIDEST * 3 // 4 else 0


def _source_line(source: Source, number: int, window: int, style: Style, gutter: int) -> str:
    shown = source.first_line + number - 1
    text = _clip(_display(_line(source, number)[window:]))
    return f"{style.frame}{shown:>{gutter}} |{style.end} {'…' + text[1:] if window else text}".rstrip()


def _underline(line: str, mark: _Mark, window: int, colour: str, end: str) -> str:
    start, stop = max(0, mark.start - window), max(1, mark.end - window)
    before, inside = _width(_display(line[:start])), _width(_display(line[start:stop]))
    before, inside = min(before, _WIDEST), max(1, min(inside, _WIDEST))
    beside = f" {mark.text}" if mark.text else ""
    return f"{' ' * before}{colour}{('^' if mark.primary else '-') * inside}{beside}{end}"


def _line(source: Source, number: int) -> str:
    return _lines(source.text)[number - 1].rstrip("\r")


@lru_cache(maxsize=2)
def _lines(text: str) -> list[str]:
    """Return the lines of a text; a report asks for the same text again and again."""
    return text.split("\n")


def _display(text: str) -> str:
    return visible(text.replace("\t", _TAB))


def _clip(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
