"""A cache of keys and values with room to grow: appending copies what is new, not all that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

_ROOM = 64  # tokens by which it grows


class GrowingLayer(DynamicLayer):  # type: ignore[misc,unused-ignore]
    """One layer's cache: ``keys`` and ``values`` are views of the part of two buffers that is filled."""

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        """Append keys and values of shape (rows, heads, tokens, size), and return all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._buffers = [key_states.new_empty((*key_states.shape[:2], 0, key_states.shape[3])) for _ in range(2)]
        used, more = self.get_seq_length(), key_states.shape[-2]
        for place, states in enumerate((key_states, value_states)):
            self._buffers[place] = buffer = _with_room(self._buffers[place], used, used + more)
            buffer[:, :, used : used + more] = states
        self.keys, self.values = (buffer[:, :, : used + more] for buffer in self._buffers)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows."""
        used = self.get_seq_length()
        self._buffers = [buffer[indices] for buffer in self._buffers]
        self.keys, self.values = (buffer[:, :, :used] for buffer in self._buffers)

    @classmethod
    def joined(cls, parts: Sequence[DynamicLayer], places: Sequence[Sequence[int]]) -> GrowingLayer:
        """Return one layer of several, whose rows stand where ``places`` says, padded on the left."""
        found, first = cls(), parts[0]
        found.lazy_initialization(first.keys, first.values)
        found._buffers = [_filled([getattr(part, name) for part in parts], places) for name in ("keys", "values")]
        found.keys, found.values = found._buffers
        return found


def _with_room(buffer: torch.Tensor, used: int, wanted: int) -> torch.Tensor:
    """Return a buffer in which so many tokens have room, with what is used of the old one."""
    if buffer.shape[2] >= wanted:
        return buffer
    larger = buffer.new_empty((*buffer.shape[:2], wanted + _ROOM, buffer.shape[3]))
    larger[:, :, :used] = buffer[:, :, :used]
    return larger


def _filled(parts: Sequence[torch.Tensor], places: Sequence[Sequence[int]]) -> torch.Tensor:
    rows, width = sum(map(len, places)), max(part.shape[2] for part in parts)
    whole = parts[0].new_zeros((rows, parts[0].shape[1], width, parts[0].shape[3]))
    for part, own in zip(parts, places, strict=True):
        whole[list(own), :, width - part.shape[2] :] = part
    return whole


def growing() -> Cache:
    """Return an empty cache."""
    return Cache(layer_class_to_replicate=GrowingLayer)


def joined(parts: Sequence[Cache], places: Sequence[Sequence[int]]) -> Cache:
    """Return one cache of several: their rows stand where ``places`` says, shorter ones padded on the left."""
    layers = zip(*(part.layers for part in parts), strict=True)
    found = growing()
    found.layers = [GrowingLayer.joined(each, places) for each in layers]
    return found
