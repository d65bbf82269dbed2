"""Rows of GSM8K train to learn from: `python -m training.prepare gsm8k_train_1.jsonl … -o training/out/data`.

Imports the problems, leaves out what is held for evaluation, the 500 that recipes are chosen on, and
those with a number that nothing states; renumbers and augments the rest; writes gsm8k.jsonl, shuffled, the
problems themselves before what was made of them where `--most` cuts off.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import Any

from tqdm import tqdm

from tracedsl.importers.rows import Imported, import_problem
from tracedsl.importers.sources import READERS
from tracedsl.importers.subquestions import subquestions
from tracedsl.masking import masked
from tracedsl.patterns.curriculum import shipped
from tracedsl.proving import Prover
from tracedsl.rewriting.augment import augmented
from tracedsl.rewriting.names import numbered_row
from tracedsl.rewriting.renumber import Refusal, plan_of, renumbered
from tracedsl.rows import step_names
from tracedsl.vocabulary import default
from training import sets
from training.config import positive
from training.rows import held_questions

Row = dict[str, Any]


def main(options: argparse.Namespace) -> Path:
    """Write the rows and return their file."""
    held = held_questions([*sets.files(), *options.without]).keys() | sets.set_aside().keys()
    problems = [each for path in options.files for each in READERS["gsm8k"](path) if masked(each.question) not in held]
    if options.subquestions:
        problems = [part for each in problems for part in subquestions(each)]
    made = (import_problem(each, default()) for each in tqdm(problems))
    rows = [each.row for each in made if isinstance(each, Imported) and _is_wanted(each.row, options.steps)]
    print(f"{len(rows):,} of {len(problems):,} problems; {len(held):,} questions are held or left out")
    others = list(_others(rows, options))
    if options.names == "numbered":
        rows, others = ([numbered_row(row, default()) for row in each] for each in (rows, others))
    Random(options.seed).shuffle(rows)
    Random(options.seed).shuffle(others)
    kept = [*rows, *others][: options.most]
    Random(options.seed).shuffle(kept)
    path: Path = options.output / "gsm8k.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    print(f"{path}: {len(kept):,} rows")
    return path


def _is_wanted(row: Row, most: int) -> bool:
    """Keep rows that are not too long and state all their numbers."""
    return len(step_names(row["trace"])) <= most and all(each["ground"] != "none" for each in row["grounding"])


def _others(rows: list[Row], options: argparse.Namespace) -> Iterator[Row]:
    """Yield what is made of each row, on as many processes as are asked for, always in the same order."""
    if options.renumber or options.augment:
        with Pool(options.workers, _Work.begin, (rows, options)) as pool:
            for found in tqdm(pool.imap(_Work.of, range(len(rows)), chunksize=8), total=len(rows)):
                yield from found


class _Work:
    """What a process needs to make problems of any row."""

    here: _Work

    def __init__(self, rows: list[Row], options: argparse.Namespace) -> None:
        self.rows, self.options = rows, options
        self.prover, self.asides = Prover(default()), shipped().asides

    @classmethod
    def begin(cls, rows: list[Row], options: argparse.Namespace) -> None:
        """Keep it in this process."""
        cls.here = cls(rows, options)

    @classmethod
    def of(cls, at: int) -> list[Row]:
        """Return what is made of one row."""
        return [*cls.here.renumbered(at), *cls.here.augmented(at)]

    def renumbered(self, at: int) -> Iterator[Row]:
        """Yield a row in other numbers."""
        row, count = self.rows[at], self.options.renumber
        plan = plan_of(row, self.prover) if count else None
        if plan is not None and not isinstance(plan, Refusal):
            yield from renumbered(plan, self.prover, self.options.seed, str(row.get("id")), count)

    def augmented(self, at: int) -> Iterator[Row]:
        """Yield other problems made of a row."""
        count = self.options.augment
        if count:
            yield from augmented(self.rows, at, self.prover, self.asides, self.options.seed, count)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("files", type=Path, nargs="+", help="GSM8K train, as .jsonl")
    found.add_argument("-o", "--output", type=Path, default=Path("training/out/data"))
    found.add_argument("--subquestions", action="store_true", help="what solutions find on the way, not the problems")
    found.add_argument("--names", choices=("words", "numbered"), default="words")
    found.add_argument("--steps", type=positive, default=14, help="steps of a trace at most; default: 14")
    found.add_argument("--renumber", type=int, default=0, help="variants of each problem; default: none")
    found.add_argument("--augment", type=int, default=0, help="new problems from each; default: none")
    found.add_argument("--without", type=Path, nargs="*", default=[], help="files of rows whose questions are left out")
    found.add_argument("--most", type=positive, help="rows at most")
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--workers", type=positive, default=1, help="processes; default: 1")
    return found


if __name__ == "__main__":
    main(parser().parse_args())
