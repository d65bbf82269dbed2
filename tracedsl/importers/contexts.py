"""The words beside numbers: in a question, and in the calculations of a solution."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tracedsl.importers.expressions import numbers
from tracedsl.importers.naming import content_words
from tracedsl.importers.solutions import Step
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.record import record

_BREAK = re.compile(
    r"[,;:?!()+*×÷=]|\.(?:\s|$)|/(?![A-Za-z])|[-–−](?=[\s\d$])|\d|\b(?:and|x|what|how|if|when|while|but|then)\b"
)
_SENTENCE = re.compile(r"[.?!](?=\s|$)|\n")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_MONEY = re.compile(r"[\s-]*(?:dollars?|bucks?|cents?)\b|\u00a2", re.IGNORECASE)
_REACH = 60  # characters on either side
_STEM = 5  # letters that tell a word from another
_MOST = 4  # words on either side
_TAIL = 160  # characters before a result in which its calculation stands


@record
class Beside:
    """The words near a number and those of its sentence, the word it counts, and whether it is money."""

    near: frozenset[str] = frozenset()
    wide: frozenset[str] = frozenset()
    unit: str = ""
    money: bool = False


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    """Return the content words of a text, without their endings."""
    return tuple((word[:-1] if word.endswith("s") and len(word) > 3 else word)[:_STEM] for word in content_words(text))


def beside(text: str, start: int, end: int, sentence: str) -> Beside:
    """Return what stands beside a place of a text, as far as the next number or clause."""
    before = stems(_BREAK.split(text[max(0, start - _REACH) : start])[-1])[-_MOST:]
    after = stems(_BREAK.split(text[end : end + _REACH])[0])[:_MOST]
    unit = next(iter(after), "")
    return Beside(frozenset((*before, *after)), frozenset(stems(sentence)), unit, is_money(text, start, end))


def is_money(text: str, start: int, end: int) -> bool:
    """Return whether a number is an amount of money."""
    return text[:start].rstrip().endswith("$") or _MONEY.match(text, end) is not None


def sentence_at(text: str, at: int) -> str:
    """Return the sentence around a place of a text."""
    start = max((found.end() for found in _SENTENCE.finditer(text, 0, at)), default=0)
    end = _SENTENCE.search(text, at)
    return text[start : end.end() if end is not None else len(text)]


def of_result(step: Step) -> Beside:
    """Return what stands beside the result of a calculation."""
    after = stems(_BREAK.split(step.after[:_REACH])[0])[:_MOST]
    money = step.before.rstrip().endswith("$") or _MONEY.match(step.after) is not None
    return Beside(frozenset(after), frozenset(stems(step.sentence)), next(iter(after), ""), money)


def of_literals(step: Step) -> Mapping[int, Beside]:
    """Return what stands beside each number of a calculation in the solution, by its place in the expression.

    A number that the sentence says before ("it took 4 hours, so it went 4*60") has the words of both.
    """
    literals = list(numbers(step.expression))
    offset = max(0, len(step.before) - _TAIL)
    tokens = list(_tokens(step.before, offset))
    found, places = {}, list[int]()
    for literal in reversed(literals):
        last = min(places, default=len(tokens))
        at = next((at for at in range(last - 1, -1, -1) if tokens[at][0] == literal.value), None)
        if at is not None:
            places.append(at)
            found[literal.at] = beside(step.before, *tokens[at][1:], step.sentence)
    others = [token for at, token in enumerate(tokens) if at not in places]
    said = _mentions(step, [literal.value for literal in literals], others)
    return {
        literal.at: _with_mentions(step, found.get(literal.at), each)
        for literal, each in zip(literals, said, strict=True)
    }


def _mentions(step: Step, values: list[Rational], others: list[tuple[Rational, int, int]]) -> Iterator[list[Beside]]:
    """Yield for each number where else the sentence says it; as many mentions as equal numbers go one to each."""
    said: dict[Rational, list[Beside]] = defaultdict(list)
    for value, start, end in others:
        if value in values:
            said[value].append(beside(step.before, start, end, step.sentence))
    for at, value in enumerate(values):
        one_each = len(said[value]) == values.count(value)
        yield [said[value][values[:at].count(value)]] if one_each else said[value]


def _with_mentions(step: Step, own: Beside | None, said: list[Beside]) -> Beside:
    """Add the words beside the same number elsewhere in the sentence."""
    own = own or Beside(wide=frozenset(stems(step.sentence)))
    near = own.near.union(*(each.near for each in said))
    unit = own.unit or next((each.unit for each in said if each.unit), "")
    return Beside(near, own.wide, unit, own.money or any(each.money for each in said))


def _tokens(text: str, start: int) -> Iterator[tuple[Rational, int, int]]:
    for found in _NUMBER.finditer(text, start):
        read = read_number(found[0].replace(",", ""))
        if isinstance(read, Number):
            yield read.value, *found.span()
