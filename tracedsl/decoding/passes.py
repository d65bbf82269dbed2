"""Forward passes over rows that grow by different numbers of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache

from tracedsl.decoding.caches import growing, joined

#: Tokens of prompts that are read at once.
_READ = 1024
#: The share of a pass over several rows that must not be padding.
_FILLED = 0.7


class Passes:
    """A model's cache of some rows: prompts are padded on the left, what is fed later on the right.

    Padding is masked wherever it stands, and positions count what is not padding. Prompts are read a
    few at a time, those of like length together, and one that several rows have is read once.
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], pad: int) -> None:
        self.model, self.pad = model, pad
        self.device = next(model.parameters()).device
        self.lengths = torch.tensor([len(prompt) for prompt in prompts])
        width = int(self.lengths.max())
        self.mask = (torch.arange(width) >= width - self.lengths[:, None]).long()
        rows = dict[tuple[int, ...], list[int]]()
        for at, prompt in enumerate(prompts):
            rows.setdefault(tuple(prompt), []).append(at)
        found = dict[int, torch.Tensor]()
        parts, places = [], []
        for some in _some(sorted(rows, key=len)):
            cache, scores = self._read(some)
            origins = [at for at, prompt in enumerate(some) for _ in rows[prompt]]
            cache.batch_select_indices(torch.tensor(origins, device=self.device))
            parts.append(cache)
            places.append([row for prompt in some for row in rows[prompt]])
            found |= {row: scores[at] for at, prompt in enumerate(some) for row in rows[prompt]}
        self.cache = joined(parts, places)
        self._scores = dict(sorted(found.items()))

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
        self._pass(fed, width, [not tokens for tokens in waiting])

    def _read(self, prompts: Sequence[Sequence[int]]) -> tuple[Cache, torch.Tensor]:
        """Read some prompts; return their cache and the scores of what comes next in each."""
        width = max(map(len, prompts))
        ids, mask = self._padded(prompts, width, left=True)
        positions, cache = (mask.cumsum(1) - 1).clamp(min=0), growing()
        return cache, self._forward(ids, mask, positions, cache, [width - 1])[:, 0].cpu()

    def _pass(self, fed: list[list[int]], width: int, whole: Sequence[bool]) -> None:
        ids, mask = self._padded(fed, width)
        self.mask = torch.cat((self.mask, mask), dim=1)
        positions = (self.lengths[:, None] + mask.cumsum(1) - 1).clamp(min=0)
        self.lengths = self.lengths + mask.sum(1)
        lasts = [len(tokens) - 1 for tokens in fed]
        wanted = sorted({last for at, last in enumerate(lasts) if whole[at]})
        scores = self._forward(ids, self.mask, positions, self.cache, wanted or [0])
        rows = [at for at in range(len(fed)) if whole[at]]
        found = scores[rows, [wanted.index(lasts[at]) for at in rows]].cpu()  # the others stay where they are
        self._scores = dict(zip(rows, found, strict=True))

    def _padded(
        self, fed: Sequence[Sequence[int]], width: int, *, left: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token ids and the mask of what is not padding, both of shape (rows, width)."""
        ids = torch.full((len(fed), width), self.pad, dtype=torch.long)
        mask = torch.zeros((len(fed), width), dtype=torch.long)
        for at, tokens in enumerate(fed):
            place = slice(width - len(tokens), width) if left else slice(0, len(tokens))
            ids[at, place], mask[at, place] = torch.tensor(tokens, dtype=torch.long), 1
        return ids, mask

    def _forward(
        self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Cache, wanted: list[int]
    ) -> torch.Tensor:
        """Return the scores, of shape (rows, wanted, tokens of the vocabulary), where the model is."""
        scores: torch.Tensor = self.model(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            position_ids=positions.to(self.device),
            cache=cache,
            use_cache=True,
            logits_to_keep=torch.tensor(wanted, device=self.device),
        ).logits
        return scores


def _some(prompts: Sequence[tuple[int, ...]]) -> Iterator[Sequence[tuple[int, ...]]]:
    """Yield prompts a few at a time, at most so many tokens with padding unless it is one prompt."""
    start = 0
    for at in range(1, len(prompts) + 1):
        if at == len(prompts) or (at + 1 - start) * len(prompts[at]) > _READ:
            yield prompts[start:at]
            start = at


def _width(lengths: Sequence[int]) -> int:
    """Return the greatest width at which enough of a pass is not padding."""
    return max(
        width
        for width in range(1, max(lengths) + 1)
        if width == 1 or sum(min(width, length) for length in lengths) >= _FILLED * width * len(lengths)
    )
