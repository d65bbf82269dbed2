"""The constraint as a logits processor for transformers' ``generate``: batches, sampling, beams.

    processor = TraceProcessor([Constraint(tokens, options, budget=256) for options in per_prompt])
    model.generate(**inputs, max_new_tokens=256, logits_processor=[processor])

Where a trainer gives no such argument, wrap the method:
``model.generate = functools.partial(model.generate, logits_processor=[processor])``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import LogitsProcessor

from tracedsl.decoding.constraint import Constraint, Row

_Key = tuple[int, tuple[int, ...]]


@dataclass(slots=True)
class Report:
    """How much a constraint changed: steps, those whose first choice was masked, the log of the mass kept."""

    steps: int = 0
    masked: int = 0
    log_kept: float = 0.0

    @property
    def masked_share(self) -> float:
        """The share of steps at which the model's first choice was masked."""
        return self.masked / self.steps if self.steps else 0.0


class TraceProcessor(LogitsProcessor):  # type: ignore[misc,unused-ignore]
    """Masks the scores of every row; each row's state follows from its tokens alone.

    One constraint serves all rows, or there is one for each prompt, whose rows stand together.
    It may be used for one call of ``generate`` after another; behind one that may have made a single
    step, ``reset`` it, or a prompt that is longer by that step is taken for its text. ``report`` counts
    for each row of the last call (with beams: for each place). Rows that are no multiple of the
    constraints are a ValueError.
    """

    def __init__(self, constraints: Constraint | Sequence[Constraint]) -> None:
        self.constraints = [constraints] if isinstance(constraints, Constraint) else list(constraints)
        self.report: list[Report] = []
        self.reset()

    def reset(self) -> None:
        """Forget the rows of the last call: what comes next is a prompt."""
        self._rows: dict[_Key, Row] = {}
        self._prompts: set[_Key] = set()
        self._prompt = self._width = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return the scores with minus infinity for every token that may not come."""
        rows = self._follow(input_ids)
        masked = torch.full_like(scores, float("-inf"))
        for index, row in enumerate(rows):
            ids = torch.tensor(row.allowed, device=scores.device, dtype=torch.long)
            masked[index, ids] = scores[index, ids]
            if not row.ended:
                self._note(self.report[index], scores[index], masked[index])
        return masked

    def _follow(self, input_ids: torch.LongTensor) -> list[Row]:
        """Return the row of each text; a text that goes on with none before begins a new call."""
        count, width = input_ids.shape
        share, over = divmod(count, len(self.constraints))
        if over or not share:
            raise ValueError(f"{count} rows are no multiple of {len(self.constraints)} constraints")
        texts = [tuple(ids) for ids in input_ids.tolist()]
        prompts = {(index // share, ids[: self._prompt]) for index, ids in enumerate(texts)}
        keys: list[_Key] = [(index // share, ids[self._prompt :]) for index, ids in enumerate(texts)]
        known = width == self._width + 1 and prompts == self._prompts
        if known and all((place, ids[:-1]) in self._rows for place, ids in keys):
            rows = [self._rows[place, ids[:-1]].after(ids[-1]) for place, ids in keys]
        else:
            self._prompt, self._prompts = width, {(index // share, ids) for index, ids in enumerate(texts)}
            self.report = [Report() for _ in range(count)]
            keys = [(index // share, ()) for index in range(count)]
            rows = [self.constraints[place].start() for place, _ in keys]
        self._width, self._rows = width, dict(zip(keys, rows, strict=True))
        return rows

    @staticmethod
    def _note(report: Report, scores: torch.Tensor, masked: torch.Tensor) -> None:
        report.steps += 1
        report.masked += int(masked[scores.argmax()] == float("-inf"))
        report.log_kept += float(torch.logsumexp(masked.float(), 0) - torch.logsumexp(scores.float(), 0))
