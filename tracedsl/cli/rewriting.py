"""Rewriting the documents of a file, with everything around them kept."""

from __future__ import annotations

import difflib
import json
import os
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


def rewrite_file(path: str, files: Files, rewrite: Rewrite, *, write: bool, diff: bool) -> bool:
    """Rewrite a file's documents; return whether anything changes. The file is replaced as a whole."""
    stream = files.open(path)
    if stream is None:
        return False
    with stream:
        old = stream.read()
        stream.seek(0)
        lines = row_items(stream, path, files.limits) if path.endswith(".jsonl") else None
        parts = (
            _rows(lines, old, rewrite)
            if lines is not None
            else _documents(yaml_items(stream, path, files.limits), rewrite)
        )
        new = "".join(parts).encode()
    if old.startswith(b"\xef\xbb\xbf"):
        new = b"\xef\xbb\xbf" + new
    if new != old and diff:
        sys.stdout.writelines(_diff(path, old.decode(), new.decode()))
    if new != old and write:
        _replace(path, new)
    return new != old


def _documents(found: Iterator[Item], rewrite: Rewrite) -> Iterator[str]:
    for number, item in enumerate(found):
        text = item.source.text
        new = None if item.blank else rewrite(item)
        if new is None:
            yield text
            continue
        yield f"---\n{new}" if number and not MARKER.search(new) else new


def _rows(found: Iterator[Item], old: bytes, rewrite: Rewrite) -> Iterator[str]:
    """Yield the lines of a `.jsonl` file; blank ones are in no item."""
    changed = {item.source.document: new for item in found if (new := _row(item, rewrite)) is not None}
    for number, line in enumerate(old.decode().split("\n"), 1):
        ending = "\r" if line.endswith("\r") else ""
        yield ("\n" if number > 1 else "") + (changed[number] + ending if number in changed else line)


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
