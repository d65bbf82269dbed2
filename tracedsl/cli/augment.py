"""`tracedsl augment`: more distinct problems from those of a file, each proved."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from tracedsl.cli import WELL
from tracedsl.cli.files import reading
from tracedsl.cli.outputs import counted, telling, without_collector, writing
from tracedsl.cli.settings import curriculum, settings
from tracedsl.cli.variants import refuse_no_rows, refuse_none, variant
from tracedsl.inputs import row_items
from tracedsl.proving import Prover
from tracedsl.rewriting.augment import augmented


def run(options: argparse.Namespace) -> int:
    """Augment the rows of the files that the options name."""
    refuse_none(options)
    chosen, ways = settings(options), Counter[str]()
    rows: list[dict[str, Any]] = []
    for path in options.paths:
        with reading(path) as stream:
            rows += [item.row.columns for item in row_items(stream, path, chosen.limits) if item.row is not None]
    refuse_no_rows(options, len(rows))
    prover, asides, made = Prover(chosen.vocabulary, chosen.limits), curriculum(chosen).asides, 0
    with without_collector(), writing(options.paths, Path(options.output)) as (out,):
        for at, row in enumerate(counted(rows, f"of {len(rows):,} problems")):
            for place, each in enumerate(augmented(rows, at, prover, asides, options.seed, options.per)):
                out.write(f"{json.dumps(variant(row, place, each), ensure_ascii=False)}\n")
                ways.update(each["how"])
                made += 1
    told = ", ".join(f"{count:,} by {way}" for way, count in sorted(ways.items()))
    text = f"{options.output}: {made:,} rows from {len(rows):,} problems ({told or 'none'}); every row proved."
    print(text, file=telling(Path(options.output)))
    return WELL
