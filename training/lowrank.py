"""The low-rank part of a full change: `python -m training.lowrank training/out/gsm8k_full/final [--r 16]`.

Takes a model that a run with `tuning: {kind: full}` wrote, subtracts its base, and keeps of each linear
layer's change what an adapter of rank r can hold: its largest singular values. What it tells, and writes
into the card, is the share of the squared change that is kept. Embeddings and norms are lost; a run with
`adapter:` on what comes out makes up for some of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from peft.tuners.lora import Linear

from tracedsl import models
from training import tuning
from training.config import Run, Tuning, positive


def main(options: argparse.Namespace) -> Path:
    """Write the adapter to training/out/NAME_rR/final and return the folder."""
    run, source = _run(options.model, options.r), str(options.model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    base, whole = models.load(tuning.base_of(run)).to(device), models.load(source).to(device)
    changed = _squared(base, whole)
    if not changed:
        raise SystemExit(f"{source} is its base: nothing has changed")
    adapted = get_peft_model(base, tuning.lora(run.tuning))
    kept = sum(_fill(layer, whole.get_submodule(name).weight) for name, layer in _layers(adapted)) / changed
    card = {"method": "lowrank", "command": f"python -m training.lowrank {source} --r {options.r}", "kept": kept}
    folder = tuning.save(adapted, None, tuning.tokenizer_of(run), run, card)
    print(f"{folder}: rank {options.r} keeps {100 * kept:.1f} % of the squared change")
    return folder


def _run(folder: Path, r: int) -> Run:
    """Return the settings of a full run with an adapter in the place of all weights."""
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    settings = card.get("settings", {})
    if settings.get("tuning", {}).get("kind") != "full":
        raise SystemExit(f"{folder} was not written by a run with `tuning: {{kind: full}}`")
    run = Run.model_validate(
        {**settings, "name": f"{card['name']}_r{r}", "tuning": Tuning(r=r, alpha=2 * r).model_dump()}
    )
    if (found := models.fingerprint(tuning.base_of(run))) != card["base_sha256"]:
        raise SystemExit(f"{folder} was trained on another base than {card['base']} as it is here ({found[:12]})")
    return run


@torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]
def _squared(base: Any, whole: Any) -> float:
    """Return the sum of the squares of what changed; tied weights count once."""
    new = dict(whole.named_parameters())
    return float(sum((new[name] - old).square().sum() for name, old in base.named_parameters()))


def _layers(adapted: Any) -> Iterator[tuple[str, Linear]]:
    """Yield the layers that take an addition, by their names in the base."""
    for name, module in adapted.get_base_model().named_modules():
        if isinstance(module, Linear):
            yield name, module


@torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]
def _fill(layer: Linear, weight: torch.Tensor) -> float:
    """Let a layer's addition be the nearest to its change, and return its squares."""
    down, up = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    left, values, right = torch.linalg.svd(weight - layer.base_layer.weight, full_matrices=False)
    values = values[: len(down)]
    roots, few = (values / layer.scaling["default"]).sqrt(), len(values)
    up.zero_()[:, :few] = left[:, :few] * roots
    down.zero_()[:few] = roots[:, None] * right[:few]
    return float(values.square().sum())


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("model", type=Path, help="the folder of a model with all weights changed")
    found.add_argument("--r", type=positive, default=16, help="rank of the addition; default: 16")
    return found


if __name__ == "__main__":
    main(parser().parse_args())
