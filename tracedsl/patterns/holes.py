"""Templates: text with holes such as ``<price>``, ``<item.s>``, ``<count item>``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from tracedsl.numbers import Number, Rational, spell
from tracedsl.patterns.words import Entry, Noun, Person
from tracedsl.record import record
from tracedsl.source import Span

#: A hole: a name, attributes of it, and after a space the noun that it counts.
HOLE = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z]+)*)(?: ([A-Za-z_][A-Za-z0-9_.]*))?>")
_LIKE_A_HOLE = re.compile(r"<[^<> ][^<>]*>")
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
_VERBS = {2: "doubles", 3: "triples", 4: "quadruples", 5: "quintuples"}
_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}
_MOST_IN_WORDS = 100

NOWHERE = Span(0, 0)
Environment = Mapping[str, Any]
#: Draws a whole number below another.
Pick = Callable[[int], int]
Filler = Callable[[Environment, "Spelling", Pick], str]


class NoForm(LookupError):
    """A hole asks for a form that its value does not have; the text names the form."""


@record
class Spelling:
    """How numbers are written in a question, as shares: in words, grouped by commas, as fractions."""

    words: Fraction = Fraction(0)
    commas: Fraction = Fraction(0)
    fractions: Fraction = Fraction(0)


def chance(share: Fraction, pick: Pick) -> bool:
    """Return true with a probability in thousandths; draws nothing where the outcome is sure."""
    return bool(share) and pick(1000) >= 1000 - 1000 * share


@record
class Template:
    """A text cut into literal pieces and holes, and where it is declared."""

    text: str
    pieces: tuple[str | Filler, ...]
    names: tuple[str, ...]
    span: Span = NOWHERE

    def fill(self, environment: Environment, spelling: Spelling, pick: Pick) -> str:
        """Return the text with its holes filled."""
        return "".join([p if isinstance(p, str) else p(environment, spelling, pick) for p in self.pieces])


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that the holes of a text use."""
    found = [name for hole in HOLE.finditer(text) for name in (hole[1], (hole[3] or "").partition(".")[0]) if name]
    return tuple(dict.fromkeys(found))


def counted_nouns(text: str) -> tuple[str, ...]:
    """Return the names that stand second in holes such as ``<count item>``."""
    return tuple(hole[3].partition(".")[0] for hole in HOLE.finditer(text) if hole[3])


def left_over(text: str) -> tuple[str, ...]:
    """Return what looks like a hole and is none."""
    return tuple(found[1:-1] for found in _LIKE_A_HOLE.findall(HOLE.sub("", text)))


def question_template(text: str) -> Template:
    """Read a template of a question."""
    return _template(text, lambda hole, before, after: _in_question(hole, before.endswith("$"), after.startswith("%")))


def trace_template(text: str) -> Template:
    """Read a template of a part of a trace: numbers are spelt canonically, words by their keys."""
    return _template(text, lambda hole, before, after: _in_trace(hole))


def _template(text: str, filler: Callable[[re.Match[str], str, str], Filler]) -> Template:
    pieces: list[str | Filler] = []
    at = 0
    for hole in HOLE.finditer(text):
        if hole.start() > at:
            pieces.append(text[at : hole.start()])
        pieces.append(filler(hole, text[: hole.start()], text[hole.end() :]))
        at = hole.end()
    if at < len(text):
        pieces.append(text[at:])
    return Template(text, tuple(pieces), names_in(text))


def _in_trace(hole: re.Match[str]) -> Filler:
    name, path = hole[1], _path(hole[2])

    def fill(environment: Environment, spelling: Spelling, pick: Pick) -> str:
        value = environment[name]
        if value.__class__ is int:
            return str(value)
        if isinstance(value, Fraction):
            return spell(Number(value))
        return value if isinstance(value, str) else _word(value, path, "key")

    return fill


def _in_question(hole: re.Match[str], money: bool, percent: bool) -> Filler:
    name, path = hole[1], _path(hole[2])
    counted = hole[3]

    def fill(environment: Environment, spelling: Spelling, pick: Pick) -> str:
        value = environment[name]
        if isinstance(value, str):
            return value
        if not isinstance(value, int | Fraction):
            return _word(value, path, "")
        if path:
            said = _number_form(value, path[0])
        else:
            said = _money(value, spelling, pick) if money else _number(value, spelling, pick, plain=percent)
        if counted is None:
            return said
        noun, _, rest = counted.partition(".")
        return f"{said} {_word(environment[noun], _path('.' + rest) if rest else (), '' if value == 1 else 's')}"

    return fill


def _path(attributes: str) -> tuple[str, ...]:
    return tuple(part for part in attributes.split(".") if part)


def _word(value: object, path: tuple[str, ...], last: str) -> str:
    """Return a form of a word; raises ``NoForm`` where there is none."""
    if isinstance(value, Entry) and path and path[0] in value.words:
        return _word(value.words[path[0]], path[1:], last)
    if not isinstance(value, Person | Noun) or len(path) > 1:
        raise NoForm(".".join(path) or "a whole line of a table")
    found = value.form(path[0] if path else last)
    if found is None:
        raise NoForm(path[0] if path else last)
    return found


def in_words(value: int) -> str:
    """Return a whole number below a hundred and one in words."""
    if value < 20:
        return _UNITS[value]
    if value == _MOST_IN_WORDS:
        return "one hundred"
    tens, unit = divmod(value, 10)
    return _TENS[tens] + (f"-{_UNITS[unit]}" if unit else "")


def _number(value: Rational, spelling: Spelling, pick: Pick, *, plain: bool = False) -> str:
    if isinstance(value, int):
        if plain:
            return str(value)
        if 0 <= value <= _MOST_IN_WORDS and chance(spelling.words, pick):
            return in_words(value)
        return f"{value:,}" if abs(value) >= 1000 and chance(spelling.commas, pick) else str(value)
    if not plain and value > 0 and value.denominator in _PARTS and chance(spelling.fractions, pick):
        whole, rest = divmod(value.numerator, value.denominator)
        return f"{whole} {rest}/{value.denominator}" if whole else f"{rest}/{value.denominator}"
    return spell(Number(value))


def _money(value: Rational, spelling: Spelling, pick: Pick) -> str:
    grouped = max(value, -value) >= 1000 and chance(spelling.commas, pick)
    if isinstance(value, int):
        return f"{value:,}" if grouped else str(value)
    cents = value * 100
    if cents.denominator != 1:
        raise NoForm("money")
    over, under = divmod(abs(int(cents)), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{over:,}.{under:02}" if grouped else f"{sign}{over}.{under:02}"


def _number_form(value: Rational, form: str) -> str:
    match form:
        case "digits":
            return spell(Number(value))
        case "word" if value in range(_MOST_IN_WORDS + 1):
            return in_words(int(value))
        case "times" if isinstance(value, int):
            return _TIMES.get(value, f"{value} times")
        case "verb" if isinstance(value, int) and value in _VERBS:
            return _VERBS[value]
        case "mixed" if isinstance(value, Fraction) and value > 0:
            whole, rest = divmod(value.numerator, value.denominator)
            return f"{whole} {rest}/{value.denominator}" if whole else f"{rest}/{value.denominator}"
        case "part" if isinstance(value, Fraction) and value.denominator in _PARTS and 0 < value.numerator <= 100:
            part, over = _PARTS[value.denominator], value.numerator
            if over == 1:
                return part if part == "half" else str(Noun(part, "").form("a"))
            return f"{in_words(over)} {'halve' if part == 'half' else part}s"
        case _:
            raise NoForm(form)
