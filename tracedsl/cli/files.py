"""Paths to documents: files, folders, globs and standard input."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tracedsl.cli import UsageError
from tracedsl.inputs import BOM, Item, holds_rows, items
from tracedsl.limits import Limits
from tracedsl.reading import Mapping, Node, Scalar, Sequence, read_tree
from tracedsl.rows import Row, read_row

_STDIN = "-"
_KEYS = frozenset({"trace", "composition"})
_YAML = (".yaml", ".yml")


@contextmanager
def reading(path: str) -> Iterator[BinaryIO]:
    """Open a file that a command cannot do without."""
    try:
        with Path(path).open("rb") as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


@dataclass(slots=True)
class Files:
    """The files that a command names; ``skipped`` counts those of its folders that hold no trace."""

    limits: Limits
    stdin_name: str = "<stdin>"
    skipped: int = 0
    unreadable: list[str] = field(default_factory=list)

    def paths(self, arguments: list[str]) -> Iterator[str]:
        """Yield the files that hold documents; report what cannot be read and go on."""
        seen: set[str] = set()
        found = False
        for argument in arguments:
            for path in self._expand(argument):
                found = True
                if (plain := os.path.normpath(path)) not in seen:
                    seen.add(plain)
                    yield path
        if not found and not self.unreadable:
            skipped = f"; {self.skipped} files hold no trace" if self.skipped else ""
            raise UsageError(f"no documents in {', '.join(arguments)}{skipped}")

    def items(self, path: str) -> Iterator[Item]:
        """Yield the documents of a file."""
        if path == _STDIN:
            yield from self._standard_input()
            return
        stream = self.open(path)
        if stream is not None:
            with stream:
                yield from items(stream, path, self.limits)

    def open(self, path: str) -> BinaryIO | None:
        """Open a regular file; note any other as unreadable."""
        try:
            if not Path(path).is_file():
                reason = "no such file" if not Path(path).exists() else "not a regular file"
                raise OSError(0, reason)
            return Path(path).open("rb")
        except OSError as error:
            self._cannot_read(path, error.strerror or "input error")
            return None

    def _cannot_read(self, path: str, reason: str) -> None:
        self.unreadable.append(path)
        print(f"tracedsl: cannot read {path}: {reason}", file=sys.stderr)

    def _standard_input(self) -> Iterator[Item]:
        stream, most = sys.stdin.buffer, self.limits.bytes + 2
        head = stream.readline(most)
        if head.removeprefix(BOM).startswith(b"{"):
            head += stream.readline(most)
        return items(_Rejoined(head, stream), self.stdin_name, self.limits, rows=self.are_rows(head))

    def are_rows(self, head: bytes) -> bool:
        """Return whether standard input is rows, by its name or else by its first two lines."""
        return holds_rows(self.stdin_name) or (not self.stdin_name.endswith(_YAML) and _are_rows(head))

    def _expand(self, argument: str) -> Iterator[str]:
        if argument == _STDIN:
            yield argument
        elif Path(argument).is_dir():
            yield from self._folder(argument)
        elif not Path(argument).exists() and glob.has_magic(argument):
            found = sorted(glob.glob(argument, recursive=True))
            if not found:
                self._cannot_read(argument, "nothing matches")
            for path in found:
                yield from self._folder(path) if Path(path).is_dir() else (path,)
        else:
            yield argument

    def _folder(self, folder: str) -> Iterator[str]:
        def missed(error: OSError) -> None:
            self._cannot_read(error.filename, error.strerror or "input error")

        for root, folders, names in os.walk(folder, onerror=missed):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
            for name in sorted(names):
                path = str(Path(root, name))
                if not name.endswith((*_YAML, ".jsonl")):
                    continue
                if name.endswith((".trace.yaml", ".trace.yml")) or self._holds_documents(path):
                    yield path
                else:
                    self.skipped += 1

    def _holds_documents(self, path: str) -> bool:
        """Return whether the first document of a file found in a folder looks like a trace."""
        stream = self.open(path)
        if stream is None:
            return False
        with stream:
            first = next(items(stream, path, self.limits), None)
        if first is None:
            return False
        if holds_rows(path):
            return first.row is None or bool(first.row.columns.keys() & _KEYS)
        reading = read_tree(first.source, self.limits)
        return (
            _looks_like_trace(reading.root) if reading.root is not None else bool(first.faults or reading.diagnostics)
        )


class _Rejoined(io.BytesIO):
    """A stream whose first lines have been looked at: it gives them again, then the rest."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        super().__init__(first)
        self._rest = rest

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the rest of the first lines, or else what follows them."""
        return super().read(size) or self._rest.read(-1 if size is None else size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next of the first lines, or else what follows them."""
        return super().readline(size) or self._rest.readline(-1 if size is None else size)


def _are_rows(head: bytes) -> bool:
    """Return whether a text begins as rows: one whose trace is a text, or one of several that are objects."""
    first, _, rest = head.decode("utf-8-sig", "replace").partition("\n")
    row = read_row(first) if first.startswith("{") else None
    if not isinstance(row, Row):
        return False
    return row.trace is not None or (bool(row.columns.keys() & _KEYS) and rest.lstrip().startswith("{"))


def _looks_like_trace(root: Node | None) -> bool:
    match root:
        case Mapping(pairs=pairs):
            return not {key.text for key, _ in pairs}.isdisjoint(_KEYS)
        case Sequence(items=parts):
            keys = [{key.text for key, _ in part.pairs} for part in parts if isinstance(part, Mapping)]
            return bool(keys) and len(keys) == len(parts) and all("expert" in found for found in keys)
        case Scalar() | None:
            return False
