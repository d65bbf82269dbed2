"""Numbers in a question: which of them may change, and how another is written in the same way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from tracedsl.grounding import CENTS, PERCENT, Ground, Way, following, occurrences
from tracedsl.numbers import Number, Rational, spell
from tracedsl.patterns.holes import in_words
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

_DIRECT = (Ground.DIGITS, Ground.WORD)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b|[A-Za-z]|['’]s\b")
_PARTS = re.compile(r"[- ](?:halves|thirds?|fourths?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)\b")
_LISTED = re.compile(r"(?i)\b(?:the|all|these|those|both|other|of|their|his|her) $")
_BOUND = re.compile(r"[\w:/]")
_YEAR = range(1900, 2100)
_BOUNDS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"[\s-]*days? (?:a|per|each|every|of the|in a|out of the) week\b", re.IGNORECASE), 7),
    (re.compile(r"[\s-]*days? (?:a|per|each|every|of the|in a) month\b", re.IGNORECASE), 28),
    (re.compile(r"[\s-]*days?[\s-]month\b", re.IGNORECASE), 31),
    (re.compile(r"[\s-]*hours? (?:a|per|each|every|of the|in a) day\b", re.IGNORECASE), 24),
    (re.compile(r"[\s-]*months? (?:a|per|each|every|of the|in a) year\b", re.IGNORECASE), 12),
    (re.compile(r"[\s-]*hours? (?:past|after) (?:noon|midnight)\b", re.IGNORECASE), 11),
    (re.compile(r"[\s-]*years?[\s-]old\b|\s*years of age\b", re.IGNORECASE), 110),
)
_ARTICLE = re.compile(r"\b([Aa])(n?)([ ]\$?)$")
_VOWEL = re.compile(r"(?:8|11(?!\d)|18(?!\d)|11,|18,|eight|eleven|eighteen|eighty)")
_MOST_IN_WORDS = 100


@record
class Slot:
    """A number of a question that may change, at all of its places; ``percent`` if a percent sign follows.

    ``most`` is the most that it can be where its words bound it: days a week are seven at most.
    """

    value: Rational
    spans: tuple[Span, ...]
    percent: bool
    cents: bool
    most: int | None = None


def slots(question: str, lexicon: Lexicon) -> dict[Rational, Slot]:
    """Return the numbers of a question that may change, by value.

    A number that stands there twice may be one quantity or two, so it is left alone; and so are
    a 1, a year, a fraction, a clock time, an ordinal, a bill ("twenty's"), and a count of what is
    listed ("the three").
    """
    places: dict[Rational, list[Span]] = defaultdict(list)
    fixed: set[Rational] = set()
    for found in occurrences(question, lexicon):
        if found.ground not in _DIRECT or found.span in places[found.value]:
            continue
        if _changes(question, found.value, found.span):
            places[found.value].append(found.span)
        else:
            fixed.add(found.value)
    return {
        value: _slot(question, value, spans)
        for value, spans in places.items()
        if len(spans) == 1 and value not in fixed and not _is_inside(spans, places)
    }


def _slot(question: str, value: Rational, spans: list[Span]) -> Slot:
    bounds = [most for pattern, most in _BOUNDS if value <= most and _follows(question, spans, pattern)]
    percent, cents = _follows(question, spans, PERCENT), _follows(question, spans, CENTS)
    return Slot(value, tuple(spans), percent, cents, min(bounds, default=None))


def scaled(question: str, lexicon: Lexicon) -> frozenset[Rational]:
    """Return the values that a question states by a scale word: 2 of "twice"."""
    return frozenset(found.value for found in occurrences(question, lexicon) if found.ground is Ground.SCALE)


def is_stated(question: str, value: Rational, lexicon: Lexicon) -> bool:
    """Return whether a question states a number, or speaks of what a constant belongs to."""
    if any(found.value == abs(value) for found in occurrences(question, lexicon)):
        return True
    return lexicon.is_cued(value, question) if value in lexicon.cues else value in lexicon.constants


def _changes(question: str, value: Rational, span: Span) -> bool:
    before, after = question[: span.start][-1:], question[span.end :]
    if value <= 1 or "/" in question[span.start : span.end]:
        return False
    if _BOUND.match(before) or _ORDINAL.match(after) or after[:1] in (":", "/") or _PARTS.match(after):
        return False
    if _LISTED.search(question[: span.start]) and not question[span.start].isdigit():
        return False
    money = before == "$"
    return money or not (value in _YEAR and isinstance(value, int) and "," not in question[span.start : span.end])


def _follows(question: str, spans: list[Span], pattern: re.Pattern[str]) -> bool:
    return any(pattern.match(question, span.end) for span in spans)


def _is_inside(spans: list[Span], places: Mapping[Rational, list[Span]]) -> bool:
    """Return whether a number is a part of another one: 5 of 5 thousand."""
    others = [other for each in places.values() for other in each]
    return any(o.start <= s.start and s.end <= o.end and o != s for s in spans for o in others)


def respelt(written: str, value: Rational) -> str | None:
    """Write another number as the first is written; ``None`` where that cannot be done."""
    if not written[:1].isdigit() and not written.startswith("."):
        if not isinstance(value, int) or not 0 <= value <= _MOST_IN_WORDS:
            return None
        word = in_words(value)
        return word.capitalize() if written[:1].isupper() else word
    places = len(written.partition(".")[2])
    if places:
        scaled = Fraction(value) * 10**places
        if scaled.denominator != 1:
            return None
        if isinstance(value, int) and places == 1:
            return f"{value:,}" if "," in written else str(value)  # 3 meters, not 3.0
        whole, rest = divmod(int(scaled), 10**places)
        return f"{whole:,}.{rest:0{places}}" if "," in written else f"{whole}.{rest:0{places}}"
    if not isinstance(value, int):
        text = spell(Number(value))
        return None if "/" in text else text
    return f"{value:,}" if "," in written or (value >= 10_000 and len(written) < 5) else str(value)


def replaced(question: str, chosen: Mapping[Slot, Rational]) -> str | None:
    """Return a question with other numbers at the places of some slots; articles agree with them."""
    return _edited(question, [(span, value) for slot, value in chosen.items() for span in slot.spans])


def moved(question: str, chosen: Mapping[Slot, Rational], span: Span) -> Span | None:
    """Return where a place of a question stands once its numbers are replaced."""
    edits = [(each, value) for slot, value in chosen.items() for each in slot.spans]
    within = [(Span(e.start - span.start, e.end - span.start), v) for e, v in edits if span.start <= e.start < span.end]
    behind = [(Span(e.start - span.end, e.end - span.end), v) for e, v in edits if e.start >= span.end]
    whole, own = _edited(question, edits), _edited(question[span.start : span.end], within)
    rest = _edited(question[span.end :], behind)
    if whole is None or own is None or rest is None:
        return None
    end = len(whole) - len(rest)
    return Span(end - len(own), end)


def _edited(question: str, edits: list[tuple[Span, Rational]]) -> str | None:
    for span, value in sorted(edits, reverse=True):
        text = respelt(question[span.start : span.end], value)
        if text is None:
            return None
        question = f"{_agreeing(question[: span.start], text)}{text}{question[span.end :]}"
    return question


def _agreeing(head: str, text: str) -> str:
    """Return what stands before a number, its last article agreeing with the number."""
    vowel = "n" if _VOWEL.match(text) else ""
    return _ARTICLE.sub(lambda found: f"{found[1]}{vowel}{found[3]}", head)


def derived(slot: Slot) -> Iterator[tuple[Rational, Way]]:
    """Yield the numbers that follow from a slot, and how: those of a percent, dollars of cents."""
    ways = tuple(Way) if slot.percent else (Way.PART,) if slot.cents else ()
    yield from ((following(slot.value, way), way) for way in ways)
