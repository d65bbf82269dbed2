"""A tokenizer's vocabulary as bytes: a trie over it, made as it is walked, and what it spells.

Read from any Hugging Face tokenizer (byte-level BPE, or pieces with byte fallback as
SentencePiece makes them) or from a SentencePiece model itself.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from tracedsl.decoding.lexing import LETTERS, NAME_BYTES, NUMBER_BYTES
from tracedsl.record import record

Ids = npt.NDArray[np.int32]
_serials = count()
_SPACE = "\u2581"
#: What may stand after a name.
ENDINGS = frozenset(b",}]\n")


class Place:
    """A place in the trie: the tokens with some first bytes, and the one that is no longer than that."""

    __slots__ = ("_children", "_texts", "depth", "high", "ids", "low", "serial")

    def __init__(self, texts: Sequence[bytes], ids: Sequence[int], low: int, high: int, depth: int) -> None:
        self._texts, self.depth, self.high = texts, depth, high
        self.serial = next(_serials)
        whole = low
        while whole < high and len(texts[whole]) == depth:
            whole += 1
        self.ids = tuple(ids[low:whole]) if depth else ()
        self.low = whole
        self._children: dict[int, Place] | None = None

    def children(self, ids: Sequence[int]) -> dict[int, Place]:
        """Return the places one byte further on."""
        if self._children is None:
            self._children = {}
            at, texts, depth = self.low, self._texts, self.depth
            while at < self.high:
                byte = texts[at][depth]
                end = bisect_right(texts, byte, at, self.high, key=lambda text: text[depth])
                self._children[byte] = Place(texts, ids, at, end, depth + 1)
                at = end
        return self._children


@record
class Names:
    """Tokens that go on with a name: those that are nothing else, by their ids, and those that go beyond it.

    ``longest`` is the most letters that any adds to the name.
    """

    pure: Ids
    lengths: Ids
    beyond: tuple[tuple[int, str, bytes], ...]
    longest: int


class Tokens:
    """The tokens of a vocabulary; ``texts`` has the bytes of each id, ``None`` for a special one.

    ``ends`` are the ids that end a text. ``leading`` says that the tokenizer puts a space before a
    text and takes it off again.
    """

    def __init__(self, texts: Sequence[bytes | None], ends: Iterable[int], *, leading: bool = False) -> None:
        self.texts = tuple(texts)
        self.ends = tuple(ends)
        if not self.ends:
            raise ValueError("the vocabulary has no token that ends a text; give its tokenizer an `eos_token`")
        self.end_ids = np.array(self.ends, dtype=np.int32)
        self.end_ids.setflags(write=False)
        self.leading = leading
        pairs = sorted((text, index) for index, text in enumerate(texts) if text)
        self._sorted = [text for text, _ in pairs]
        self.sorted_ids = [index for _, index in pairs]
        self.root = Place(self._sorted, self.sorted_ids, 0, len(pairs), 0)
        self.lengths = np.array([len(text or b"") for text in texts], dtype=np.int32)
        self._names: dict[tuple[bytes, bool], Names] = {}
        self.fewest = lru_cache(maxsize=65536)(self._fewest)
        single = {text[0] for text in self._sorted if len(text) == 1}
        missing = sorted((NAME_BYTES | NUMBER_BYTES | frozenset(b"\n :,{}[]")) - single)
        if missing:
            raise ValueError(
                f"the vocabulary has no token for {chr(missing[0])!r} alone, so that traces cannot be spelt"
            )

    def __len__(self) -> int:
        return len(self.texts)

    def down(self, place: Place, byte: int) -> Place | None:
        """Return the place one byte further on, ``None`` where no token goes on so."""
        return place.children(self.sorted_ids).get(byte)

    def prefix(self, place: Place) -> bytes:
        """Return the bytes that lead to a place."""
        return self._sorted[place.low][: place.depth] if place.low < place.high else b""

    def names(self, place: Place, prefix: bytes, *, inside: bool) -> Names:
        """Return the tokens with a prefix whose rest goes on with a name, inside one or at a segment's start."""
        key = (prefix, inside)
        if key not in self._names:
            self._names[key] = self._going_on(place, len(prefix), inside)
        return self._names[key]

    def names_after(self, text: bytes, *, inside: bool) -> Ids:
        """Return the tokens that begin with a text and go on with nothing but a name."""
        place: Place | None = self.root
        for byte in text:
            place = self.down(place, byte) if place is not None else None
        if place is None or place.low >= place.high:
            return np.zeros(0, dtype=np.int32)
        return self.names(place, text, inside=inside).pure

    def _going_on(self, place: Place, skip: int, inside: bool) -> Names:
        pure, lengths, beyond = [], [], []
        for at in range(place.low, place.high):
            text = self._sorted[at]
            end, starts = skip, not inside
            while end < len(text) and _goes_on(text[end], starts):
                starts = text[end] == 46
                end += 1
            if end == len(text):
                pure.append(self.sorted_ids[at])
                lengths.append(end - skip)
            elif not starts and text[end] in ENDINGS:
                beyond.append((self.sorted_ids[at], text[skip:end].decode(), text[end:]))
        ids, own = np.array(pure, dtype=np.int32), np.array(lengths, dtype=np.int32)
        order = np.argsort(ids)
        longest = max([*lengths, *(len(rest) for _, rest, _ in beyond)], default=0)
        return Names(ids[order], own[order], tuple(beyond), longest)

    def _fewest(self, text: bytes) -> tuple[int, ...]:
        """Return the ids of the fewest tokens that spell a text."""
        best: list[tuple[int, int, int]] = [(0, -1, -1)] + [(1 << 30, -1, -1)] * len(text)
        for start in range(len(text)):
            place: Place | None = self.root
            for end in range(start, len(text)):
                place = self.down(place, text[end]) if place is not None else None
                if place is None:
                    break
                if place.ids and best[start][0] + 1 < best[end + 1][0]:
                    best[end + 1] = (best[start][0] + 1, start, place.ids[0])
        found, at = [], len(text)
        while at > 0:
            _, start, token = best[at]
            found.append(token)
            at = start
        return tuple(reversed(found))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of some tokens, special ones left out."""
        text = b"".join(self.texts[each] or b"" for each in ids).decode(errors="replace")
        return text.removeprefix(" ") if self.leading else text


def _goes_on(byte: int, starts: bool) -> bool:
    return byte in LETTERS if starts else byte in NAME_BYTES


def from_bytes() -> Tokens:
    """Return the vocabulary of single bytes, and of an end."""
    return Tokens([*(bytes((byte,)) for byte in range(256)), None], [256])


def from_transformers(tokenizer: Any) -> Tokens:
    """Read the vocabulary of a Hugging Face tokenizer; raises ValueError for a kind that is not known."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    size = max(vocabulary.values()) + 1
    texts: list[bytes | None] = [None] * size
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError("only fast tokenizers can be read; save this one as one, or give its SentencePiece model")
    layout = backend.to_str()
    to_bytes = _byte_level if '"ByteLevel"' in layout else _piece if _SPACE in layout else None
    if to_bytes is None:
        raise ValueError("the tokenizer is neither byte-level nor one of pieces with byte fallback")
    added = dict(tokenizer.added_tokens_decoder)
    for text, index in vocabulary.items():
        if index not in added:
            texts[index] = to_bytes(text)
        elif not added[index].special:
            texts[index] = text.encode()
    ends = [each for each in (tokenizer.eos_token_id,) if each is not None]
    return Tokens(texts, ends, leading=to_bytes is _piece and _prepends(layout))


