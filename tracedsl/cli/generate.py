"""`tracedsl generate`: a corpus of proved examples from a mix of patterns."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from tracedsl.cli import FINDINGS, WELL, UsageError
from tracedsl.cli.outputs import without_collector
from tracedsl.cli.settings import Settings, curriculum, need, settings
from tracedsl.corpora import NotProved, Plan, UnknownMix, plan
from tracedsl.datasets import Chunk, Occupied, chunks, read_splits, write_dataset
from tracedsl.diagnostics import curricula
from tracedsl.patterns.lexicon import Part
from tracedsl.render.text import render_full
from tracedsl.sampling import FormMissing, Unsatisfied, undrawable

_CHUNK = 500
_FEW = 2000  # rows that one process makes sooner than it starts others


def run(options: argparse.Namespace) -> int:
    """Write the corpus that the options describe."""
    chosen = settings(options)
    _refuse(options)
    ready, splits = _plan(options, chosen), _splits(options.split)
    if options.format == "parquet":
        need("pyarrow", "--format parquet")
    made = _chunks(options, ready, splits)
    try:
        if options.output == "-":
            for chunk in made:
                print(chunk.lines)
            return WELL
        shown, origin = _shown(made, options.n), _origin(options, ready)
        card = write_dataset(shown, Path(options.output), splits, options.format, origin)
    except Occupied as error:
        raise UsageError(f"{options.output} holds {error}, which is no corpus of ours; give another folder") from error
    except (NotProved, Unsatisfied) as error:
        _explain(error, ready)
        return FINDINGS
    counts = ", ".join(f"{each['rows']:,} rows in {each['file']}" for each in card["splits"].values())
    print(f"{options.output}: {counts}; every row proved.")
    return WELL


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options that cannot be meant."""
    if options.n < 1:
        raise UsageError(f"--n takes a number of rows from 1 on, not {options.n}")
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs takes a number of processes from 1 on, not {options.jobs}")
    if options.output == "-" and (options.format != "jsonl" or options.split is not None):
        raise UsageError("standard output takes rows as JSON lines, and no --split")


def _plan(options: argparse.Namespace, chosen: Settings) -> Plan:
    lexicon = Part(options.lexicon) if options.lexicon else None
    known = curriculum(chosen)
    try:
        return plan(
            known, chosen.vocabulary, options.mix, lexicon=lexicon, experts=options.expert, patterns=options.pattern
        )
    except UnknownMix as error:
        raise UsageError(str(error)) from error


def _splits(text: str | None) -> dict[str, Fraction]:
    try:
        return read_splits(text) if text is not None else {"rows": Fraction(1)}
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"--split takes shares that sum up to 1, such as train=.8,test=.2, not {text!r}") from error


def _origin(options: argparse.Namespace, ready: Plan) -> dict[str, object]:
    command = f"tracedsl generate --mix {options.mix} --n {options.n} --seed {options.seed}"
    command += "".join(f" --experts {folder}" for folder in options.experts)
    command += f" --lexicon {options.lexicon}" if options.lexicon else ""
    command += "".join(f" --expert {name}" for name in options.expert)
    command += "".join(f" --pattern {name}" for name in options.pattern)
    command += f" --split {options.split}" if options.split else ""
    return {"mix": options.mix, "summary": ready.mix.summary, "seed": options.seed, "n": options.n, "command": command}


class _Worker:
    """Makes chunks of rows; each process holds its own."""

    def __init__(self, ready: Plan, seed: int, splits: dict[str, Fraction]) -> None:
        self.ready = ready
        self.seed = seed
        self.splits = splits

    def chunk(self, indices: range) -> list[Chunk]:
        return chunks((self.ready.with_problem(self.seed, index) for index in indices), self.splits)


_worker: _Worker | None = None


def _chunk(indices: range) -> list[Chunk]:
    assert _worker is not None
    return _worker.chunk(indices)


def _chunks(options: argparse.Namespace, ready: Plan, splits: dict[str, Fraction]) -> Iterator[Chunk]:
    """Yield the rows in order, made by as many processes as there are cores."""
    global _worker
    _worker = _Worker(ready, options.seed, splits)
    parts = (range(at, min(at + _CHUNK, options.n)) for at in range(0, options.n, _CHUNK))
    jobs = options.jobs or (os.cpu_count() or 1)
    with without_collector():
        if jobs == 1 or options.n < _FEW or "fork" not in multiprocessing.get_all_start_methods():
            for part in parts:
                yield from _worker.chunk(part)
            return
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            for made in pool.imap(_chunk, parts):
                yield from made


def _shown(made: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    """Pass rows on and show on a terminal how many there are."""
    shows, done = sys.stderr.isatty(), 0
    for chunk in made:
        yield chunk
        done += chunk.statistics.rows
        if shows:
            print(f"\r{done:,} of {count:,} rows", end="\n" if done == count else "", file=sys.stderr, flush=True)


def _explain(error: NotProved | Unsatisfied, ready: Plan) -> None:
    """Show a pattern's fault where the pattern is declared, and the example that shows it."""
    if isinstance(error, NotProved):
        drawn, pattern = error.drawn, next(each for each in ready.order if each.name == error.pattern)
        wrong = curricula.NotProved(
            span=pattern.span,
            pattern=pattern.name,
            fault=error.message,
            code_found=error.code,
            question=drawn.question,
        )
        print(render_full(wrong, pattern.source), end="\n\n")
        print(json.dumps({"question": drawn.question, "answer": str(drawn.answer), "trace": drawn.trace}))
        return
    found = next((each for each in ready.order if each.name == str(error)), None)
    if found is None:
        why = f"asks for the form `{error.form}`" if isinstance(error, FormMissing) else "has an empty range"
        raise UsageError(f"{error} {why}; `tracedsl experts --check FILE` shows where") from error
    print(render_full(undrawable(found, error), found.source))
