"""Supervised fine-tuning on traces: `python -m training.sft training/runs/cpu.yaml [--set key=value]`.

Reads the rows, refuses what would be cut off or what is held for evaluation, tells what the linter
finds, trains with TRL's SFTTrainer on the completions, and writes an adapter (or a model) with its
card to training/out/NAME/final.
On several devices: `accelerate launch --config_file training/accelerate/fsdp.yaml -m training.sft …`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from training import rows, sets, tuning
from training.completions import CompletionTrainer
from training.config import Run, arguments
from training.declared import declared

#: What TRL would have otherwise: nothing is cut off silently, nothing is sent anywhere, and the CPU is enough.
DEFAULTS: dict[str, Any] = {
    "completion_only_loss": True,
    "packing": False,
    "gradient_checkpointing": False,
    "report_to": "none",
    "logging_steps": 10,
    "save_total_limit": 2,
    "bf16": torch.cuda.is_available(),
    "use_cpu": not torch.cuda.is_available(),
    "dataloader_pin_memory": torch.cuda.is_available(),
}


def main(run: Run, *, resume: bool = False, callbacks: Sequence[Any] = ()) -> Path:
    """Train a run and return the folder of what it learnt."""
    tuning.prepare(run)
    last = tuning.checkpoint(run, resume=resume)
    tokenizer = tuning.tokenizer_of(run)
    known = declared(run.experts)
    taught = list(rows.read(run.data, known))
    examples = [rows.example(row, run.prompt) for row in taught]
    measured = rows.measure(examples, tokenizer, run.max_length)
    held = rows.refuse_held(examples, sets.held(run))
    print(
        f"{measured.rows:,} rows, {measured.tokens:,} tokens, the longest {measured.longest}; {held:,} questions held"
    )
    for line in rows.linted(taught, known):
        print(line)
    trainer = _trainer(run, examples, tokenizer)
    _assert_whole(trainer, measured.ends)
    print(f"{tuning.learning(trainer.model):,} weights learn")
    started = time.monotonic()
    for callback in (*callbacks, tuning.SkipNotFinite()):
        trainer.add_callback(callback)
    trainer.train(resume_from_checkpoint=last)
    seconds = round(time.monotonic() - started)
    card = {"method": "sft", "rows": measured.rows, "tokens": measured.tokens, "seconds": seconds}
    folder = tuning.finish(trainer, tokenizer, run, card)
    print(f"{folder}: trained in {seconds:,} s, last loss {_last(trainer.state.log_history, 'loss')}")
    return folder


def _trainer(run: Run, examples: list[dict[str, Any]], tokenizer: Any) -> SFTTrainer:
    settings = {**DEFAULTS, "seed": run.seed, "output_dir": str(run.out), "max_length": run.max_length, **run.sft}
    data = Dataset.from_list([{name: each[name] for name in ("prompt", "completion")} for each in examples])
    kind = SFTTrainer if torch.cuda.is_available() else CompletionTrainer
    return kind(model=tuning.model_of(run), args=SFTConfig(**settings), train_dataset=data, processing_class=tokenizer)


def _assert_whole(trainer: SFTTrainer, ends: list[int]) -> None:
    """Make sure that the trainer dropped no row and that each still teaches where it ends."""
    kept = trainer.train_dataset
    if len(kept) != len(ends):
        raise SystemExit(f"the trainer kept {len(kept)} of {len(ends)} rows")
    cut = sum(labels[-1] != end for labels, end in zip(kept["labels"], ends, strict=True))
    if cut:
        raise SystemExit(f"{cut} rows lost their end")


def _last(history: list[dict[str, Any]], name: str) -> Any:
    return next((entry[name] for entry in reversed(history) if name in entry), None)


if __name__ == "__main__":
    chosen, options = arguments(__doc__ or "")
    main(chosen, resume=options.resume)
