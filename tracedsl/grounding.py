"""The numbers of a question: digits, number words, scale words, percents and what follows from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile

from tracedsl.numbers import Number, Rational, read_number, whole
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon


class Ground(StrEnum):
    """How a question states a number."""

    DIGITS = "digits"
    WORD = "word"
    SCALE = "scale"
    PERCENT = "percent"


class Way(StrEnum):
    """How a number follows from one that the question states: 20 % is 0.2, 0.8, 1.2, 80 and 120; 20 cents are 0.2."""

    PART = "part"
    REST = "rest"
    MORE = "more"
    REST_OF_HUNDRED = "rest100"
    MORE_THAN_HUNDRED = "more100"


def following(value: Rational, way: Way) -> Fraction:
    """Return what follows from a percent, or from cents."""
    number = Fraction(value)
    match way:
        case Way.PART:
            return number / 100
        case Way.REST:
            return 1 - number / 100
        case Way.MORE:
            return 1 + number / 100
        case Way.REST_OF_HUNDRED:
            return 100 - number
        case Way.MORE_THAN_HUNDRED:
            return 100 + number


@record
class Occurrence:
    """A number in a question and where it stands; one that follows from another says ``way``."""

    value: Rational
    ground: Ground
    span: Span
    way: Way | None = None


_DIGITS = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+ [0-9]+/[0-9]+|[0-9]+/[0-9]+|[0-9]*\.[0-9]+|[0-9]+"
)
_FRACTION_CHARACTER = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_WORDS = re.compile(r"[A-Za-z]+")
_JOINT = re.compile(r"(?:-| | and )")
PERCENT = re.compile(r"[\s-]*(?:%|percent\b|per cent\b)", re.IGNORECASE)
CENTS = re.compile(r"[\s-]*(?:cents?\b|\u00a2)", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,20}")
_MAGNITUDE = re.compile(r"[\s-]([A-Za-z]+)")
_AND_A_PART = re.compile(r"[ -]and[ -](?:a|one)[ -](half|quarter)\b")
_ONE_AND_A_PART = re.compile(r"\b(?:an?|one) [A-Za-z]+ and a (half|quarter)\b", re.IGNORECASE)
_HALF_OF = re.compile(r"\bhalf an? ([A-Za-z]+)", re.IGNORECASE)
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}
_LONGEST_QUESTION = 20_000  # characters; the rest of a longer text is no problem's question
_LARGEST = 10**18  # no number in words is larger
_LONGEST = 40  # digits; what is longer is no number that a trace could hold


@lru_cache(maxsize=256)
def occurrences(question: str, lexicon: Lexicon) -> tuple[Occurrence, ...]:
    """Return every number that a question states, in order of kind and place."""
    question = question[:_LONGEST_QUESTION]
    found, present = list(_digits(question)), set(" ".join(_WORDS.findall(question)).lower().split())
    if not (present.isdisjoint(lexicon.words) and present.isdisjoint(lexicon.magnitudes)):
        found += _words(question, lexicon)
    if not present.isdisjoint(lexicon.scales):
        found += _scales(question, lexicon)
    for each in _ONE_AND_A_PART.finditer(question) if "and" in present else ():  # an hour and a half
        found.append(Occurrence(1 + _PARTS[each[1].lower()], Ground.WORD, Span(*each.span())))
    if "half" in present:
        found += _halves(question, lexicon)
    return tuple([form for occurrence in found for form in _forms(question, occurrence, lexicon)])


def is_grounded(value: Rational, question: str, lexicon: Lexicon) -> bool:
    """Return whether a trace for this question may use a number of this magnitude.

    Most numbers stand in the question as they are written in the trace, which is seen at once.
    """
    if value in lexicon.constants or (value.__class__ is int and str(value) in _written(question)):
        return True
    return value in grounded(question, lexicon)


@lru_cache(maxsize=16)
def _written(question: str) -> frozenset[str]:
    return frozenset(_DIGITS.findall(question[:_LONGEST_QUESTION]))


@lru_cache(maxsize=16)
def grounded(question: str, lexicon: Lexicon) -> frozenset[Rational]:
    """Return the magnitudes that a trace for this question may use: its numbers and the constants."""
    return lexicon.constants | {max(found.value, -found.value) for found in occurrences(question, lexicon)}


def _digits(question: str) -> Iterator[Occurrence]:
    for found in _DIGITS.finditer(question):
        number = read_number(found[0], _LONGEST)
        if not isinstance(number, Number):
            continue
        yield Occurrence(number.value, Ground.DIGITS, Span(*found.span()))
        if "/" in found[0]:  # two thirds of it may be taken as two of three parts
            for part in _WHOLE.finditer(question, *found.span()):
                yield Occurrence(int(part[0]), Ground.DIGITS, Span(*part.span()))
        if _FRACTION_CHARACTER.match(question, found.end()):
            value = number.value + Fraction(unicodedata.numeric(question[found.end()])).limit_denominator(100)
            yield Occurrence(value, Ground.DIGITS, Span(found.start(), found.end() + 1))
    for found in _FRACTION_CHARACTER.finditer(question):
        value = Fraction(unicodedata.numeric(found[0])).limit_denominator(100)
        yield Occurrence(value, Ground.DIGITS, Span(*found.span()))


def _words(question: str, lexicon: Lexicon) -> Iterator[Occurrence]:
    """Yield number words, runs such as "two hundred and five" as one number."""
    run: list[re.Match[str]] = []
    for word in _WORDS.finditer(question):
        if word[0].lower() not in lexicon.words and word[0].lower() not in lexicon.magnitudes:
            if word[0].lower() == "and" and run:
                continue
            yield from _run(run, lexicon)
            run = []
        elif run and not _is_joined(question, run[-1], word, lexicon):
            yield from _run(run, lexicon)
            run = [word]
        else:
            run.append(word)
    yield from _run(run, lexicon)


def _is_joined(question: str, one: re.Match[str], other: re.Match[str], lexicon: Lexicon) -> bool:
    """Return whether two words are of one number: two hundred and five are, twenty and five are not."""
    joint = _JOINT.fullmatch(question, one.end(), other.start())
    return joint is not None and (joint[0] != " and " or one[0].lower() in lexicon.magnitudes)


def _run(run: list[re.Match[str]], lexicon: Lexicon) -> Iterator[Occurrence]:
    total, current, start, least = 0, 0, 0, _LARGEST
    for index, match in enumerate(run):
        word = match[0].lower()
        if word in lexicon.magnitudes:
            scale = int(lexicon.magnitudes[word])
            current = min(max(current, 1) * scale, _LARGEST)
            if scale > 100:
                total, current, least = total + current, 0, scale
        elif index == start or (
            _continues(current, int(lexicon.words[word]))
            and _fits(_ahead(run[index + 1 : index + 5], lexicon), current, least)
        ):
            current += int(lexicon.words[word])
        else:
            yield Occurrence(total + current, Ground.WORD, Span(run[start].start(), run[index - 1].end()))
            total, current, start, least = 0, int(lexicon.words[word]), index, _LARGEST
    if run:
        yield Occurrence(total + current, Ground.WORD, Span(run[start].start(), run[-1].end()))


def _ahead(following: list[re.Match[str]], lexicon: Lexicon) -> int:
    """Return the largest of the magnitudes that follow a word at once."""
    words = takewhile(lexicon.magnitudes.__contains__, (match[0].lower() for match in following))
    return max((int(lexicon.magnitudes[word]) for word in words), default=1)


def _fits(scale: int, current: int, least: int) -> bool:
    """Return whether a number takes one more of a scale: no hundreds behind hundreds, no thousands behind thousands."""
    return current < 100 if scale == 100 else scale < least


def _continues(current: int, value: int) -> bool:
    """Return whether a word extends the number before it: twenty-five, hundred five, not five six."""
    return (value < 10 <= current % 100 and current % 10 == 0) or (current % 100 == 0 and current >= 100) or not current


def _halves(question: str, lexicon: Lexicon) -> Iterator[Occurrence]:
    """Yield half a dozen and half a million."""
    for each in _HALF_OF.finditer(question):
        word = each[1].lower()
        sizes = (lexicon.magnitudes[word],) if word in lexicon.magnitudes else lexicon.scales.get(word, ())
        if len(sizes) == 1:
            yield Occurrence(whole(Fraction(sizes[0]) / 2), Ground.WORD, Span(*each.span()))


def _scales(question: str, lexicon: Lexicon) -> Iterator[Occurrence]:
    for word in _WORDS.finditer(question):
        for value in lexicon.scales.get(word[0].lower(), ()):
            yield Occurrence(value, Ground.SCALE, Span(*word.span()))


def _forms(question: str, occurrence: Occurrence, lexicon: Lexicon) -> Iterator[Occurrence]:
    """Yield a number, with a half, a quarter or a magnitude after it, and what a percent or cents stand for.

    The 2 of 1/2 % is no 2 %.
    """
    yield occurrence
    if occurrence.ground is Ground.SCALE or question[: occurrence.span.start].endswith("/"):
        return
    yield from _hundredths(question, occurrence)
    if (rest := _AND_A_PART.match(question, occurrence.span.end)) is not None:
        span = Span(occurrence.span.start, rest.end())
        part = Occurrence(whole(occurrence.value + _PARTS[rest[1]]), occurrence.ground, span)
        yield from (part, *_hundredths(question, part), *_magnified(question, part, lexicon))
    if occurrence.ground is Ground.DIGITS:
        yield from _magnified(question, occurrence, lexicon)


def _magnified(question: str, occurrence: Occurrence, lexicon: Lexicon) -> Iterator[Occurrence]:
    """Yield what a number and the magnitude after it are: 2.5 million."""
    word = _MAGNITUDE.match(question, occurrence.span.end)
    if word is not None and word[1].lower() in lexicon.magnitudes:
        value = whole(Fraction(occurrence.value) * lexicon.magnitudes[word[1].lower()])
        yield Occurrence(value, occurrence.ground, Span(occurrence.span.start, word.end()))


def _hundredths(question: str, occurrence: Occurrence) -> Iterator[Occurrence]:
    """Yield what a percent or cents stand for: 20 % is 0.2, 0.8, 1.2, 80 and 120; 20 cents are 0.2."""
    if (cents := CENTS.match(question, occurrence.span.end)) is not None:
        value, span = whole(following(occurrence.value, Way.PART)), Span(occurrence.span.start, cents.end())
        yield Occurrence(value, Ground.PERCENT, span, Way.PART)
    percent = PERCENT.match(question, occurrence.span.end)
    if percent is None:
        return
    span = Span(occurrence.span.start, percent.end())
    for way in Way:
        yield Occurrence(whole(following(occurrence.value, way)), Ground.PERCENT, span, way)
