"""Rewriting the documents of a file, with everything around them kept."""

from __future__ import annotations

import difflib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tracedsl.cli.files import Files
from tracedsl.cli.outputs import replacing
from tracedsl.inputs import BOM, Item, holds_rows, row_items, yaml_items
from tracedsl.limits import Limits
from tracedsl.record import record
from tracedsl.rows import value_span
from tracedsl.syntax.formatting import MARKER

#: The new text of a document, or ``None`` to leave it as it is.
Rewrite = Callable[[Item], str | None]


_ENDED = re.compile(r"^\.\.\.[^\n]*\Z", re.MULTILINE)


@record
class Rewritten:
    """What a file's bytes become; ``refusal`` says why they stay as they are."""

    content: bytes
    refusal: str = ""


def rewrite_bytes(old: bytes, name: str, rewrite: Rewrite, limits: Limits, *, rows: bool) -> Rewritten:
    """Rewrite the documents in a file's bytes.

    What cannot be read back to the same bytes (other encodings, documents beyond the limit)
    stays as it is.
    """
    try:
        text = old.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        return Rewritten(old, "it is not UTF-8")
    found = (row_items if rows else yaml_items)(io.BytesIO(old), name, limits)
    changed = _rows(found, text, rewrite) if rows else _documents(list(found), text, rewrite)
    if changed is None:
        return Rewritten(old, "a document is larger than the limit `bytes`")
    return Rewritten((BOM if old.startswith(BOM) else b"") + changed.encode())


def rewrite_file(path: str, files: Files, rewrite: Rewrite, *, write: bool, diff: bool) -> bool | None:
    """Rewrite a file as a whole; return whether anything changes, ``None`` if it had to be left."""
    stream = files.open(path)
    if stream is None:
        return None
    with stream:
        old = stream.read()
    new = rewrite_bytes(old, path, rewrite, files.limits, rows=holds_rows(path))
    if new.refusal:
        print(f"{path}: left as it is: {new.refusal}", file=sys.stderr)
        return None
    if new.content != old and diff:
        print_diff(path, old, new.content)
    if new.content != old and write:
        with replacing(Path(path)) as file:
            file.write(new.content)
    return new.content != old


def print_diff(path: str, old: bytes, new: bytes) -> None:
    """Print what changes, as a patch."""
    before, after = (re.findall(r"[^\n]*\n|[^\n]+", content.decode()) for content in (old, new))
    for line in difflib.unified_diff(before, after, path, path):
        print(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", end="")


def _documents(found: list[Item], text: str, rewrite: Rewrite) -> str | None:
    if "".join(item.source.text for item in found) != text:
        return None
    return "".join(_document(item, number, rewrite) for number, item in enumerate(found))


def _document(item: Item, number: int, rewrite: Rewrite) -> str:
    """Return a document's new text; it still begins and ends where other documents need it to."""
    text = item.source.text
    if item.blank or (new := rewrite(item)) is None:
        return text
    if "\r\n" in text and "\r\n" not in new:
        new = new.replace("\n", "\r\n")
    begin = "---\n" if number and not MARKER.search(new) else ""
    end = "...\n" if _ENDED.search(text.rstrip("\r\n")) and not _ENDED.search(new.rstrip("\r\n")) else ""
    return begin + new + end


def _rows(found: Iterator[Item], text: str, rewrite: Rewrite) -> str:
    """Return the lines of a `.jsonl` file; blank ones are in no item."""
    changed = {item.line.line: new for item in found if (new := _row(item, rewrite)) is not None}
    lines = text.split("\n")
    for number, new in changed.items():
        lines[number - 1] = new + ("\r" if lines[number - 1].endswith("\r") else "")
    return "\n".join(lines)


def _row(item: Item, rewrite: Rewrite) -> str | None:
    """Return a row with a new trace; one that holds its trace as an object is left as it is."""
    if item.row is not None and item.row.trace is None:
        print(f"{item.source.name}:{item.line.line}: left as it is: its trace is no text", file=sys.stderr)
        return None
    if (new := rewrite(item)) is None or item.row is None:
        return None
    line, span = item.row.line, value_span(item.row, "trace")
    quoted = json.dumps(new, ensure_ascii=line[span.start : span.end].isascii())
    return f"{line[: span.start]}{quoted}{line[span.end :]}"
