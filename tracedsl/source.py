"""A text under examination and positions in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tracedsl.record import record

_ESCAPES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


class Span(NamedTuple):
    """Two offsets into a source, in code points, ``end`` exclusive.

    A named tuple, not a dataclass: a trace of five steps has some thirty of them, and they
    cost a third as much this way.
    """

    start: int
    end: int

    def __contains__(self, offset: object) -> bool:
        return isinstance(offset, int) and self.start <= offset < self.end


class Place(NamedTuple):
    """A position in a file: line and column from 1, offset from 0 in code points."""

    line: int = 1
    column: int = 1
    offset: int = 0


ORIGIN = Place()


@record
class Source:
    """The text of one document and where it stands in its file.

    ``raw`` is the JSON string (without quotes) that a row's text was decoded from; positions
    then point into that string.
    """

    text: str
    name: str = "<text>"
    document: int = 1
    origin: Place = ORIGIN
    raw: str | None = None

    @property
    def whole(self) -> Span:
        """The span of the first line, for what is wrong with a text as a whole."""
        return Span(0, max(1, len(self.text.partition("\n")[0])))

    @property
    def first_line(self) -> int:
        """The number to show for the first line: its own in a row, else the file's."""
        return 1 if self.raw is not None else self.origin.line

    def place(self, offset: int) -> Place:
        """Return where an offset of the text stands in the file."""
        if self.raw is not None:
            ahead = raw_offsets(self.raw)[offset]
            return Place(self.origin.line, self.origin.column + ahead, self.origin.offset + ahead)
        line, column = self.within(offset)
        if line == 1:
            column += self.origin.column - 1
        return Place(self.origin.line + line - 1, column, self.origin.offset + offset)

    def within(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1, inside this text."""
        before = self.text.rfind("\n", 0, offset)
        return self.text.count("\n", 0, offset) + 1, offset - before


@lru_cache(maxsize=4)
def raw_offsets(raw: str) -> tuple[int, ...]:
    """Return for each decoded character of a JSON string (and its end) where it starts in it."""
    return (*(match.start() for match in _ESCAPES.finditer(raw)), len(raw))
