"""`tracedsl renumber`: the same problems with other numbers, each proved."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.outputs import writing
from tracedsl.cli.settings import Settings, settings
from tracedsl.inputs import row_items
from tracedsl.proving import Prover
from tracedsl.rewriting.renumber import Refusal, plan_of, renumbered

_EVERY = 100
_KEPT = ("id", "expert", "pattern", "source")


def run(options: argparse.Namespace) -> int:
    """Renumber the rows of the files that the options name."""
    if options.per < 1:
        raise UsageError(f"--per takes a number from 1 on, not {options.per}")
    chosen, summary = settings(options), Counter[str]()
    gc.freeze()
    gc.disable()  # rows hold no cycles
    try:
        with writing(options.paths, Path(options.output)) as (out,):
            for number, row in enumerate(_renumbered(options, chosen, summary), 1):
                out.write(f"{json.dumps(row, ensure_ascii=False)}\n")
                if number % _EVERY == 0 and sys.stderr.isatty():
                    print(f"\r{number:,} rows", end="", file=sys.stderr, flush=True)
    finally:
        gc.enable()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    _tell(options, summary)
    return WELL


def _renumbered(options: argparse.Namespace, chosen: Settings, summary: Counter[str]) -> Iterator[dict[str, Any]]:
    prover = Prover(chosen.vocabulary, chosen.limits)
    for number, row in enumerate(_rows(options, chosen), 1):
        summary["problems"] += 1
        plan = plan_of(row, prover)
        if isinstance(plan, Refusal):
            summary[f"reason {plan}"] += 1
            continue
        key = str(row.get("id", number))
        made = list(renumbered(plan, prover, options.seed, key, options.per))
        summary["rows"] += len(made)
        summary["full"] += len(made) == options.per
        if not made:
            summary[f"reason {Refusal.NOT_FOUND}"] += 1
        kept = {name: row[name] for name in _KEPT if name in row}
        yield from ({**kept, "variant": variant, **each} for variant, each in enumerate(made))


def _rows(options: argparse.Namespace, chosen: Settings) -> Iterator[dict[str, Any]]:
    """Yield the rows of the files, those that can be read."""
    for path in options.paths:
        try:
            with Path(path).open("rb") as stream:
                for item in row_items(stream, path, chosen.limits):
                    yield item.row.columns if item.row is not None else {}
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _tell(options: argparse.Namespace, summary: Counter[str]) -> None:
    problems = summary["problems"]
    share = f" ({100 * summary['full'] / problems:.1f} %)" if problems else ""
    print(f"{options.output}: {summary['rows']:,} rows from {problems:,} problems; every row proved.")
    print(f"  {summary['full']:,} problems{share} have all {options.per}")
    for name, count in sorted(summary.items()):
        if name.startswith("reason "):
            print(f"  {count:,} have none: {name.removeprefix('reason ')}")
