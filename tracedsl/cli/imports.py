"""`tracedsl import`: problems that others have written, to rows with proved traces."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.outputs import counted, is_stdout, telling, without_collector, writing
from tracedsl.cli.settings import need, settings
from tracedsl.importers.rows import Imported, Problem, Rejected, import_problem
from tracedsl.importers.sources import READERS, Unreadable
from tracedsl.importers.subquestions import subquestions
from tracedsl.rewriting.names import numbered_row
from tracedsl.vocabulary import Vocabulary


def run(options: argparse.Namespace) -> int:
    """Import the files that the options name."""
    chosen = settings(options)
    if options.subquestions:
        need("simplemma", "--subquestions")
    output = Path(options.output)
    if is_stdout(output) and not options.rejected:
        raise UsageError("rows to standard output leave no name for the others: give --rejected FILE")
    rejected = Path(options.rejected or f"{options.output.removesuffix(output.suffix)}.rejected.jsonl")
    for path in (*options.paths,):
        if not Path(path).is_file():
            raise UsageError(f"cannot read {path}: {'not a file' if Path(path).exists() else 'no such file'}")
    try:
        with without_collector(), writing(options.paths, output, rejected) as (rows, others):
            numbering = options.names == "numbered"
            summary = _write(_problems(options), rows, others, chosen.vocabulary, numbering=numbering)
            if not summary:
                raise UsageError(f"there is no problem in {', '.join(options.paths)}")
    except Unreadable as error:
        raise UsageError(str(error)) from error
    for line in _told(summary, output, rejected):
        print(line, file=telling(output, rejected))
    return WELL


def _problems(options: argparse.Namespace) -> Iterator[Problem]:
    for path in options.paths:
        for problem in READERS[options.source](Path(path)):
            yield from subquestions(problem) if options.subquestions else (problem,)


def _write(
    problems: Iterator[Problem], rows: IO[str], others: IO[str], words: Vocabulary, *, numbering: bool
) -> Counter[str]:
    """Write rows as they come; return what there was of each kind."""
    summary: Counter[str] = Counter()
    for problem in counted(problems, "problems"):
        match import_problem(problem, words):
            case Imported(row=row, pruned=pruned):
                named = numbered_row(row, words) if numbering else row
                rows.write(f"{json.dumps(named, ensure_ascii=False)}\n")
                summary["rows"] += 1
                summary["pruned"] += pruned > 0
                summary["readings"] += "readings" in row
                summary["ungrounded"] += any(each["ground"] == "none" for each in row["grounding"])
                summary[f"level {row['level']}"] += 1
            case Rejected(row=row, reason=reason, detail=detail):
                told = {**row, "question": problem.question, "reason": str(reason), "detail": detail}
                others.write(f"{json.dumps(told, ensure_ascii=False)}\n")
                summary["rejected"] += 1
                summary[f"reason {reason}"] += 1
    return summary


def _told(summary: Counter[str], output: Path, rejected: Path) -> Iterator[str]:
    total = summary["rows"] + summary["rejected"]
    share = f" ({100 * summary['rows'] / total:.1f} %)" if total else ""
    yield f"{output}: {summary['rows']:,} of {total:,} problems{share}; every row proved."
    levels = [f"{count:,} at {name}" for name, count in sorted(summary.items()) if name.startswith("level")]
    if levels:
        yield f"  repaired: {', '.join(levels)}"
        yield (
            f"  {summary['readings']:,} with several readings, {summary['ungrounded']:,} with a number that "
            f"the question does not state, {summary['pruned']:,} with steps left out that the answer does not need"
        )
    for name, count in sorted(summary.items()):
        if name.startswith("reason "):
            yield f"{rejected}: {count:,} {name.removeprefix('reason ')}"
