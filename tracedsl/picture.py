"""Boxes and arrows, drawn as Mermaid, DOT, SVG or trees of text."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import singledispatch
from html import escape

from tracedsl.record import record


class Look(StrEnum):
    """What a box stands for: something given, computed, asked, or where a mistake begins."""

    GIVEN = "given"
    COMPUTED = "computed"
    ASKED = "asked"
    WRONG = "wrong"


@record
class Box:
    """A box; boxes of one ``group`` (a sub-trace) are framed together."""

    title: str
    detail: str
    look: Look
    group: str = ""


@record
class Arrow:
    """An arrow between two boxes, by their indices; ``label`` tells operands apart."""

    start: int
    end: int
    label: str = ""


@record
class Picture:
    """Boxes, each after those with arrows to it, and arrows."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@singledispatch
def picture_of(thing: object) -> Picture | None:
    """Return the picture of a thing; ``tracedsl.drawing`` knows those of the language."""
    return None


class Drawable:
    """Shows itself in a notebook by its picture."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        picture = picture_of(self)
        if picture is None or not picture.boxes:
            return {"text/plain": repr(self)}
        return {"text/plain": repr(self), "text/vnd.mermaid": to_mermaid(picture), "image/svg+xml": to_svg(picture)}


_FILL = {Look.GIVEN: "#e8f1fb", Look.COMPUTED: "#f6f6f6", Look.ASKED: "#e6f5e6", Look.WRONG: "#fbe3e3"}
_STROKE = {Look.GIVEN: "#4a7fb5", Look.COMPUTED: "#888888", Look.ASKED: "#3c8a3c", Look.WRONG: "#c03030"}
_MERMAID = {
    Look.GIVEN: ('(["', '"])'),
    Look.COMPUTED: ('["', '"]'),
    Look.ASKED: ('[["', '"]]'),
    Look.WRONG: ('{{"', '"}}'),
}


def to_mermaid(picture: Picture) -> str:
    """Return the picture as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for group, members in _groups(picture):
        indent = "  "
        if group:
            lines.append(f'  subgraph g{members[0]}["{_mermaid(group)}"]')
            indent = "    "
        for index in members:
            box = picture.boxes[index]
            left, right = _MERMAID[box.look]
            lines.append(f"{indent}n{index}{left}{_mermaid(box.title)}<br/>{_mermaid(box.detail)}{right}")
        lines += ["  end"] if group else []
    for arrow in picture.arrows:
        label = f"|{_mermaid(arrow.label)}|" if arrow.label else ""
        lines.append(f"  n{arrow.start} -->{label} n{arrow.end}")
    return "\n".join(lines) + "\n"


def to_dot(picture: Picture) -> str:
    """Return the picture as a DOT digraph."""
    lines = ["digraph trace {", '  node [shape=box, style="rounded,filled", fontname="sans-serif"];']
    for group, members in _groups(picture):
        lines += [f"  subgraph cluster_{members[0]} {{", f"    label={_dot(group)};"] if group else []
        for index in members:
            box = picture.boxes[index]
            label = _dot(f"{box.title}\n{box.detail}")
            lines.append(f'    n{index} [label={label}, fillcolor="{_FILL[box.look]}", color="{_STROKE[box.look]}"];')
        lines += ["  }"] if group else []
    for arrow in picture.arrows:
        label = f" [label={_dot(arrow.label)}]" if arrow.label else ""
        lines.append(f"  n{arrow.start} -> n{arrow.end}{label};")
    return "\n".join((*lines, "}")) + "\n"


_CELL, _ROW, _HEIGHT, _MARGIN, _LETTER = 24, 84, 44, 16, 7.4


def to_text(picture: Picture) -> str:
    """Return the picture as trees of text, one for each box that leads to no other; what is shared stands once."""
    inward: dict[int, list[Arrow]] = {}
    for arrow in picture.arrows:
        inward.setdefault(arrow.end, []).append(arrow)
    leading = {arrow.start for arrow in picture.arrows}
    lines: list[str] = []
    for index in range(len(picture.boxes)):
        if index not in leading:
            lines += _tree(picture, inward, index, set())
    return "".join(f"{line}\n" for line in lines)


