"""Questions with what varies masked, so that like problems are seen to be alike."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256

from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.words import Entry, Noun, Person, key_of
from tracedsl.vocabulary import Lexicon, lexicon

_NUMBER = re.compile(r"\$?\d+(?:,\d{3})*(?:\.\d+)?(?: \d+/\d+|/\d+)?%?")
_SMALL = {"a", "an", "of"}
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def masked(question: str, words: Lexicon | None = None) -> str:
    """Return a question with each of its numbers as ``#``: a problem and its renumbered twin are one."""
    words = words or lexicon()
    text = _NUMBER.sub("#", " ".join(question.lower().split()).rstrip("?.! "))
    text = _WORD.sub(lambda found: "#" if _is_number(found[0], words) else found[0], text)
    return re.sub("#(?: (?:and )?#)+", "#", text)


def skeleton(question: str) -> str:
    """Return a question with its numbers as ``#`` and the lexicon's words as ``@``: what its template leaves."""
    known = _known()
    text = _WORD.sub(lambda found: "@" if found[0] in known else found[0], masked(question))
    return re.sub("@(?: @)+", "@", text)


def share_of(text: str) -> float:
    """Return a number from 0 to 1 that depends on a text alone."""
    return int.from_bytes(sha256(text.encode()).digest()[:8]) / 2**64


def _is_number(word: str, words: Lexicon) -> bool:
    parts = word.split("-")
    return all(part in words.words or part in words.magnitudes for part in parts)


def is_lexical(word: str) -> bool:
    """Return whether a segment of a name comes from the lexicon: ``teddy_bears``, ``alice``."""
    return all(part in _known() for part in word.lower().split("_"))


@cache
def _known() -> frozenset[str]:
    """Return every word that questions are filled with, in every form."""
    forms: list[str] = []
    for kinds in word_list(Part.ALL).kinds.values():
        for word in kinds:
            match word:
                case Person():
                    forms += [word.name, word.they, word.them, word.their]
                case Noun():
                    forms += [word.one, word.many]
                case Entry(words=columns):
                    forms += [form for noun in columns.values() for form in (noun.one, noun.many)]
    return frozenset(part for form in forms for part in (*form.lower().split(), *key_of(form).split("_"))) | _SMALL
