"""A cache of keys and values with room to grow: appending copies what is new, not all that is there."""

from __future__ import annotations

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


def _with_room(buffer: torch.Tensor, used: int, wanted: int) -> torch.Tensor:
    """Return a buffer in which so many tokens have room, with what is used of the old one."""
    if buffer.shape[2] >= wanted:
        return buffer
    larger = buffer.new_empty((*buffer.shape[:2], wanted + _ROOM, buffer.shape[3]))
    larger[:, :, :used] = buffer[:, :, :used]
    return larger


def growing() -> Cache:
    """Return an empty cache."""
    return Cache(layer_class_to_replicate=GrowingLayer)
