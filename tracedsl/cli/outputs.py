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
from stat import S_ISREG
from typing import IO, TypeVar

from tracedsl.cli import UsageError

_T = TypeVar("_T")
_EVERY = 100  # problems between two counts on a terminal


@contextmanager
def writing(inputs: Iterable[str], *outputs: Path) -> Iterator[list[IO[str]]]:
    """Open files for writing; they take their names when all went well.

    ``-`` is standard output. An output that is an input, or is named twice, is refused before anything
    is written. A half of a surrogate pair, which UTF-8 cannot hold, is written as the escape that JSON
    has for it.
    """
    for output in outputs:
        if output.is_dir() or not output.parent.is_dir():
            raise UsageError(f"{output} cannot be written: {'a folder' if output.is_dir() else 'no such folder'}")
    if sum(map(is_stdout, outputs)) > 1:
        raise UsageError("only one output can be standard output")
    _refuse([Path(path) for path in inputs], outputs)
    with ExitStack() as stack:
        yield [stack.enter_context(_opened(output)) for output in outputs]


def telling(*outputs: Path) -> IO[str]:
    """Return the stream on which a command tells what it wrote: never the one that the rows went to."""
    return sys.stderr if any(map(is_stdout, outputs)) else sys.stdout


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
            if _same(output, other):
                raise UsageError(f"{output} would be written over {other}: name another output")


def _same(one: Path, other: Path) -> bool:
    first, second = _status(one), _status(other)
    return one.resolve() == other.resolve() or (
        first is not None and second is not None and S_ISREG(first.st_mode) and os.path.samestat(first, second)
    )


def _status(path: Path) -> os.stat_result | None:
    """Return what the system says of a file or, for ``-``, of standard output; ``None`` where there is none."""
    try:
        return os.fstat(sys.stdout.fileno()) if str(path) == "-" else path.stat()
    except (OSError, ValueError, AttributeError):  # closed, or no file behind it
        return None


def is_stdout(output: Path) -> bool:
    """Return whether an output is standard output, by whatever name: replacing it would lose what stands in it."""
    found, own = _status(output), _status(Path("-"))
    return str(output) == "-" or (found is not None and own is not None and os.path.samestat(found, own))


@contextmanager
def _opened(output: Path) -> Iterator[IO[str]]:
    if is_stdout(output):
        yield sys.stdout
        return
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
