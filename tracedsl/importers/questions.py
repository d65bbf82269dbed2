"""A question with the places of its numbers, and what stands beside each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from typing import assert_never

from tracedsl.grounding import PERCENT, Ground, occurrences
from tracedsl.importers.contexts import Beside, beside, sentence_at
from tracedsl.numbers import Rational
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

_DIRECT = (Ground.DIGITS, Ground.WORD)
_TIMES = re.compile(r"[\s-]+(?:times|fold)\b", re.IGNORECASE)
_MORE = re.compile(
    r"[\s-]+(?:[A-Za-z]+[\s-]+){0,3}?(?:more|less|fewer|older|younger|taller|shorter|longer|higher|lower|bigger|larger|smaller|"
    r"heavier|lighter|faster|slower|cheaper|greater|later|earlier|wider|deeper|farther|further)\b",
    re.IGNORECASE,
)
_MULTIPLE = re.compile(r"once|twice|doubl|thrice|tripl|quadrupl|quintupl", re.IGNORECASE)
_PART = re.compile(r"hal[fv]|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth", re.IGNORECASE)
_UNDER = re.compile(r"/\d")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_ORDINAL_WORD = re.compile(
    r"\b(?:the (?!half|quarter)[a-z]+(?= )|an? (?!half|quarter)[a-z]+ (?!of|were|was|are|is|as|more|less|the)[a-z])",
    re.IGNORECASE,
)
_THE = re.compile(r"\b(?:the|all|these|those|both|other|their|his|her) $", re.IGNORECASE)


class Use(StrEnum):
    """How a question uses a number: as a count, or to scale, to divide, to compare by a difference."""

    COUNT = "count"
    MULTIPLE = "multiple"
    TIMES = "times"
    PART = "part"
    MORE = "more"


@record
class Place:
    """A number of a question: its grounds, where it stands, what is beside it, and how it is used there."""

    ground: str
    span: Span
    beside: Beside
    use: Use
    doubt: float


@record
class Question:
    """A question with the places of its numbers, direct ones first; ``rates`` are those before a percent sign."""

    text: str
    lexicon: Lexicon
    places: dict[Rational, tuple[Place, ...]] = field(default_factory=dict)
    rates: dict[Rational, tuple[Place, ...]] = field(default_factory=dict)

    def manner(self, span: Span) -> str:
        """Return the word that says how a number scales or compares: half, twice, times, fewer; nothing for a count."""
        use = next((each.use for known in self.places.values() for each in known if each.span == span), Use.COUNT)
        match use:
            case Use.COUNT:
                return ""
            case Use.TIMES:
                return "times"
            case Use.MORE:
                found = _MORE.match(self.text, span.end)
                return found[0].split()[-1].split("-")[-1].lower() if found else "more"
            case Use.MULTIPLE | Use.PART:
                word = self.text[span.start : span.end].lower()
                return word if word.isalpha() else "part"
            case _:
                assert_never(use)

    def says(self, value: Rational) -> bool:
        """Return whether digits state a number, not as a part of a fraction."""
        places = self.places.get(value, ())
        return any(place.ground == Ground.DIGITS and not _is_in_fraction(self.text, place.span) for place in places)


def read_question(text: str, lexicon: Lexicon) -> Question:
    """Find the numbers of a question."""
    found: dict[Rational, list[Place]] = defaultdict(list)
    rates: dict[Rational, list[Place]] = defaultdict(list)
    ranked = sorted(occurrences(text, lexicon), key=lambda each: (each.ground not in _DIRECT, each.span))
    for each in ranked:
        if all(place.span != each.span for place in found[each.value]):
            place = _place(text, each.ground, each.span)
            found[each.value].append(place)
            if each.ground in _DIRECT and PERCENT.match(text, each.span.end):
                rates[each.value].append(place)
    return Question(text, lexicon, _frozen(found), _frozen(rates))


def _frozen(places: dict[Rational, list[Place]]) -> dict[Rational, tuple[Place, ...]]:
    return {value: tuple(each) for value, each in places.items()}


def _place(text: str, ground: Ground, span: Span) -> Place:
    words = beside(text, *span, sentence_at(text, span.start))
    return Place(ground.value, span, words, _use(text, ground, span), sum(_doubts(text, ground, span)))


def _use(text: str, ground: Ground, span: Span) -> Use:
    if ground is Ground.SCALE:
        if _MULTIPLE.match(text, span.start):
            return Use.MULTIPLE
        return Use.PART if _PART.match(text, span.start) else Use.COUNT
    if _is_in_fraction(text, span):
        return Use.PART
    if _TIMES.match(text, span.end):
        return Use.TIMES
    return Use.MORE if _MORE.match(text, span.end) else Use.COUNT


def _is_in_fraction(text: str, span: Span) -> bool:
    return text[: span.start].endswith("/") or _UNDER.match(text, span.end) is not None


def _is_ordinal(text: str, span: Span) -> bool:
    """Return whether a word such as "third" says which one: the third week, a fourth test, not a third of them."""
    start = text.rfind(" ", 0, max(0, span.start - 1)) + 1
    return _ORDINAL_WORD.match(text, start) is not None and _PART.match(text, span.start) is not None


def _doubts(text: str, ground: Ground, span: Span) -> Iterator[float]:
    """Yield how much less likely a place is meant: the 3rd, the third, a part of 2/3, the 20 of 20 %, "the two"."""
    if _ORDINAL.match(text, span.end) or (ground is Ground.SCALE and _is_ordinal(text, span)):
        yield 4.0
    if _is_in_fraction(text, span) and text[span.start : span.end] == "1":
        yield 3.0
    if ground is Ground.PERCENT or PERCENT.match(text, span.end):
        yield 2.0
    if ground is Ground.WORD and _THE.search(text[: span.start]):
        yield 0.8
