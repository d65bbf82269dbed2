"""Models to train: loaded, with the weights that learn, and saved."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, TrainerCallback, set_seed
from transformers.trainer_utils import get_last_checkpoint

from tracedsl import models
from training.config import Run, Tuning
from training.jsonl import refuse_other


def prepare(run: Run) -> None:
    """Set the threads and every random state: what an adapter starts from is drawn before a trainer is there."""
    if run.threads:
        torch.set_num_threads(run.threads)
    set_seed(run.seed)


def checkpoint(run: Run, *, resume: bool) -> str | None:
    """Return the last checkpoint of a run; raises SystemExit where one is not to go on, or was begun otherwise."""
    last: str | None = get_last_checkpoint(run.out) if run.out.is_dir() else None
    if last and not resume:
        raise SystemExit(f"{run.out} holds {Path(last).name}; give --resume to go on from it, or remove the folder")
    begun, wanted = run.out / "begun.json", {name: each for name, each in settings_of(run).items() if name in _LASTING}
    refuse_other(run.out, json.loads(begun.read_text()) if last and begun.is_file() else wanted, wanted)
    if not last:
        run.out.mkdir(parents=True, exist_ok=True)
        begun.write_text(json.dumps(wanted, indent=1) + "\n")
    return last


#: What a stopped run goes on with; how it learns may change.
_LASTING = {"model", "adapter", "prompt", "policy", "seed", "max_length", "experts", "data", "tuning"}


class SkipNotFinite(TrainerCallback):  # type: ignore[misc,unused-ignore]
    """Skips a step whose gradient is not finite, as a GPU in half precision once gave: no weight would survive it."""

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        learning = [each for each in model.parameters() if each.grad is not None]
        finite = [each.grad.isfinite().all() for each in learning]  # asked for at once: a GPU waits each time
        if finite and not torch.stack(finite).all():
            print(f"step {state.global_step + 1} is skipped: its gradient is not finite")
            for each in learning:
                each.grad = None


def finish(trainer: Any, tokenizer: Any, run: Run, card: dict[str, Any]) -> Path:
    """Write what a trainer learnt and what it logged, from one process; return the folder."""
    model = getattr(trainer, "deepspeed", None) or trainer.model
    weights = trainer.accelerator.get_state_dict(model)  # all processes have a part where it is sharded
    if trainer.is_world_process_zero():
        save(trainer.accelerator.unwrap_model(trainer.model), weights, tokenizer, run, card)
        (run.out / "history.json").write_text(json.dumps(trainer.state.log_history) + "\n")
    return run.out / "final"


def tokenizer_of(run: Run) -> Any:
    """Load the tokenizer of a run's model; raises SystemExit where it has no chat template."""
    base = base_of(run)
    try:
        return models.tokenizer(base)
    except models.NoModel as error:
        raise SystemExit(str(error)) from error


def model_of(run: Run) -> Any:
    """Load a run's model in 32 bits, with the weights that it tunes ready to learn."""
    base, last = base_of(run), run.tuning.kind == "last"
    tied = last and AutoConfig.from_pretrained(base).tie_word_embeddings
    model = models.load(base, **({"tie_word_embeddings": False} if last else {}))
    if tied:  # a head of its own begins as what it was
        model.lm_head.weight = torch.nn.Parameter(model.get_input_embeddings().weight.detach().clone())
    if run.adapter is not None:
        return _further(model, run.adapter, run.tuning)
    match run.tuning.kind:
        case "lora":
            return get_peft_model(model, lora(run.tuning))
        case "last":
            _only_last(model, run.tuning.layers)
    return model


def _further(model: Any, adapter: Path, tuning: Tuning) -> Any:
    """Let an adapter learn on; raises SystemExit where `tuning` says something else of it."""
    config = LoraConfig.from_pretrained(adapter)
    config.lora_dropout = tuning.dropout  # of how it learns, not of what it is
    found = PeftModel.from_pretrained(model, adapter, config=config, is_trainable=True)
    has, wanted = (
        (each.r, each.lora_alpha, each.exclude_modules) for each in (found.peft_config["default"], lora(tuning))
    )
    if tuning.kind != "lora" or has != wanted:
        without = f", without {has[2]}" if has[2] else ""
        raise SystemExit(f"{adapter} has kind lora, r {has[0]}, alpha {has[1]}{without}, and `tuning` says otherwise")
    return found


def base_of(run: Run) -> str:
    """Return where a run's base model is; raises SystemExit where it is not installed."""
    try:
        return models.base(run.model)
    except models.NoModel as error:
        raise SystemExit(str(error)) from error


def lora(tuning: Tuning) -> LoraConfig:
    """Return peft's settings of an addition to all linear layers above the lowest."""
    without = "|".join(map(str, range(tuning.lowest)))
    return LoraConfig(
        r=tuning.r,
        lora_alpha=tuning.alpha,
        lora_dropout=tuning.dropout,
        target_modules="all-linear",
        exclude_modules=rf".*\.layers\.(?:{without})\..*" if without else None,
        task_type="CAUSAL_LM",
    )


def _only_last(model: Any, layers: int) -> None:
    """Let only the last layers, the norm and the head learn."""
    learning = [*model.model.layers[-layers:], model.model.norm, model.lm_head]
    model.requires_grad_(False)
    for module in learning:
        module.requires_grad_(True)


def learning(model: Any) -> int:
    """Return how many weights learn."""
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


def save(model: Any, weights: Any, tokenizer: Any, run: Run, card: dict[str, Any]) -> Path:
    """Write what was learnt, an adapter in 16 bits, and its card; return the folder."""
    folder = run.out / "final"
    lora = run.tuning.kind == "lora"
    further = {"save_embedding_layers": False} if lora else {}  # peft would look on a hub
    model.save_pretrained(folder, state_dict=weights, **further)
    if lora:
        _halve(folder / "adapter_model.safetensors")
        _name_base(folder / "adapter_config.json", run.model or models.EMBEDDED.name)
        (folder / "README.md").unlink(missing_ok=True)  # an empty form, which the card replaces
    else:
        tokenizer.save_pretrained(folder)
    command = f"python -m training.{card['method']} training/runs/{run.name}.yaml"
    (folder / "card.json").write_text(json.dumps({**origin(run), "command": command, **card}, indent=1) + "\n")
    return folder


def _name_base(path: Path, name: str) -> None:
    """Name the base as it was asked for, not where it is on this machine."""
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": name}, indent=2) + "\n")


def _halve(path: Path) -> None:
    save_file({name: value.to(torch.bfloat16) for name, value in load_file(path).items()}, path, {"format": "pt"})


def origin(run: Run) -> dict[str, Any]:
    """Return what made a run: its settings, its base by its weights, and the versions of what ran."""
    base = base_of(run)
    return {
        "name": run.name,
        "summary": run.summary,
        "base": run.model or models.EMBEDDED.name,
        "base_sha256": models.fingerprint(base),
        **({"adapter_sha256": models.fingerprint(str(run.adapter))} if run.adapter is not None else {}),
        "settings": settings_of(run),
        "versions": {name: version(name) for name in ("torch", "transformers", "trl", "peft", "tracedsl")},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores"
        + (f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ""),
    }


def settings_of(run: Run) -> dict[str, Any]:
    """Return what a run says beside the defaults, as a card keeps it."""
    return run.model_dump(mode="json", exclude_defaults=True)
