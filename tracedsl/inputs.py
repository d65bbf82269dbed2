"""Documents from files: YAML of several documents, rows of JSON, one at a time.

A stream of any length is read in constant memory; only a single document is ever held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from tracedsl.diagnostics import Diagnostic, text
from tracedsl.limits import Limits
from tracedsl.record import record
from tracedsl.rows import Row, read_row, reduced, trace_source
from tracedsl.source import ORIGIN, Place, Source, Span

BOM = b"\xef\xbb\xbf"
_CONTINUATION = bytes(range(0x80, 0xC0))
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)|^\.\.\.(?:[ \t][^\n]*|\r)?(?:\n|\Z)", re.MULTILINE)
_AHEAD = re.compile(rb"(?:[ \t]*\r?\n|[%#][^\n]*\n)*")
_BLOCK = 1 << 16


@record
class Item:
    """One document to examine: its source, the row it comes from, what is wrong with its bytes.

    A blank one has no document in it, only space and comments.
    """

    source: Source
    row: Row | None = None
    faults: tuple[Diagnostic, ...] = ()
    line: Place = ORIGIN
    blank: bool = False

    def located(self) -> Source:
        """Return the source with positions in its file; for a row that is worth computing only now."""
        if self.row is None:
            return self.source
        if self.row.trace is None:
            return replace(self.source, text=self.row.line)
        return trace_source(self.row, self.source.name, self.source.document, self.line)


class _Piece(NamedTuple):
    """A line or a document as bytes; of an oversized one only the head, but its whole extent."""

    head: bytes
    length: int
    lines: int


def yaml_items(stream: BinaryIO, name: str, limits: Limits) -> Iterator[Item]:
    """Yield the documents of a YAML stream, and what stands around them as blank items."""
    place, document, empty = Place(), 1, True
    for piece in _documents(stream, limits.bytes):
        source, fault = _decode(piece.head, name, document, place, limits.bytes)
        place = Place(place.line + piece.lines, 1, place.offset + piece.length)
        if fault is None and not _has_content(source.text):
            yield Item(source, blank=True)
            continue
        yield Item(source, faults=() if fault is None else (fault,))
        document, empty = document + 1, False
    if empty:
        yield Item(Source("", name), faults=(text.EmptyDocument(span=Span(0, 1)),))


def row_items(stream: BinaryIO, name: str, limits: Limits) -> Iterator[Item]:
    """Yield the rows of a `.jsonl` stream; blank lines are skipped."""
    offset, document = 0, 1
    for number, piece in enumerate(_lines(stream, limits.bytes), 1):
        source, fault = _decode(piece.head, name, document, Place(number, 1, offset), limits.bytes)
        offset += piece.length
        line = source.text.rstrip("\r\n")
        if line.strip():
            yield _row_item(Source(line, name, document, source.origin), fault)
            document += 1


def _row_item(source: Source, fault: Diagnostic | None) -> Item:
    row = read_row(source.text) if fault is None else fault
    if isinstance(row, Diagnostic):
        return Item(source, faults=(row,), line=source.origin)
    if row.trace is None:
        return Item(replace(source, text=reduced(row)), row, line=source.origin)
    return Item(Source(row.trace, source.name, source.document), row, line=source.origin)


class _Growing:
    """The document being read: its head up to a size, and its whole extent."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.head = bytearray()
        self.length = self.lines = 0

    def add(self, raw: bytes) -> None:
        if len(self.head) <= self.most:
            self.head += raw
        self.length += _code_points(raw)
        self.lines += raw.count(b"\n")

    def take(self) -> _Piece:
        """Return what has grown, and begin anew."""
        piece = _Piece(bytes(self.head), self.length, self.lines)
        self.head.clear()
        self.length = self.lines = 0
        return piece


def _documents(stream: BinaryIO, most: int) -> Iterator[_Piece]:
    """Yield the bytes of each YAML document, cut before a line `---` and after a line `...`.

    YAML forbids such lines inside a document, so the cut is exact; comments and directives stay
    with the document that they precede. Of a document that is larger than ``most`` only so much
    is kept that it is still seen to be too large.
    """
    growing = _Growing(most)
    broken = False  # the last block ended inside a line
    while block := stream.read(_BLOCK):
        block += stream.readline(_BLOCK)
        at = 0
        for marker in _markers(block, broken):
            cut = marker.end() if marker[0].startswith(b".") else marker.start()
            growing.add(block[at:cut])
            at = cut
            if growing.length and not _AHEAD.fullmatch(growing.head):
                yield growing.take()
        growing.add(block[at:])
        broken = not block.endswith(b"\n")
    if growing.length:
        yield growing.take()


def _markers(block: bytes, broken: bool) -> Iterator[re.Match[bytes]]:
    """Yield the markers of a block that, if ``broken``, begins inside a line."""
    if not block.startswith((b"---", b"...")) and b"\n---" not in block and b"\n..." not in block:
        return  # ten times as fast as to look for the pattern
    yield from (marker for marker in _MARKER.finditer(block) if not (broken and marker.start() == 0))


def _lines(stream: BinaryIO, most: int) -> Iterator[_Piece]:
    """Yield lines; of one longer than ``most`` only the beginning."""
    while head := stream.readline(most + 2):
        length, rest = _code_points(head), head
        while not rest.endswith(b"\n") and (rest := stream.readline(most + 2)):
            length += _code_points(rest)
        yield _Piece(head, length, 1)


def _code_points(raw: bytes) -> int:
    return len(raw) if raw.isascii() else len(raw.translate(None, _CONTINUATION))


def _decode(raw: bytes, name: str, document: int, origin: Place, most: int) -> tuple[Source, Diagnostic | None]:
    if origin.offset == 0 and raw.startswith(BOM):
        raw, origin = raw.removeprefix(BOM), origin._replace(offset=1)
    if len(raw) > most:
        large = text.TooLarge(span=Span(0, 1), what="bytes", most=most, limit="bytes")
        return Source(raw.decode("utf-8", "replace"), name, document, origin), large
    try:
        return Source(raw.decode("utf-8"), name, document, origin), None
    except UnicodeDecodeError as error:
        at = len(raw[: error.start].decode("utf-8"))
        fault = text.NotUtf8(span=Span(at, at + 1), byte=error.start + 1)
        return Source(raw.decode("utf-8", "replace"), name, document, origin), fault


def _has_content(chunk: str) -> bool:
    """Return whether anything but comments stands in a chunk; a `---` alone is an empty document."""
    lines = (line.strip() for line in chunk.split("\n"))
    return any(line and not line.startswith("#") and line != "..." for line in lines)


def holds_rows(name: str) -> bool:
    """Return whether a file of this name holds rows."""
    return name.endswith(".jsonl")


def items(stream: BinaryIO, name: str, limits: Limits, *, rows: bool | None = None) -> Iterator[Item]:
    """Yield the documents of a stream: rows if so said, or else by its name."""
    if rows is None:
        rows = holds_rows(name)
    found = row_items(stream, name, limits) if rows else yaml_items(stream, name, limits)
    return (item for item in found if not item.blank)
