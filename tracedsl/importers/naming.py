"""Names for quantities, from the words around their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tracedsl.syntax.scalars import is_reserved

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_GLUED = re.compile(r"^(?:st|nd|rd|th)\b")
_SENTENCE = re.compile(r"[.?!](?=\s|$)")
_BREAK = re.compile(
    r"[.,;:?!()=]|\d|[-+*×÷]\s|\b(?:and|or|but|each|every|that|which|who|whom|whose|when|while|where|if|than|then|so|"
    r"because|after|before|until|what|how)\b",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST = 24
_REACH = 60  # characters on either side
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
    "makes made take takes took give gives gave fourth fifth sixth seventh eighth ninth tenth st nd rd rds th ft cu sq "
    "find calculate figure know need needs add adding subtract multiply divide dividing multiplying subtracting"
)
STOPWORDS = frozenset(_STOPWORDS.split())
#: Words between a number and what it counts: 4 more of her red pens.
_BETWEEN = (
    "a an the of her his their its my our more less fewer other additional extra another such same many much as "
    "times total dozen hundred thousand million percent point"
)
_SKIPPED = frozenset(_BETWEEN.split())
#: Words that say what an amount of money is.
_AMOUNTS = (
    "price prices cost costs worth fee fees salary rent bill wage wages pay pays paid earns earned earn earning "
    "spends spent charges charged sells sold buys bought costing income revenue profit budget tip deposit discount"
)
_PRICES = frozenset(_AMOUNTS.split())


@lru_cache(maxsize=1 << 16)
def _content(word: str) -> str:
    """Return a word in lower case, nothing if it says nothing."""
    word = _POSSESSIVE.sub("", word.lower())
    return word if len(word) > 1 and word.isascii() and word.isalpha() and word not in STOPWORDS else ""


@lru_cache(maxsize=1 << 12)
def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that say something, in lower case."""
    return tuple([word for found in _WORD.findall(text) if (word := _content(found))])


def counted_at(text: str, end: int) -> Iterator[str]:
    """Yield names after what a number counts that ends at a place of a text; none where no word follows it."""
    after = _after(text, end)
    yield from _counting(_counted(after), content_words(after), ())


def _after(text: str, end: int) -> str:
    return _GLUED.sub("", _BREAK.split(text[end : end + _REACH])[0])


def of_given(text: str, start: int, end: int, *, money: bool = False, percent: bool = False) -> Iterator[str]:
    """Yield names for a number of a text, the best first: what it counts, what is said of that, what stands before."""
    after = _after(text, end)
    before = content_words(_BREAK.split(text[max(0, start - _REACH) : start])[-1])
    counted = () if money else _counted(after)
    rest = content_words(_SENTENCE.split(text[end : end + 2 * _REACH])[0])
    earlier = content_words(text[max(0, start - 2 * _REACH) : start])[::-1]
    if percent:
        of = content_words(after)
        yield from (f"{word}_percent" for word in (*of[-1:], *of, *before[::-1], *rest, *earlier))
    yield from _counting(counted, content_words(after), before)
    yield from _amounts(before, *["dollars"] * money)
    yield from _pairs((*before[::-1], *rest, *earlier))


def of_result(before: str, after: str, sentence: str) -> Iterator[str]:
    """Yield names for what a calculation gives: what its result counts, else what is said before it."""
    clause = _BREAK.split(after[:_REACH])[0]
    said = content_words(before)
    yield from _counting(_counted(clause), content_words(clause), said)
    yield from _amounts(said)
    yield from _pairs((*content_words(clause), *said, *content_words(sentence)))


def _counted(text: str) -> tuple[str, ...]:
    """Return the words that a number counts: those right after it, up to a word that says nothing."""
    found: list[str] = []
    for each in _WORD.findall(text):
        word = _content(each)
        if word:
            found.append(word)
        elif found or each.lower() not in _SKIPPED:
            break
    return tuple(found)


def _counting(counted: Sequence[str], after: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    """Yield names after the thing that is counted: ``cones``, ``cream_cones``, ``cones_pudding``."""
    if not counted:
        return
    at = next((at for at, word in enumerate(counted[:3]) if word.endswith("s") and not word.endswith("ss")), 0)
    head = counted[at]
    yield head
    if at:
        yield f"{counted[at - 1]}_{head}"
    yield from (f"{head}_{word}" for word in (*after, *before[::-1]) if word not in counted[: at + 1])


def _amounts(before: Sequence[str], *unit: str) -> Iterator[str]:
    """Yield names after what stands before a number: ``price_shirt``, ``cone_cost``, else its last words."""
    at = next((at for at in range(len(before) - 1, -1, -1) if before[at] in _PRICES), None)
    if at is not None:
        yield "_".join(before[at : at + 2] if at + 1 < len(before) else before[max(0, at - 1) :])
    if before:
        yield from ("_".join((*before[-1:], *unit)) if unit else "_".join(before[-2:]), "_".join((*before[-2:], *unit)))


def _pairs(words: Sequence[str]) -> Iterator[str]:
    yield from words[:3]
    yield from (f"{first}_{second}" for first in words[:3] for second in words if first != second)


class Namer:
    """Gives each quantity of a trace a name of its own."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def name(self, choices: Iterable[str], otherwise: str = "quantity") -> str:
        """Return the first of some names that is new and not too long, else one with a number."""
        base = otherwise
        for name in choices:
            if self.fits(name):
                return self.take(name)
            base = name if base == otherwise and name and len(name) < _LONGEST - 3 else base
        return self.numbered(base)

    def fits(self, name: str) -> bool:
        """Return whether a name is short and new."""
        return 0 < len(name) <= _LONGEST and name not in self.used and not is_reserved(name)

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
