"""The worked solutions of GSM8K: annotated calculations, and the equations that nothing annotates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from tracedsl.importers.expressions import (
    LONGEST,
    Expression,
    Number,
    Operation,
    normal_fractions,
    numbers,
    parse,
    simplified,
    value_of,
)
from tracedsl.numbers import Number as Read
from tracedsl.numbers import Rational, read_number
from tracedsl.record import record

#: Levels of repair, as a row tells them.
STRICT, LENIENT, EARLIER, PLAIN, HUNDREDFOLD = 0, 1, 2, 4, 5

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_FINAL = re.compile(r"####\s*(.+?)\s*$")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z(])|\n")
_RESULT = re.compile(r"\s*[$(]*\s*(-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?|-?\.\d+)\s*(%)?")
_TOKEN = re.compile(
    r"(?P<number>(?:\d[\d,]*\d|\d)(?:\.\d+)?|\.\d+)(?P<percent>\s*%)?|(?P<sign>(?<=[\s\d])[xX](?=[\s\d$])|(?!/[A-Za-z])[-+*/()×÷−–^])|(?P<word>/?[A-Za-z'’]+)|(?P<other>\S)"
)
_LINEAR = re.compile(
    r"(?<![\w.)])(?P<factor>\d+(?:\.\d+)?)\s*\*?\s*[a-zA-Z]\s*(?P<sign>=)\s*\$?(?P<total>\d[\d,]*(?:\.\d+)?)(?![\d.,]*[\w(]|\s*[-+*/x×=(])"
)
_MASKED_END = re.compile(r"[,;=\n]|\.(?:\s|$)")
_MIXED = re.compile(r"(?<![\d./])(\d+) (\d+/\d+)(?![\d/])")
_ADJACENT = re.compile(r"[\d%] [\d.]")
_TAIL = 40  # characters by which a calculation is found again
_MOST_WORDS = 4  # units between two numbers of an equation
_STRICT = re.compile(r"[\d.+\-*/()\s]+")


@record
class Step:
    """One calculation of a solution: what is computed, what it says it gives, the sentence around it.

    ``solved`` says that it ends the solving of an equation: its numbers come from steps that are not written out.
    """

    expression: Expression
    value: Rational
    level: int
    sentence: str
    before: str
    after: str
    solved: bool = False


def final_answer(solution: str) -> Rational | None:
    """Return the number after ``####``."""
    found = _FINAL.search(solution)
    read = read_number(found[1].replace(",", "").replace("$", "")) if found is not None else None
    return read.value if isinstance(read, Read) else None


def steps_of(solution: str) -> list[Step]:
    """Return the calculations of a solution in order; one that is only written out again is left out."""
    body = _FINAL.sub("", solution)
    found: list[Step] = []
    shapes: set[Expression] = set()
    for sentence in _SENTENCE.split(body):
        for step in _steps(sentence):
            if step.level < PLAIN or _shape(step.expression) not in shapes:
                found.append(step)
                shapes.add(_shape(step.expression))
    return found


def rest_of(solution: str, step: Step) -> str:
    """Return what a solution says after a calculation, its annotations left out; nothing where that is unsure."""
    plain = _ANNOTATION.sub("", _FINAL.sub("", solution))
    return plain.rpartition(step.before[-_TAIL:])[2] if step.before[-_TAIL:] in plain and step.before else ""


def _shape(expression: Expression) -> Expression:
    """Return an expression without the places of its numbers."""
    match expression:
        case Operation(op=op, args=args):
            return Operation(op, tuple(map(_shape, args)))
        case Number(value=value):
            return Number(value, 0)
        case _:
            return expression


def _steps(sentence: str) -> Iterator[Step]:
    """Yield the calculations of one sentence, each written one unless it is annotated."""
    at = 0
    plain = _ANNOTATION.sub("", sentence)
    for sign in re.finditer(r"=", _masked(sentence)):
        annotation = _ANNOTATION.match(sentence, _skip(sentence, sign.end()))
        step = _annotated(annotation, sentence, plain) if annotation is not None else None
        if step is None or not isinstance(simplified(step.expression), Operation):  # 30*1: what is written says more
            written = _written(sentence, at, sign.start(), annotation.end() if annotation else sign.end(), plain)
            step = replace(written, level=step.level) if written is not None and step is not None else written or step
        if step is None and annotation is None:
            step = _solved(sentence, sign.start(), plain) or _assigned(sentence, sign.end(), plain)
        if step is not None:
            yield step
        at = sign.end()
    yield from _unsigned(sentence, plain)


def _masked(sentence: str) -> str:
    """Return a sentence with its annotations blanked, every offset as it was."""
    return _ANNOTATION.sub(lambda found: " " * len(found[0]), sentence)


def _skip(sentence: str, at: int) -> int:
    while at < len(sentence) and sentence[at] in " $(":
        at += 1
    return at


def _unsigned(sentence: str, plain: str) -> Iterator[Step]:
    """Yield annotations that no equals sign stands before."""
    for annotation in _ANNOTATION.finditer(sentence):
        ahead = sentence[: annotation.start()].rstrip(" $(")
        if not ahead.endswith("="):
            step = _annotated(annotation, sentence, plain)
            if step is not None:
                yield step