def from_sentencepiece(model: Any) -> Tokens:
    """Read the vocabulary of a ``sentencepiece.SentencePieceProcessor``."""
    size = model.get_piece_size()
    special = [model.is_control(index) or model.is_unknown(index) or model.is_unused(index) for index in range(size)]
    texts = [None if special[index] else _piece(model.id_to_piece(index)) for index in range(size)]
    first = model.id_to_piece(model.encode("a")[0])
    ends = [each for each in (model.eos_id(),) if each >= 0]
    return Tokens(texts, ends, leading=first.startswith(_SPACE))


def _piece(text: str) -> bytes:
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes((int(text[3:5], 16),))
    return text.replace(_SPACE, " ").encode()


@lru_cache(maxsize=1)
def _alphabet() -> dict[int, int]:
    """Return the bytes that the letters of byte-level vocabularies stand for; what is none becomes no byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in shown]
    letters = {byte: byte for byte in shown} | {256 + index: byte for index, byte in enumerate(others)}
    return dict.fromkeys(others, 65535) | letters


def _byte_level(text: str) -> bytes | None:
    try:
        return text.translate(_alphabet()).encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _prepends(layout: str) -> bool:
    data = json.loads(layout)
    parts = [data.get("normalizer"), data.get("pre_tokenizer")]
    parts += [inner for part in parts if part for inner in (part.get("normalizers") or part.get("pretokenizers") or ())]
    return any(
        part.get("type") == "Prepend" or (part.get("type") == "Metaspace" and part.get("prepend_scheme") != "never")
        for part in parts
        if part
    )
