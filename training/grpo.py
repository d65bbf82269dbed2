"""Reinforcement learning on traces: `python -m training.grpo training/runs/grpo.yaml [--set key=value]`.

TRL's GRPOTrainer under one of our reward policies. Completions are sampled without the constraint: the
loss takes its log-probabilities over the whole vocabulary, and so must be what was sampled.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from tracedsl.rewards import reward_of
from training import rows, sets, tuning
from training.config import Run, arguments
from training.declared import declared

DEFAULTS: dict[str, Any] = {
    "num_generations": 8,
    "per_device_train_batch_size": 8,
    "max_completion_length": 256,
    "beta": 0.0,
    "temperature": 1.0,
    "gradient_checkpointing": False,
    "report_to": "none",
    "logging_steps": 1,
    "save_total_limit": 2,
    "bf16": torch.cuda.is_available(),
    "use_cpu": not torch.cuda.is_available(),
    "dataloader_pin_memory": torch.cuda.is_available(),
    "mask_truncated_completions": True,
}


def main(run: Run, *, resume: bool = False, callbacks: Sequence[Any] = ()) -> Path:
    """Train a run and return the folder of what it learnt."""
    tuning.prepare(run)
    last = tuning.checkpoint(run, resume=resume)
    tokenizer = tuning.tokenizer_of(run)
    tokenizer.padding_side = "left"
    known = declared(run.experts)
    examples = [rows.prompted(row, run.prompt) for row in rows.read(run.data, known)]
    held = rows.refuse_held(examples, sets.held(run))
    print(f"{len(examples):,} prompts; {held:,} questions held; policy {run.policy}")
    settings = {**DEFAULTS, "seed": run.seed, "output_dir": str(run.out), **run.grpo}
    if long := rows.beyond(examples, tokenizer, settings["max_completion_length"]):
        print(f"{long:,} gold traces are longer than max_completion_length, {settings['max_completion_length']} tokens")
    trainer = GRPOTrainer(
        model=tuning.model_of(run),
        reward_funcs=[
            reward_of(run.policy, vocabulary=known.vocabulary),
            *(reward_of("graded", part=part, vocabulary=known.vocabulary) for part in ("parsed", "valid", "correct")),
        ],
        args=GRPOConfig(**{"reward_weights": [1.0, 0.0, 0.0, 0.0], **settings}),
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
    )
    started = time.monotonic()
    for callback in (*callbacks, tuning.SkipNotFinite()):
        trainer.add_callback(callback)
    trainer.train(resume_from_checkpoint=last)
    seconds = round(time.monotonic() - started)
    card = {"method": "grpo", "rows": len(examples), "steps": trainer.state.global_step, "seconds": seconds}
    folder = tuning.finish(trainer, tokenizer, run, card)
    print(f"{folder}: trained {trainer.state.global_step} steps in {seconds:,} s")
    return folder


if __name__ == "__main__":
    chosen, options = arguments(__doc__ or "")
    main(chosen, resume=options.resume)
