"""Names for quantities, from the words around their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_CLAUSE = re.compile(r"[.,;:?!()=]")
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST = 24
_REACH = 60  # characters on either side
RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off"})
#: Words that say nothing about a quantity.
_STOPWORDS = (
    "a an the and or but if then than so as at by for from in into of off on onto out over to up with within "
    "without is are was were be been being am do does did done has have had having can could will would shall "
    "should may might must he she it they them him her his hers its their theirs we us our you your i me my mine "
    "this that these those there here who whom whose which what when where why how each every all both any some "
    "no not only just also very too much many more most less least few fewer other another such same own per "
    "about after before again further while until during because since through between under above below "
    "therefore thus hence now still yet already s t x let means total equal equals number times plus minus one "
    "two three four five six seven eight nine ten half twice double dozen first second third gets get got make "
    "makes made take takes took give gives gave"
)
STOPWORDS = frozenset(_STOPWORDS.split())


def content_words(text: str) -> list[str]:
    """Return the words of a text that say something, in lower case."""
    words = (_POSSESSIVE.sub("", found[0].lower()) for found in _WORD.finditer(text))
    return [word for word in words if len(word) > 1 and word.isascii() and word.isalpha() and word not in STOPWORDS]


def around(text: str, start: int, end: int) -> Iterator[list[str]]:
    """Yield the content words after a place of a text, then those before it, nearest first."""
    after = _CLAUSE.split(text[end : end + _REACH])[0]
    yield content_words(after)
    before = _CLAUSE.split(text[max(0, start - _REACH) : start])[-1]
    yield content_words(before)[::-1]
    yield content_words(text[end : end + 2 * _REACH])
    yield content_words(text[max(0, start - 2 * _REACH) : start])[::-1]


class Namer:
    """Gives each quantity of a trace a name of its own."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def name(self, *choices: Iterable[str], otherwise: str = "quantity") -> str:
        """Return the shortest new name from lists of words, the best list first."""
        lists = [list(words) for words in choices]
        for words in lists:
            for count in (1, 2, 3):
                if len(words) >= count:
                    name = "_".join(words[:count])
                    if self.fits(name):
                        return self.take(name)
        flat = [word for words in lists for word in words]
        for first, second in ((a, b) for a in flat[:3] for b in flat if a != b):
            if self.fits(f"{first}_{second}"):
                return self.take(f"{first}_{second}")
        return self.numbered("_".join(flat[:1]) or otherwise)

    def fits(self, name: str) -> bool:
        """Return whether a name is short and new."""
        return len(name) <= _LONGEST and name not in self.used and name not in RESERVED

    def take(self, name: str) -> str:
        """Use a name."""
        self.used.add(name)
        return name

    def numbered(self, base: str) -> str:
        """Return a name with the first number that is free."""
        number = 2
        while f"{base}_{number}" in self.used:
            number += 1
        return self.take(f"{base}_{number}")


class Numbered:
    """Names given quantities n1, n2 and so on, results r1, r2 and so on."""

    def __init__(self) -> None:
        self.counts = {"n": 0, "r": 0}

    def next(self, kind: str) -> str:
        """Return the next name of a kind."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"
