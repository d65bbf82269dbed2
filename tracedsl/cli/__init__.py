"""The command line. Only here anything is printed, and only here a process ends."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from tracedsl.cli.arguments import parser

WELL, FINDINGS, USAGE, BUG = range(4)


class UsageError(Exception):
    """The command line, its configuration or its input cannot be used; the text says why."""


def several(count: int, noun: str) -> str:
    """Return a count with its noun: 1 file, 1,200 files, 2 mixes."""
    ending = "" if count == 1 else "es" if noun.endswith("x") else "s"
    return f"{count:,} {noun}{ending}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    _prepare_streams()
    try:
        return _run(arguments)
    except UsageError as error:
        print(f"tracedsl: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        _drop_output()
        return WELL
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # a full disk, a closed or unreadable stream
        print(f"tracedsl: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        _drop_output()
        return USAGE
    except Exception:
        import traceback

        traceback.print_exc()
        print(
            "tracedsl: this is a bug in tracedsl; please report it with the input and the lines above", file=sys.stderr
        )
        return BUG


def _drop_output() -> None:
    """Let what could not be written go, or Python would try once more when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _prepare_streams() -> None:
    """Put nothing where a stream is closed, and have the others take any text."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = parser().parse_args(arguments)
    except SystemExit:  # --help and --version have written: whether that went well shows here
        sys.stdout.flush()
        raise
    gc.disable()  # what is imported stays: looking through it again and again costs 10 ms
    command = import_module(f"tracedsl.cli.{options.command}")
    gc.freeze()
    gc.enable()
    code: int = command.run(options)
    sys.stdout.flush()
    return code
