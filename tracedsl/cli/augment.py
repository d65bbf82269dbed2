"""`tracedsl augment`: more distinct problems from those of a file, each proved."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.outputs import writing
from tracedsl.cli.settings import curriculum, settings
from tracedsl.inputs import row_items
from tracedsl.proving import Prover
from tracedsl.rewriting.augment import augmented

_EVERY = 100
_KEPT = ("id", "expert", "pattern", "source")


def run(options: argparse.Namespace) -> int:
    """Augment the rows of the files that the options name."""
    if options.per < 1:
        raise UsageError(f"--per takes a number from 1 on, not {options.per}")
    chosen, ways = settings(options), Counter[str]()
    rows: list[dict[str, Any]] = []
    for path in options.paths:
        try:
            with Path(path).open("rb") as stream:
                rows += [item.row.columns for item in row_items(stream, path, chosen.limits) if item.row is not None]
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error
    prover, asides, made = Prover(chosen.vocabulary, chosen.limits), curriculum(chosen).asides, 0
    gc.freeze()
    gc.disable()  # rows hold no cycles
    with writing(options.paths, Path(options.output)) as (out,):
        for at, row in enumerate(rows):
            kept = {name: row[name] for name in _KEPT if name in row}
            for variant, each in enumerate(augmented(rows, at, prover, asides, options.seed, options.per)):
                out.write(f"{json.dumps({**kept, 'variant': variant, **each}, ensure_ascii=False)}\n")
                ways.update(each["how"])
                made += 1
            if at % _EVERY == 0 and sys.stderr.isatty():
                print(f"\r{at:,} of {len(rows):,} problems", end="", file=sys.stderr, flush=True)
    gc.enable()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    told = ", ".join(f"{count:,} by {way}" for way, count in sorted(ways.items()))
    print(f"{options.output}: {made:,} rows from {len(rows):,} problems ({told or 'none'}); every row proved.")
    return WELL
