"""Evaluation: `python -m training.evaluate MODEL [--sets held,gsm8k] [--votes 8] [--most 100]`.

MODEL is a folder that a recipe wrote, a shipped adapter's name, or `none` for the base alone. Every
completion is kept in OUT/SET.MODE.jsonl (`tracedsl score` reads it), where a stopped evaluation goes
on; OUT/summary.json has the shares with their intervals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from tracedsl import models
from tracedsl.attempts import Attempt, by_function, by_value, by_weight
from tracedsl.decoding import Language, Options, grounded_numbers
from tracedsl.limits import DEFAULT
from tracedsl.reward import policy_named
from tracedsl.reward.tallies import Summary, Tally, score_row
from tracedsl.solving import Loaded, Solver, load
from tracedsl.vocabulary import Vocabulary, default
from training import jsonl, sets
from training.config import OUT, PROMPTS, positive
from training.rows import computes
from training.statistics import share

Row = dict[str, Any]
MODES = ("free", "constrained")
WAYS = ("by_value", "by_function", "by_weight")
PARTS = ("parsed", "valid", "correct", "equivalent")


def main(options: argparse.Namespace) -> dict[str, Any]:
    """Evaluate a model on some sets and return the summary."""
    known, summary = sets.declared(), dict[str, Any]()
    names, modes = options.sets.split(","), options.modes.split(",")
    _refuse(names, modes, known, options)
    loaded, out = loaded_by(options), options.out or folder_of(options.model)
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        rows = sets.read(known[name], options.most)
        for mode in modes:
            path = out / f"{name}.{mode}{f'.k{options.votes}' if options.votes > 1 else ''}.jsonl"
            _complete(path, rows, mode, loaded, options)
            summary[path.stem] = summary_of(path, options.votes, most=len(rows))
            _tell(path.stem, summary[path.stem])
    _merge(out / "summary.json", summary)
    if options.card:
        note(options.model, summary)
    return summary


def _refuse(names: Sequence[str], modes: Sequence[str], known: Mapping[str, Any], options: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before a model is loaded."""
    for what, given, there in (("set", names, known), ("mode", modes, MODES)):
        for name in given:
            if name not in there:
                raise SystemExit(f"there is no {what} {name!r}; there are {', '.join(there)}")
    if options.card and not (card := _card_of(options.model)).is_file():
        raise SystemExit(f"there is no {card} to note the shares in")


def _complete(path: Path, rows: list[Row], mode: str, loaded: Loaded, options: argparse.Namespace) -> None:
    """Write what the model makes of each row that has no line yet."""
    prompt, constrained = options.prompt or loaded.prompt, mode == "constrained"
    solver = Solver(loaded.model, loaded.tokenizer, constrained=constrained, prompt=prompt)
    votes, seed, batch = options.votes, options.seed, options.batch
    drawn = {"votes": votes, **({"seed": seed, "batch": batch} if votes > 1 else {})}
    write(path, rows, solver, options, {**made_by(loaded), "prompt": prompt, "constrained": constrained, **drawn})


def loaded_by(options: argparse.Namespace) -> Loaded:
    """Load the model that a command line names; raises SystemExit where there is none."""
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        loaded = load(options.base, options.model)
    except (models.NoModel, OSError) as error:
        raise SystemExit(str(error)) from error
    if loaded.warning:
        print(loaded.warning)
    return loaded


def made_by(loaded: Loaded) -> dict[str, str | None]:
    """Return what a model is known by, for files of what it wrote."""
    adapter = models.fingerprint(str(loaded.adapter)) if loaded.adapter is not None else None
    return {"base": models.fingerprint(loaded.base), "adapter": adapter}


def folder_of(model: str) -> Path:
    """Return where the evaluation of a model goes: beside what a recipe wrote, or under the adapter's name."""
    path = Path(model)
    return (path.parent if path.name == "final" else OUT / path.name) / "evaluation"


def note(model: str, summary: dict[str, Any]) -> None:
    """Put the shares into the card of the adapter."""
    path = _card_of(model)
    card = json.loads(path.read_text(encoding="utf-8"))
    shares = {name: {part: told[part] for part in PARTS} for name, told in summary.items()}
    card["evaluation"] = {**card.get("evaluation", {}), **shares}
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _card_of(model: str) -> Path:
    return models.adapters().get(model, Path(model)) / "card.json"


