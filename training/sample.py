"""Rejection sampling: `python -m training.sample MODEL training/out/data/gsm8k.jsonl -o training/out/samples`.

Draws constrained traces for the question of each row and keeps those that compute the gold trace's
function, one of each wiring. FOLDER/samples.jsonl has a line for each question, where a stopped run
goes on; kept.jsonl is to be trained on; mixed.jsonl has the questions of which some attempts but at
most half are right, from which reinforcement learns most.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tracedsl.attempts import Attempt
from tracedsl.forms import wiring_of
from tracedsl.limits import DEFAULT
from tracedsl.reward import policy_named
from tracedsl.reward.tallies import score_row
from tracedsl.solving import Solver
from tracedsl.vocabulary import default
from training import jsonl
from training.config import PROMPTS, positive
from training.evaluate import loaded_by, made_by
from training.rows import listed

Row = dict[str, Any]


def main(options: argparse.Namespace) -> Path:
    """Sample, and return the folder."""
    loaded = loaded_by(options)
    prompt, path = options.prompt or loaded.prompt, options.output / "samples.jsonl"
    rows = list(listed(options.file, options.most))
    options.output.mkdir(parents=True, exist_ok=True)
    drawn = {name: getattr(options, name) for name in ("k", "temperature", "seed", "batch")}
    by = {**made_by(loaded), "prompt": prompt, **drawn}
    _draw(path, rows, Solver(loaded.model, loaded.tokenizer, prompt=prompt), options, by)
    sampled = jsonl.read(path, len(rows))
    kept = [{**row, "trace": trace} for row, each in zip(rows, sampled, strict=True) for trace in each["kept"]]
    mixed = [row for row, each in zip(rows, sampled, strict=True) if 0 < 2 * each["right"] <= each["drawn"]]
    _write(options.output / "kept.jsonl", kept)
    _write(options.output / "mixed.jsonl", mixed)
    solved = sum(each["right"] > 0 for each in sampled)
    print(f"{options.output}: {solved:,} of {len(rows):,} questions solved, {len(kept):,} traces, {len(mixed):,} mixed")
    return Path(options.output)


def _draw(path: Path, rows: Sequence[Row], solver: Solver, options: argparse.Namespace, by: Row) -> None:
    """Write a line for each row that has none yet, some rows at a time."""
    k = options.k

    def drawn(part: Sequence[Row], start: int) -> Iterator[Row]:
        asked = [row["question"] for row in part for _ in range(k)]
        made = solver.write(asked, temperature=options.temperature, seed=options.seed + start, batch=options.batch)
        yield from (told(row, made[k * at : k * (at + 1)]) for at, row in enumerate(part))

    jsonl.complete(path, rows, max(1, options.batch // k), drawn, by)


def told(row: Row, attempts: Sequence[Attempt]) -> Row:
    """Return how many attempts at a row are right, and the traces to keep."""
    right = [each for each in attempts if _is_right(each, row)]
    return {
        "id": row.get("id"),
        "question": row["question"],
        "drawn": len(attempts),
        "right": len(right),
        "kept": list(_distinct(right)),
    }


def _is_right(attempt: Attempt, row: Row) -> bool:
    return score_row(attempt.text, row, policy_named("meaning"), default(), DEFAULT).score.value == 1.0


def _distinct(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Yield the traces of one attempt for each wiring, the first."""
    seen: set[str] = set()
    for each in attempts:
        wiring = wiring_of(each.report.graph) if each.report.graph is not None else ""
        if wiring not in seen:
            seen.add(wiring)
            yield each.text


def _write(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("model", help="a folder with an adapter, a shipped adapter's name, or none")
    found.add_argument("file", type=Path, help="rows with questions and gold traces, as training.prepare writes them")
    found.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    found.add_argument("--base", help="another base model: a folder, or its name on a hub")
    found.add_argument("--k", type=positive, default=16, help="attempts at each question; default: 16")
    found.add_argument("--temperature", type=float, default=1.0)
    found.add_argument("--most", type=positive, help="only the first rows")
    found.add_argument("--prompt", choices=PROMPTS, help="default: the one that the model was trained with")
    found.add_argument("--batch", type=positive, default=48, help="texts that are written at once; default: 48")
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--threads", type=positive)
    return found


if __name__ == "__main__":
    main(parser().parse_args())
