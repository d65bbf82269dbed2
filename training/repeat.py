"""The report's runs, with several seeds: `python -m training.repeat run1 run8 --seeds 0,1,2 [--epochs 4] [--jobs 6]`.

Trains each run with each seed, measures it without the constraint on the rows that it was trained on
and on as many fresh ones of its mix, and forgets its weights. What a line of OUT/repeated.jsonl says of
a run with the same settings, or one of `training/repeated.jsonl`, where ours stand, is not measured
again: a stopped call goes on, and ours is shown at once. Prints shares by expert beside the report's,
whether a run differs from the first, and which of the report's findings hold.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from tracedsl.corpora import plan
from tracedsl.solving import Solver, load
from training import config, evaluate, grpo, jsonl, rows, sft, tuning
from training.declared import declared
from training.findings import REPORTED, Found, right, verdicts
from training.statistics import by_pairs, difference

Row = dict[str, Any]
SETS = ("trained", "fresh")
MEASURED = Path(__file__).parent / "repeated.jsonl"
_KEPT = ("rows", "not_judged", "parsed", "valid", "correct", "experts", "failures", "right")


def main(options: argparse.Namespace) -> dict[str, list[Found]]:
    """Train and measure what has not been yet; return for each run what was found with each seed."""
    asked = [(name, seed) for seed in options.seeds for name in options.runs]
    told = dict(zip(asked, _several(asked, options), strict=True))
    found = {name: [told[name, seed] for seed in options.seeds] for name in options.runs}
    print("\n".join((*_table(found), "", *_differences(found), "", *verdicts(found, rl=options.rl))))
    return found


def _several(asked: Sequence[tuple[str, int]], options: argparse.Namespace) -> list[Found]:
    """Return what is found of each run, as many at once as is asked for."""
    if options.jobs == 1:
        return [_found(options, *each) for each in asked]
    threads = options.threads or torch.get_num_threads()
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), torch.set_num_threads, (threads,)) as pool:
        return list(pool.map(partial(_found, options), *zip(*asked, strict=True)))


def _found(options: argparse.Namespace, name: str, seed: int) -> Found:
    run = _run(name, seed, f"{name}.seed{seed}.epochs{options.epochs}{'.rl' if options.rl else ''}", options)
    settings = run.model_dump(mode="json", exclude_defaults=True, exclude={"threads", "summary"})
    by: Row = json.loads(json.dumps({"settings": settings, "most": options.most}))
    own = config.OUT / "repeated.jsonl"
    for line in (line for path in (own, MEASURED) if path.is_file() for line in jsonl.read(path)):
        if line["by"] == by:
            return dict(line["found"])
    print(f"{name}, seed {seed}: not measured with these settings before, so it is trained")
    final = _train(run, options)
    found = _measured(run, final, options)
    with own.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"by": by, "found": found}) + "\n")
    for folder in {run.out, final.parent}:
        shutil.rmtree(folder)
    return found


def _run(name: str, seed: int, label: str, options: argparse.Namespace) -> config.Run:
    settings = [f"seed={seed}", f"data.0.seed={seed}", f"sft.num_train_epochs={options.epochs}", *options.changes]
    return config.load(config.RUNS / f"{name}.yaml", settings).model_copy(update={"name": label})


def _train(run: config.Run, options: argparse.Namespace) -> Path:
    """Train a run, with reinforcement learning on top where that is asked; return what it learnt."""
    final = _once(run, sft.main)
    if not options.rl:
        return final
    onward = {"adapter": final} if run.tuning.kind == "lora" else {"model": str(final)}
    return _once(run.model_copy(update={"name": f"{run.name}.further", **onward}), grpo.main)


def _once(run: config.Run, train: Callable[[config.Run], Path]) -> Path:
    """Train a run anew, but where a stopped call has done so."""
    final = run.out / "final"
    card = final / "card.json"
    if card.is_file() and json.loads(card.read_text())["settings"] == tuning.settings_of(run):
        return final
    shutil.rmtree(run.out, ignore_errors=True)
    return train(run)


def _measured(run: config.Run, final: Path, options: argparse.Namespace) -> Found:
    words, curriculum = declared(run.experts)
    vocabulary = plan(curriculum, words, str(run.data[0].mix)).vocabulary
    loaded = load(run.model if run.tuning.kind == "lora" else None, str(final))
    solver = Solver(loaded.model, loaded.tokenizer, vocabulary=vocabulary, constrained=False, prompt=run.prompt)
    told: Found = {}
    for name, chosen in zip(SETS, _rows(run, options.most), strict=True):
        path = final.with_name(f"{name}.jsonl")
        evaluate.write(path, chosen, solver, evaluate.parser().parse_args(["none"]), {"run": run.name})
        summary = evaluate.summary_of(path, 1, vocabulary)
        told[name] = {part: summary[part] for part in _KEPT}
    return told


def _rows(run: config.Run, most: int) -> tuple[list[Row], list[Row]]:
    """Return rows that a run was trained on, and fresh ones of the same mix."""
    own = declared(run.experts)
    trained = list(rows.read(run.data, own))
    known = {row["question"] for row in trained}
    further = rows.read([run.data[0].model_copy(update={"seed": run.seed + 1_000, "n": 4 * len(trained)})], own)
    return trained[:most], list(islice((row for row in further if row["question"] not in known), most))


def _table(found: dict[str, list[Found]]) -> Iterator[str]:
    """Yield a table in Markdown: right answers by expert, the report's, the mean over seeds, and least and most."""
    experts = sorted({expert for each in found.values() for told in each for expert in told["fresh"]["experts"]})
    yield f"| run | rows | {' | '.join((*experts, 'all'))} |"
    yield f"|---|---|{'---|' * (len(experts) + 1)}"
    for name, each in found.items():
        if name in REPORTED:
            cells = [str(REPORTED[name].get(expert, "-")) for expert in (*experts, "all")]
            yield f"| {name} | reported | {' | '.join(cells)} |"
        for chosen in SETS:
            parts = [[told[chosen]["experts"].get(expert) for told in each] for expert in experts]
            cells = [_cell(part) for part in (*parts, [told[chosen] for told in each])]
            yield f"| {name} | {chosen} | {' | '.join(cells)} |"