def _tree(picture: Picture, inward: dict[int, list[Arrow]], root: int, seen: set[int]) -> Iterator[str]:
    """Yield the lines of a tree; each box waits with what stands before it and before those below it."""
    waiting = [(root, "", "")]
    while waiting:
        index, head, indent = waiting.pop()
        box, below = picture.boxes[index], inward.get(index, [])
        again = index in seen and bool(below)
        yield f"{head}{box.title}  {box.detail}{'  (above)' if again else ''}".rstrip()
        if not again:
            seen.add(index)
            ends = ["├─ "] * (len(below) - 1) + ["└─ "]
            waiting += [
                (arrow.start, indent + end, indent + ("│  " if end == "├─ " else "   "))
                for arrow, end in reversed(list(zip(below, ends, strict=False)))
            ]


def to_svg(picture: Picture) -> str:
    """Return the picture as a self-contained SVG, boxes in layers from top to bottom."""
    layout = _Layout(picture)
    shapes = [*layout.lines(), *layout.boxes()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:.0f}" height="{layout.height:.0f}" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" font-family="sans-serif" font-size="13">\n'
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


class _Layout:
    """Puts each box one row below the lowest that it depends on, centred in its row."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.widths = [max(len(box.title), len(box.detail), 4) * _LETTER + 20 for box in picture.boxes]
        rows: list[list[int]] = []
        for index, row in enumerate(self._rows()):
            rows += [[] for _ in range(row + 1 - len(rows))]
            rows[row].append(index)
        spans = [sum(self.widths[i] for i in row) + _CELL * (len(row) - 1) for row in rows]
        self.width = max(spans, default=0.0) + 2 * _MARGIN
        self.height = len(rows) * _ROW - (_ROW - _HEIGHT) + 2 * _MARGIN
        self.centres: dict[int, tuple[float, float]] = {}
        for number, (row_members, span) in enumerate(zip(rows, spans, strict=True)):
            left = (self.width - span) / 2
            for index in row_members:
                middle = _MARGIN + number * _ROW + _HEIGHT / 2
                self.centres[index] = (left + self.widths[index] / 2, middle)
                left += self.widths[index] + _CELL

    def _rows(self) -> list[int]:
        rows = [0] * len(self.picture.boxes)
        for arrow in sorted(self.picture.arrows, key=lambda arrow: arrow.end):
            rows[arrow.end] = max(rows[arrow.end], rows[arrow.start] + 1)
        firsts = {arrow.start: arrow for arrow in reversed(self.picture.arrows)}
        ends = {arrow.end for arrow in self.picture.arrows}
        for index in firsts:  # what is given stands just above its first use
            if index not in ends:
                uses = (rows[arrow.end] for arrow in self.picture.arrows if arrow.start == index)
                rows[index] = min(uses) - 1
        return rows

    def lines(self) -> Iterator[str]:
        for arrow in self.picture.arrows:
            (x, y), (to_x, to_y) = self.centres[arrow.start], self.centres[arrow.end]
            y, to_y = y + _HEIGHT / 2, to_y - _HEIGHT / 2
            bend = (to_y - y) / 2
            path = f"M{x:.1f} {y:.1f}C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"
            yield f'<path d="{path}" fill="none" stroke="#666" marker-end="url(#a)"/>'
            if arrow.label:
                at = f'x="{(x + to_x) / 2 + 4:.1f}" y="{(y + to_y) / 2:.1f}"'
                yield f'<text {at} fill="#666" font-size="11">{_svg(arrow.label)}</text>'

    def boxes(self) -> Iterator[str]:
        for index, box in enumerate(self.picture.boxes):
            (x, y), width = self.centres[index], self.widths[index]
            yield (
                f'<rect x="{x - width / 2:.1f}" y="{y - _HEIGHT / 2:.1f}" width="{width:.1f}" height="{_HEIGHT}" '
                f'rx="6" fill="{_FILL[box.look]}" stroke="{_STROKE[box.look]}"/>'
                f'<text x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle" font-weight="bold">{_svg(box.title)}</text>'
                f'<text x="{x:.1f}" y="{y + 13:.1f}" text-anchor="middle" fill="#444">{_svg(box.detail)}</text>'
            )


def _groups(picture: Picture) -> Iterator[tuple[str, list[int]]]:
    """Yield each group with its boxes, in order of appearance."""
    groups: dict[str, list[int]] = {}
    for index, box in enumerate(picture.boxes):
        groups.setdefault(box.group, []).append(index)
    yield from groups.items()


def _mermaid(text: str) -> str:
    """Escape a label as Mermaid wants it: by entity codes."""
    return "".join(c if c.isalnum() or c in " ._-+/=:,()[]{}*%" else f"#{ord(c)};" for c in text)


def _dot(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _svg(text: str) -> str:
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))
