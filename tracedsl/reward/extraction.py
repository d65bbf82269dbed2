"""The one trace in what a model has written: fenced or bare, prose before it, nothing after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic, completions
from tracedsl.source import Span

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)
_OPENING = re.compile(
    r"""^\ufeff? {0,3}(?:-(?:[ \t]{1,8}|[ \t]{0,8}\n[ \t]{1,12})(?:name[ \t]{0,8}:[^\n]*\n[ \t]{1,12})?)?"""
    r"""(?:[{\[]\s{0,20}){0,4}["']?(?:expert|trace|composition)["']?[ \t]{0,8}:""",
    re.MULTILINE,
)
_HEAD = re.compile(r"""^["'{]{0,2}expert["']?[ \t]{0,8}:""", re.MULTILINE)
_PROSE = re.compile(r"""^(?![a-z_]+[ \t]{0,8}:|\.\.\.\s*\Z)[^\s\ufeff\-#{}\[\]"']""", re.MULTILINE)
_BEHIND = re.compile(r"^(?:question|answer)[ \t]{0,8}:|^[ \t]*#[^\n]*\s*\Z", re.MULTILINE)
_QUOTED = re.compile(r""""[^"\n]*"|'[^'\n]*'|(?<=\s)#.*""")


class Extracted(NamedTuple):
    """The text of a trace, and where it begins in the completion."""

    text: str
    start: int


class _Block(NamedTuple):
    """A fenced block: its content, and where its closing fence ends (``None`` where there is none)."""

    content: Span
    end: int | None


def extract(completion: str) -> Extracted | Diagnostic:
    """Return the one trace that a completion holds, or why there is none.

    Blocks without a trace are prose like the text around them.
    """
    blocks = list(_blocks(completion)) if "```" in completion or "~~~" in completion else []
    found = sorted(_traces(completion, blocks))
    if not found:
        return completions.NoTrace(span=Span(0, max(1, len(completion.partition("\n")[0]))))
    if len(found) > 1:
        return _second(completion, found[1][0], found[0][0])
    start, block = found[0]
    return _bare(completion, start) if block is None else _fenced(completion, block)


def trace_in(completion: str) -> str:
    """Return the text of the trace that a completion holds, or all of it where it does not hold one."""
    found = extract(completion)
    return found.text if isinstance(found, Extracted) else completion


def _blocks(completion: str) -> Iterator[_Block]:
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(completion):
        if opened is None:
            opened = fence
        elif fence["mark"].startswith(opened["mark"]) and not fence["info"].strip():
            yield _Block(Span(opened.end() + 1, fence.start()), fence.end())
            opened = None
    if opened is not None:
        yield _Block(Span(min(opened.end() + 1, len(completion)), len(completion)), None)


def _traces(completion: str, blocks: list[_Block]) -> Iterator[tuple[int, _Block | None]]:
    """Yield where traces begin: each fenced one, and the first of those that are bare."""
    at = 0
    for block in (*blocks, None):
        end = block.content.start if block is not None else len(completion)
        bare = _OPENING.search(completion, at, end) if at < end else None
        if bare is not None:
            yield bare.start() + bare[0].startswith("\ufeff"), None
        if block is not None and (fenced := _OPENING.search(completion, *block.content)) is not None:
            yield fenced.start(), block
        at = block.content.end if block is not None else end


def _fenced(completion: str, block: _Block) -> Extracted | Diagnostic:
    start, end = block.content
    if block.end is None:
        return completions.Truncated(span=_last(completion), place="a fence")
    if (after := completion[block.end :]).strip():
        at = block.end + len(after) - len(after.lstrip())
        return completions.TextAfterTrace(span=Span(at, _line_end(completion, at)))
    return _single(completion, Extracted(completion[start:end], start))


def _bare(completion: str, start: int) -> Extracted | Diagnostic:
    text = completion[start:]
    if not text.lstrip().startswith(("{", "[")) and (prose := _PROSE.search(completion, start)) is not None:
        return completions.TextAfterTrace(span=Span(prose.start(), _line_end(completion, prose.start())))
    if _is_torn(text):
        return completions.Truncated(span=_last(completion), place="a step")
    return _single(completion, Extracted(text, start))


def _single(completion: str, found: Extracted) -> Extracted | Diagnostic:
    listed = found.text.lstrip().startswith("[")  # whose parts each have an expert
    heads = [] if listed else [head.start() + found.start for head in _HEAD.finditer(found.text)]
    if len(heads) > 1:
        return _second(completion, heads[1], heads[0])
    opening = _OPENING.search(found.text)
    behind = _BEHIND.search(found.text, opening.end() if opening is not None else 0)
    if behind is not None:
        at = found.start + behind.start()
        return completions.TextAfterTrace(span=Span(at, _line_end(completion, at)))
    return found


def _second(completion: str, at: int, first: int) -> Diagnostic:
    places = [Span(place, _line_end(completion, place)) for place in (at, first)]
    return completions.SeveralTraces(span=places[0], first=places[1])


def _is_torn(text: str) -> bool:
    """Return whether the last line of a trace stops inside a step, or before the first."""
    line = _QUOTED.sub("", text.rstrip().rpartition("\n")[2])
    closed = line.count("{") <= line.count("}") and line.count("[") <= line.count("]")
    return not closed or line.strip() in ("-", "trace:") or '"' in line


def _line_end(completion: str, at: int) -> int:
    end = completion.find("\n", at)
    return max(at + 1, len(completion) if end < 0 else end)


def _last(completion: str) -> Span:
    text = completion.rstrip()
    return Span(max(0, text.rfind("\n") + 1), max(1, len(text)))
