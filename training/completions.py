"""TRL's trainer for supervised fine-tuning, quicker where there is no Triton, which is on every CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from trl import SFTTrainer

IGNORED = -100
MOST = 1 << 27  # logits of a batch: half a gigabyte, and some times as much for the loss and its gradient


class CompletionTrainer(SFTTrainer):  # type: ignore[misc,unused-ignore]
    """A trainer whose head scores only where some completion of the batch stands, and only once.

    Without Triton TRL scores the prompts too, by tiles that it makes again for the gradient. A batch of
    very many logits is left to it, and so is whatever its loss can be beside this one.
    """

    def compute_loss(self, model: Any, inputs: Any, return_outputs: Any = False, num_items_in_batch: Any = None) -> Any:
        """Return the mean loss over the completions' tokens, as TRL's `nll`."""
        labels = inputs["labels"][:, 1:]
        kept = (labels != IGNORED).any(0).nonzero().squeeze(1)
        large = len(labels) * len(kept) * self.model.config.vocab_size > MOST
        if return_outputs or large or self.args.loss_type != "nll" or self.args.label_smoothing_factor:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        given = {name: each for name, each in inputs.items() if name != "labels"}
        logits = model(**given, use_cache=False, logits_to_keep=kept).logits
        return self._loss(logits.flatten(0, 1), labels[:, kept].flatten(), num_items_in_batch)

    def _loss(self, logits: torch.Tensor, wanted: torch.Tensor, of_all: torch.Tensor | None) -> torch.Tensor:
        counted = (wanted != IGNORED).sum()
        hits = (logits.detach().argmax(-1) == wanted).sum()
        self._metrics["train"]["mean_token_accuracy"].append((hits / counted).item())
        loss = cross_entropy(logits, wanted, ignore_index=IGNORED, reduction="sum")
        if of_all is None:
            return loss / counted
        # tokens of all processes are counted there, while their gradients are averaged
        return loss / of_all * (self.accelerator.num_processes if self.args.average_tokens_across_devices else 1)
