"""`tracedsl renumber`: the same problems with other numbers, each proved."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracedsl.cli import WELL
from tracedsl.cli.files import reading
from tracedsl.cli.outputs import counted, telling, without_collector, writing
from tracedsl.cli.settings import Settings, settings
from tracedsl.cli.variants import refuse_no_rows, refuse_none, variant
from tracedsl.inputs import row_items
from tracedsl.proving import Prover
from tracedsl.rewriting.renumber import Refusal, plan_of, renumbered


def run(options: argparse.Namespace) -> int:
    """Renumber the rows of the files that the options name."""
    refuse_none(options)
    chosen, summary = settings(options), Counter[str]()
    with without_collector(), writing(options.paths, Path(options.output)) as (out,):
        for row in counted(_renumbered(options, chosen, summary), "rows"):
            out.write(f"{json.dumps(row, ensure_ascii=False)}\n")
        refuse_no_rows(options, summary["read"])
    for line in _told(options, summary):
        print(line, file=telling(Path(options.output)))
    return WELL


def _renumbered(options: argparse.Namespace, chosen: Settings, summary: Counter[str]) -> Iterator[dict[str, Any]]:
    prover = Prover(chosen.vocabulary, chosen.limits)
    for number, row in enumerate(_rows(options, chosen), 1):
        summary["problems"] += 1
        summary["read"] += bool(row)
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
        yield from (variant(row, place, each) for place, each in enumerate(made))


def _rows(options: argparse.Namespace, chosen: Settings) -> Iterator[dict[str, Any]]:
    """Yield the rows of the files, those that can be read."""
    for path in options.paths:
        with reading(path) as stream:
            for item in row_items(stream, path, chosen.limits):
                yield item.row.columns if item.row is not None else {}


def _told(options: argparse.Namespace, summary: Counter[str]) -> Iterator[str]:
    problems = summary["problems"]
    share = f" ({100 * summary['full'] / problems:.1f} %)" if problems else ""
    yield f"{options.output}: {summary['rows']:,} rows from {problems:,} problems; every row proved."
    yield f"  {summary['full']:,} problems{share} have all {options.per}"
    for name, count in sorted(summary.items()):
        if name.startswith("reason "):
            yield f"  {count:,} have none: {name.removeprefix('reason ')}"