def write(path: Path, rows: list[Row], solver: Solver, options: argparse.Namespace, by: Row) -> None:
    """Write a completion for each row that has none yet."""
    step = max(1, options.batch // options.votes)
    jsonl.complete(path, rows, step, lambda part, start: _attempted(part, solver, options, start), by)


def _attempted(part: Sequence[Row], solver: Solver, options: argparse.Namespace, start: int) -> Iterator[Row]:
    k = options.votes
    asked = [row["question"] for row in part for _ in range(k)]
    attempts = solver.write(asked, temperature=0.7 if k > 1 else 0.0, seed=options.seed + start, batch=options.batch)
    for at, row in enumerate(part):
        own = attempts[k * at : k * at + k]
        if k == 1:
            yield {**row, **_told(own[0])}
        else:
            yield {**row, "attempts": [_told(each) for each in own], **_votes(own)}


def _votes(attempts: list[Attempt]) -> dict[str, int]:
    function = by_function(attempts, frozenset(default().lexicon.constants))
    return {"by_value": by_value(attempts), "by_function": function, "by_weight": by_weight(attempts)}


def _told(attempt: Attempt) -> Row:
    made = attempt.made
    return {
        "completion": attempt.text,
        "log_probability": round(made.log_probability, 4),
        "tokens": len(made.ids),
        "chosen": made.chosen,
        "masked": made.masked,
        "log_kept": round(made.log_kept, 4),
        "ended": made.ended,
    }


def summary_of(path: Path, votes: int, vocabulary: Vocabulary | None = None, most: int | None = None) -> dict[str, Any]:
    """Score what was written; of several attempts, the one that the votes by value took."""
    found, policy, words = Summary(), policy_named("meaning"), vocabulary or default()
    steps: dict[int, Tally] = {}
    right, masked, chosen, anyone, allowed = list[bool](), 0, 0, 0, list[bool]()
    voted = dict.fromkeys(WAYS if votes > 1 else (), 0)
    written = jsonl.read(path, most)
    for row in written:
        attempts = row["attempts"] if votes > 1 else [row]
        texts = [each["completion"] for each in attempts]
        scores = [score_row(text, row, policy, words, DEFAULT) for text in texts]
        taken = scores[row["by_value"] if votes > 1 else 0]
        found.add(row, taken)
        if "trace" in row:
            steps.setdefault(computes(row["trace"]), Tally()).add(taken)
            allowed.append(is_allowed(row["trace"], row["question"], words))
        right.append(bool(taken.score.parts["correct"]))
        anyone += any(each.score.parts["correct"] for each in scores)
        for way in voted:
            voted[way] += bool(scores[row[way]].score.parts["correct"])
        masked += sum(each.get("masked", 0) for each in attempts)
        chosen += sum(each.get("chosen", 0) for each in attempts)
    told = {
        **_shares(found.whole),
        "experts": {name: _shares(each) for name, each in sorted(found.experts.items())},
        "patterns": {name: _shares(each) for name, each in sorted(found.patterns.items())},
        "steps": {str(count): _shares(each) for count, each in sorted(steps.items())},
        "failures": dict(found.failures.most_common()),
        "codes": dict(found.codes.most_common()),
        "questions": sha256("\n".join(row["question"] for row in written).encode()).hexdigest()[:16],
        "right": "".join("1" if each else "0" for each in right),
        "allowed": share(sum(allowed), len(allowed))._asdict(),
        "masked_share": round(masked / chosen, 5) if chosen else 0.0,
    }
    if votes > 1:
        told[f"pass@{votes}"] = share(anyone, len(written))._asdict()
        told["votes"] = {way: share(hits, len(written))._asdict() for way, hits in voted.items()}
    return told


def is_allowed(trace: str, question: str, vocabulary: Vocabulary) -> bool:
    """Return whether the constraint, with the numbers of the question, lets a gold trace through."""
    options = Options(numbers=grounded_numbers(question, vocabulary.lexicon))
    state = Language(vocabulary, options).start().steps(trace.removesuffix("\n").encode())
    return state is not None and state.complete


def _shares(tally: Tally) -> dict[str, Any]:
    judged = {"equivalent": tally.rows - tally.unjudged}
    shares = {part: share(tally.parts[part], judged.get(part, tally.rows))._asdict() for part in PARTS}
    return {"rows": tally.rows, "not_judged": tally.unjudged, **shares}


def _tell(name: str, told: dict[str, Any]) -> None:
    shown = (f"{part} {100 * told[part]['hits'] / max(1, told[part]['n']):.1f} %" for part in PARTS)
    low, high = told["correct"]["low"], told["correct"]["high"]
    gold = (
        f"; {100 * told['allowed']['hits'] / n:.1f} % of the gold traces allowed" if (n := told["allowed"]["n"]) else ""
    )
    print(f"{name}: {told['rows']} rows, {', '.join(shown)}; correct {100 * low:.1f} to {100 * high:.1f} %{gold}")


def _merge(path: Path, summary: dict[str, Any]) -> None:
    """Put the new figures among those of earlier calls."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps({**known, **summary}, indent=1) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """Return the command line of an evaluation."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("model", help="a folder with an adapter, a shipped adapter's name, or none")
    found.add_argument("--base", help="another base model: a folder, or its name on a hub")
    found.add_argument("--sets", default="held,paraphrases,unseen,longer", help="such as held,gsm8k")
    found.add_argument("--modes", default=",".join(MODES), help="free, constrained or both")
    found.add_argument("--most", type=positive, help="only the first rows of each set")
    found.add_argument("--votes", type=positive, default=1, help="attempts that vote, at a temperature of 0.7")
    found.add_argument("--prompt", choices=PROMPTS, help="default: the one that the model was trained with")
    found.add_argument("--batch", type=positive, default=48, help="texts that are written at once; default: 48")
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--card", action="store_true", help="note the shares in the adapter's card")
    found.add_argument("--threads", type=positive)
    found.add_argument("--out", type=Path, help="a folder; default: training/out/NAME/evaluation")
    return found


if __name__ == "__main__":
    main(parser().parse_args())
