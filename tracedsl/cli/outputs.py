"""Files that a command writes: each as a whole or not at all, and never over its own input."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tracedsl.cli import UsageError


@contextmanager
def writing(inputs: Iterable[str], *outputs: Path) -> Iterator[list[IO[str]]]:
    """Open files for writing; they take their names when all went well.

    An output that is an input, or is named twice, is refused before anything is written. A half of
    a surrogate pair, which UTF-8 cannot hold, is written as the escape that JSON has for it.
    """
    _refuse([Path(path) for path in inputs], outputs)
    with ExitStack() as stack:
        yield [stack.enter_context(_opened(output)) for output in outputs]


def _refuse(inputs: list[Path], outputs: tuple[Path, ...]) -> None:
    for at, output in enumerate(outputs):
        for other in (*inputs, *outputs[:at]):
            if output.resolve() == other.resolve() or (output.is_file() and other.is_file() and output.samefile(other)):
                raise UsageError(f"{output} would be written over {other}: name another output")


@contextmanager
def _opened(output: Path) -> Iterator[IO[str]]:
    if output.exists() and not output.is_file():  # a pipe, /dev/stdout
        with output.open("w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
        return
    target = output.resolve()
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="backslashreplace",
        newline="",
        dir=target.parent,
        prefix=f".{target.name}.",
        delete=False,
    ) as temporary:
        written = Path(temporary.name)
        try:
            yield temporary
            temporary.flush()
            written.chmod(target.stat().st_mode if target.exists() else _mode())
            written.replace(target)
        except BaseException:
            written.unlink(missing_ok=True)
            raise


def _mode() -> int:
    """Return the mode of a new file: what the process's mask leaves."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
