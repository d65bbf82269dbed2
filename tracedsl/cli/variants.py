"""What the commands that make new rows of old ones share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from tracedsl.cli import UsageError

_KEPT = ("id", "expert", "pattern", "source")


def refuse_none(options: argparse.Namespace) -> None:
    """Refuse to make no variant at all."""
    if options.per < 1:
        raise UsageError(f"--per takes a number from 1 on, not {options.per}")


def refuse_no_rows(options: argparse.Namespace, rows: int) -> None:
    """Refuse files in which nothing is a row."""
    if not rows:
        raise UsageError(f"there is no row in {', '.join(options.paths)}; give .jsonl files of rows")


def variant(row: Mapping[str, Any], number: int, made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was made of a row, with where it comes from."""
    return {**{name: row[name] for name in _KEPT if name in row}, "variant": number, **made}