def _annotated(annotation: re.Match[str], sentence: str, plain: str) -> Step | None:
    """Return the calculation of an annotation, ``None`` if it states a number alone."""
    left, equals, _ = annotation[1].rpartition("=")
    expression = parse(left) if equals else None
    if expression is None or not isinstance(expression, Operation):
        return None
    value = value_of(expression)
    if value is None:
        return None
    level = STRICT if _STRICT.fullmatch(left) and not re.search(r"\d\(|\)\d|\*\*|//", left) else LENIENT
    before = _ANNOTATION.sub("", sentence[: annotation.start()])
    after = _ANNOTATION.sub("", sentence[annotation.end() :])
    return Step(expression, value, level, plain, before, _after_number(after))


def contradicted(solution: str) -> str | None:
    """Return the first annotation with another result than its calculation gives, rounded or as a percent."""
    for annotation in _ANNOTATION.finditer(solution):
        left, equals, right = annotation[1].rpartition("=")
        expression = parse(left) if equals else None
        value = value_of(expression) if expression is not None else None
        stated = read_number(right.strip().replace(",", "").replace("$", ""))
        if value is None or not isinstance(stated, Read):
            continue
        last = Fraction(1, 10 ** len(right.strip().partition(".")[2]))  # one of the last digit that is written
        if not any(_is_about(each, stated.value, last) for each in (value, value * 100)):
            return annotation[1].strip()
    return None


def _is_about(value: Rational, stated: Rational, unit: Fraction) -> bool:
    """Return whether a number is stated to less than a unit, or to two percent."""
    return abs(Fraction(value) - stated) < max(unit, abs(Fraction(value)) / 50)


def _written(sentence: str, start: int, end: int, after: int, plain: str) -> Step | None:
    """Return the equation around an equals sign, if its left side is one and comes out as it says."""
    result = _RESULT.match(sentence, after)
    if result is None:
        return None
    left = _ANNOTATION.sub("", sentence[start:end])
    stated = read_number(result[1].replace(",", "").replace("$", ""))
    if not isinstance(stated, Read):
        return None
    forms = (left.replace("%", ""), left) if result[2] else (left,)  # 100% - 70% = 30% is about whole percents
    for expression in (each for form in forms for each in _expressions(form)):
        value = value_of(expression)
        if value is not None and result[2] and value * 100 == stated.value:
            expression, value = Operation("mul", (expression, Number(100, -1))), stated.value
        if value == stated.value:
            before = _ANNOTATION.sub("", sentence[: result.start(1)])
            return Step(expression, value, PLAIN, plain, before, _ANNOTATION.sub("", sentence[result.end() :]))
    return None


def _solved(sentence: str, sign: int, plain: str) -> Step | None:
    """Return the division that solves an equation such as ``3x = 120``."""
    found = _LINEAR.search(sentence, max(0, sign - 20))
    if found is None or found["sign"] is None or found.start("sign") != sign:
        return None
    expression = parse(f"{found['total']}/{found['factor']}")
    value = value_of(expression) if expression is not None else None
    if value is None or not isinstance(expression, Operation):
        return None
    return Step(expression, value, PLAIN, plain, sentence[:sign], "", solved=True)


def _assigned(sentence: str, after: int, plain: str) -> Step | None:
    """Return the calculation that ends a sentence without its result, such as ``x = 80 / 2``."""
    text = _MASKED_END.split(_masked(sentence)[after:])[0]
    expression = parse(text)
    value = value_of(expression) if isinstance(expression, Operation) else None
    if value is None or expression is None:
        return None
    return Step(expression, value, PLAIN, plain, sentence[:after], "")


def _expressions(text: str) -> Iterator[Expression]:
    """Yield the expressions that end a text, words that are units left out, the longest first."""
    tokens = list(_TOKEN.finditer(_MIXED.sub(r"(\1+\2)", normal_fractions(text))))
    kept: list[str] = []
    words = 0
    for token in reversed(tokens):
        if len(kept) == LONGEST:  # no longer text is parsed
            break
        if token["other"] is not None and token["other"] not in "$":
            break
        if token["word"] is not None:
            words += 1
            if words > _MOST_WORDS:
                break
            continue
        words = 0
        kept.append(f"{token['number']}%" if token["percent"] else token["number"] or token["sign"] or "")
    kept.reverse()
    for start in range(len(kept)):
        text = " ".join(kept[start:])
        if _ADJACENT.search(text):
            continue
        expression = parse(text)
        if isinstance(expression, Operation) and len(list(numbers(expression))) > 1:
            yield expression


def _after_number(text: str) -> str:
    """Return what follows the number that a text begins with."""
    found = _RESULT.match(text)
    return text[found.end() :] if found is not None else text


__all__ = ["EARLIER", "HUNDREDFOLD", "LENIENT", "PLAIN", "STRICT", "Number", "Step", "final_answer", "steps_of"]