def _cell(told: Sequence[dict[str, Any] | None]) -> str:
    shares = [100 * each["correct"]["hits"] / each["correct"]["n"] for each in told if each is not None]
    return f"{statistics.mean(shares):.0f} ({min(shares):.0f} to {max(shares):.0f})" if shares else "-"


def _differences(found: dict[str, list[Found]]) -> Iterator[str]:
    """Yield by how much each run differs from the first on fresh rows: seed by seed, or of one seed by its rows.

    Each interval is one of 95 % by itself.
    """
    first, *others = ((name, [right(told["fresh"]) for told in each]) for name, each in found.items())
    for name, shares in others:
        pairs = list(zip(shares, first[1], strict=True))
        found_by = by_pairs(pairs) if len(pairs) > 1 else difference(*pairs[0])
        by, low, high = (100 * each for each in found_by)
        yield f"{name} against {first[0]}, fresh rows: {by:+.1f} points ({low:+.1f} to {high:+.1f})"


def _seeds(text: str) -> list[int]:
    """Read several seeds; raises ArgumentTypeError."""
    if not all(part.isdecimal() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"takes numbers such as 0,1,2, not {text!r}")
    return [int(part) for part in text.split(",")]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("runs", nargs="+", help="names of runs, such as run1")
    made.add_argument("--seeds", type=_seeds, default=[0, 1, 2], help="such as 0,1,2, which is the default")
    made.add_argument("--epochs", type=config.positive, default=1, help="1, as in the report, or more to converge")
    made.add_argument("--most", type=config.positive, default=250, help="rows of each kind; default: 250")
    made.add_argument("--rl", action="store_true", help="reinforcement learning after it, as the run's `grpo` says")
    made.add_argument("--set", dest="changes", metavar="KEY=VALUE", action="append", default=[])
    made.add_argument("--jobs", type=config.positive, default=1, help="runs at once, each in a process of its own")
    made.add_argument("--threads", type=config.positive, help="of each process")
    return made


if __name__ == "__main__":
    given = parser().parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    main(given)
