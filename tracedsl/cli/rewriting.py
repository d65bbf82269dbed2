"""Rewriting the documents of a file, with everything around them kept."""

from __future__ import annotations

import difflib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tracedsl.cli.files import Files
from tracedsl.inputs import Item, row_items, yaml_items
from tracedsl.rows import members
from tracedsl.syntax.formatting import MARKER

#: The new text of a document, or ``None`` to leave it as it is.
Rewrite = Callable[[Item], str | None]


_BOM = b"\xef\xbb\xbf"
_ENDED = re.compile(r"^\.\.\.[^\n]*\Z", re.MULTILINE)


def rewrite_file(path: str, files: Files, rewrite: Rewrite, *, write: bool, diff: bool) -> bool:
    """Rewrite a file's documents; return whether anything changes.

    The file is replaced as a whole. One that cannot be read back to the same bytes (other
    encodings, documents beyond the limit) is left as it is.
    """
    stream = files.open(path)
    if stream is None:
        return False
    with stream:
        old = stream.read()
    try:
        text = old.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        print(f"{path}: left as it is: it is not UTF-8", file=sys.stderr)
        return False
    found = (row_items if path.endswith(".jsonl") else yaml_items)(io.BytesIO(old), path, files.limits)
    changed = _rows(found, text, rewrite) if path.endswith(".jsonl") else _documents(list(found), text, rewrite)
    if changed is None:
        print(f"{path}: left as it is: a document is larger than the limit `bytes`", file=sys.stderr)
        return False
    if changed != text and diff:
        sys.stdout.writelines(_diff(path, text, changed))
    if changed != text and write:
        _replace(path, (_BOM if old.startswith(_BOM) else b"") + changed.encode())
    return changed != text


def _documents(found: list[Item], text: str, rewrite: Rewrite) -> str | None:
    if "".join(item.source.text for item in found) != text:
        return None
    return "".join(_document(item, number, rewrite) for number, item in enumerate(found))


def _document(item: Item, number: int, rewrite: Rewrite) -> str:
    """Return a document's new text; it still begins and ends where other documents need it to."""
    text = item.source.text
    if item.blank or (new := rewrite(item)) is None:
        return text
    begin = "---\n" if number and not MARKER.search(new) else ""
    end = "...\n" if _ENDED.search(text.rstrip("\r\n")) and not _ENDED.search(new.rstrip("\r\n")) else ""
    return begin + new + end


def _rows(found: Iterator[Item], text: str, rewrite: Rewrite) -> str:
    """Return the lines of a `.jsonl` file; blank ones are in no item."""
    changed = {item.source.document: new for item in found if (new := _row(item, rewrite)) is not None}
    lines = text.split("\n")
    for number, new in changed.items():
        lines[number - 1] = new + ("\r" if lines[number - 1].endswith("\r") else "")
    return "\n".join(lines)


def _row(item: Item, rewrite: Rewrite) -> str | None:
    """Return a row with a new trace; one that holds its trace as an object is left as it is."""
    if item.row is None or item.row.trace is None or (new := rewrite(item)) is None:
        return None
    line = item.row.line
    span = next(span for key, span in members(line) if key == "trace")
    quoted = json.dumps(new, ensure_ascii=line[span.start : span.end].isascii())
    return f"{line[: span.start]}{quoted}{line[span.end :]}"


def _diff(path: str, old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), path, path)
    return (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _replace(path: str, content: bytes) -> None:
    """Write a file as a whole or not at all, keeping its mode; a symbolic link stays one."""
    target = Path(path).resolve()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(target.stat().st_mode)
    os.replace(file.name, target)  # noqa: PTH105
