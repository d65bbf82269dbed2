"""What must come next whatever is chosen, as the tokens that a tokenizer would spell it with.

Most of a canonical trace follows from the little that is free in it. Such a span can be fed to a
model at once instead of being asked for token by token, and a model then reads it split as in
the texts that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from tracedsl.decoding.states import State
from tracedsl.decoding.tries import Node

#: What may follow a span; a token that depends on it is left to the model.
_FOLLOWING = ("a", "z", "1", "-", ".", ",", "]", "}", " ", "\n", " a")

Encode = Callable[[str], Sequence[int]]


def forced(state: State) -> tuple[bytes, State]:
    """Return the bytes of which each is the only one that may come, and the state after them."""
    text = bytearray()
    while not state.complete:
        byte = _only(state)
        after = state.step(byte) if byte is not None else None
        if byte is None or after is None:
            break
        text.append(byte)
        state = after
    return bytes(text), state


def _only(state: State) -> int | None:
    """Return the one byte that may come in a fixed text or a list of words."""
    spot = state.spot
    if not isinstance(spot, Node):
        return None
    choices = list(spot.children)
    if spot.value is None:
        return choices[0] if len(choices) == 1 else None
    after = state.language.after(state, spot.value) if not choices else None
    return _only(after) if after is not None else None


def is_over(state: State) -> bool:
    """Return whether nothing can follow a text."""
    return state.complete and isinstance(state.spot, Node) and not state.spot.children


class Speller:
    """Spells forced spans as one tokenizer does; what it says of a span is kept."""

    def __init__(self, encode: Encode) -> None:
        self.encode = encode
        self.spell = lru_cache(maxsize=65536)(self._spell)

    def _spell(self, text: str) -> tuple[int, ...]:
        """Return the tokens with which a text begins, whatever follows it."""
        kept = tuple(self.encode(text))
        for following in _FOLLOWING:
            kept = _common(kept, self.encode(text + following))
        return kept


def _common(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """Return what two lists begin with."""
    length = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
    return tuple(one[: min(length, len(other))])
