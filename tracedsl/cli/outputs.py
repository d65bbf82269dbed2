"""Files that a command writes: each as a whole or not at all, and never over its own input."""

from __future__ import annotations

import gc
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TypeVar

from tracedsl.cli import UsageError

_T = TypeVar("_T")
_EVERY = 100  # problems between two counts on a terminal


@contextmanager
def writing(inputs: Iterable[str], *outputs: Path) -> Iterator[list[IO[str]]]:
    """Open files for writing; they take their names when all went well.

    An output that is an input, or is named twice, is refused before anything is written. A half of
    a surrogate pair, which UTF-8 cannot hold, is written as the escape that JSON has for it.
    """
    _refuse([Path(path) for path in inputs], outputs)
    with ExitStack() as stack:
        yield [stack.enter_context(_opened(output)) for output in outputs]


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file as a whole or not at all, keeping its mode; a symbolic link stays one."""
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else _mode()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            yield file
            file.flush()
            written.chmod(mode)
            written.replace(target)
        except BaseException:
            written.unlink(missing_ok=True)
            raise


def counted(things: Iterable[_T], what: str) -> Iterator[_T]:
    """Pass things on and show on a terminal how many there were."""
    shows = sys.stderr.isatty()
    for number, thing in enumerate(things, 1):
        yield thing
        if shows and number % _EVERY == 0:
            print(f"\r{number:,} {what}", end="", file=sys.stderr, flush=True)
    if shows:
        print(file=sys.stderr)


@contextmanager
def without_collector() -> Iterator[None]:
    """Leave the collector off while rows are made: they hold no cycles, and looking for some takes time."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _refuse(inputs: list[Path], outputs: tuple[Path, ...]) -> None:
    for at, output in enumerate(outputs):
        for other in (*inputs, *outputs[:at]):
            if output.resolve() == other.resolve() or (output.is_file() and other.is_file() and output.samefile(other)):
                raise UsageError(f"{output} would be written over {other}: name another output")


@contextmanager
def _opened(output: Path) -> Iterator[IO[str]]:
    special = output.exists() and not output.is_file()  # a pipe, /dev/stdout
    with output.open("wb") if special else replacing(output) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
        try:
            yield text
        finally:
            text.detach()


def _mode() -> int:
    """Return the mode of a new file: what the process's mask leaves."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
