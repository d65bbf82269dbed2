"""Comments: the parser drops them, so they are found between the scalars of a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracedsl.reading import Mapping, Node, Scalar, Sequence
from tracedsl.source import Span

_COMMENT = re.compile(r"#[^\r\n]*")


def comments(text: str, root: Node | None) -> Iterator[Span]:
    """Yield the spans of the comments of a text, ``#`` included, in order."""
    if "#" not in text:
        return
    at = 0
    for scalar in [*_scalars(root), Scalar("", True, len(text), len(text))]:
        for found in _COMMENT.finditer(text, at, max(at, scalar.start)):
            yield Span(found.start(), found.start() + len(found[0].rstrip()))
        at = max(at, scalar.end)
        if not scalar.plain and text[scalar.start] in "|>":
            yield from _header_comment(text, scalar)


def _header_comment(text: str, scalar: Scalar) -> Iterator[Span]:
    """Yield the comment that stands behind the `|` or `>` of a block scalar."""
    found = _COMMENT.search(text, scalar.start, text.find("\n", scalar.start) % (len(text) + 1))
    if found is not None:
        yield Span(found.start(), found.start() + len(found[0].rstrip()))


def _scalars(root: Node | None) -> Iterator[Scalar]:
    stack: list[Node] = [root] if root is not None else []
    while stack:
        match stack.pop():
            case Scalar() as scalar:
                yield scalar
            case Sequence(items=items):
                stack += reversed(items)
            case Mapping(pairs=pairs):
                stack += reversed([node for pair in pairs for node in pair])
