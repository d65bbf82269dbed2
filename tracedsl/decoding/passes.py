"""Forward passes over rows that grow by different numbers of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tracedsl.decoding.caches import growing

#: The share of a pass over several rows that must not be padding.
_FILLED = 0.7


class Passes:
    """A model's cache of some rows: prompts are padded on the left, what is fed later on the right.

    Padding is masked wherever it stands, and positions count what is not padding.
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], pad: int) -> None:
        self.model, self.pad = model, pad
        self.device = next(model.parameters()).device
        self.cache = growing()
        width = max(map(len, prompts))
        self.mask = torch.zeros((len(prompts), 0), dtype=torch.long)
        self.lengths = torch.zeros(len(prompts), dtype=torch.long)
        self._scores: dict[int, torch.Tensor] = {}
        self._pass([[*prompt] for prompt in prompts], width, left=True)

    def scores(self) -> dict[int, torch.Tensor]:
        """Return the scores of the next token of each row that was fed whole."""
        return self._scores

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all rows but some."""
        place = torch.tensor(list(rows), dtype=torch.long)
        if len(rows):
            self.cache.batch_select_indices(place.to(self.device))
        self.mask, self.lengths = self.mask[place], self.lengths[place]

    def feed(self, waiting: Sequence[list[int]]) -> None:
        """Feed what waits of each row, up to a width, and take it off the lists."""
        width = _width([len(tokens) for tokens in waiting])
        fed = [tokens[:width] for tokens in waiting]
        for tokens in waiting:
            del tokens[:width]
        self._pass(fed, width, whole=[not tokens for tokens in waiting])

    def _pass(self, fed: list[list[int]], width: int, *, left: bool = False, whole: Sequence[bool] = ()) -> None:
        ids = torch.full((len(fed), width), self.pad, dtype=torch.long)
        mask = torch.zeros((len(fed), width), dtype=torch.long)
        for at, tokens in enumerate(fed):
            place = slice(width - len(tokens), width) if left else slice(0, len(tokens))
            ids[at, place], mask[at, place] = torch.tensor(tokens, dtype=torch.long), 1
        self.mask = torch.cat((self.mask, mask), dim=1)
        positions = (self.lengths[:, None] + mask.cumsum(1) - 1).clamp(min=0)
        self.lengths = self.lengths + mask.sum(1)
        lasts = [width - 1 if left else len(tokens) - 1 for tokens in fed]
        wanted = sorted({last for at, last in enumerate(lasts) if left or whole[at]})
        out = self.model(
            input_ids=ids.to(self.device),
            attention_mask=self.mask.to(self.device),
            position_ids=positions.to(self.device),
            cache=self.cache,
            use_cache=True,
            logits_to_keep=torch.tensor(wanted or [0], device=self.device),
        )
        self._scores = {
            at: out.logits[at, wanted.index(last)].cpu() for at, last in enumerate(lasts) if left or whole[at]
        }


def _width(lengths: Sequence[int]) -> int:
    """Return the greatest width at which enough of a pass is not padding."""
    return max(
        width
        for width in range(1, max(lengths) + 1)
        if width == 1 or sum(min(width, length) for length in lengths) >= _FILLED * width * len(lengths)
    )
