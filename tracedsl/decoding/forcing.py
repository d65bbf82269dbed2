"""What must come next whatever is chosen, as the tokens that a tokenizer would spell it with.

Most of a canonical trace follows from the little that is free in it. Such a span can be fed to a
model at once instead of being asked for token by token, and a model then reads it split as in
the texts that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from tracedsl.decoding.lexing import NAME_BYTES, NUMBER_BYTES
from tracedsl.decoding.states import State
from tracedsl.decoding.tries import Node

#: The bytes of canonical texts.
_BYTES = NAME_BYTES | NUMBER_BYTES | frozenset(b"\n :,{}[]")

Encode = Callable[[str], Sequence[int]]
#: The words into which a tokenizer splits a text before it looks for tokens in each, as their ends.
Split = Callable[[str], Sequence[int]]


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
    """Spells forced spans as one tokenizer does; what it says of a span is kept.

    No token goes beyond the words that a tokenizer splits a text into first; so the words that no
    further byte can lengthen are spelt alike whatever follows, and the rest is left to the model.
    """

    def __init__(self, encode: Encode, split: Split) -> None:
        self.encode, self.split = encode, split
        self._spelt = lru_cache(maxsize=65536)(self._spell)

    def spell(self, state: State) -> tuple[tuple[int, ...], bool]:
        """Return the tokens that must come next, and whether the text ends with them."""
        text, after = forced(state)
        if is_over(after):
            return (tuple(self.encode(text.decode())) if text else ()), True
        return (self._spelt(text.decode(), _next(after)) if text else ()), False

    def _spell(self, text: str, following: frozenset[int]) -> tuple[int, ...]:
        ends = self.split(text)
        kept = len(text)
        if any(len(text) not in self.split(text + chr(byte)) for byte in following):
            kept = max((end for end in ends if end < len(text)), default=0)
        return tuple(self.encode(text[:kept])) if kept else ()


def speller_of(tokenizer: Any) -> Speller | None:
    """Return the speller of a Hugging Face tokenizer; ``None`` for one that does not split texts into words."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or backend.pre_tokenizer is None or backend.normalizer is not None:
        return None
    splitter = backend.pre_tokenizer
    if splitter.pre_tokenize_str("a") != [("a", (0, 1))]:  # it puts a space before a text: no span begins so
        return None
    return Speller(
        lambda text: tokenizer.encode(text, add_special_tokens=False),
        lambda text: [end for _, (_, end) in splitter.pre_tokenize_str(text)],
    )


def _next(state: State) -> frozenset[int]:
    spot = state.spot
    if isinstance(spot, Node) and spot.value is None:
        return frozenset(spot.children)
    return frozenset(byte for byte in _BYTES if state.step(byte) is not None)
