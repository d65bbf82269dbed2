"""Scalars of a trace: names, numbers, units and sources, each with its own diagnostics."""

from __future__ import annotations

import re

from tracedsl.diagnostics import Diagnostic, composition, shape, values
from tracedsl.limits import Limits
from tracedsl.numbers import Number, TooManyDigits, read_number
from tracedsl.reading import Scalar
from tracedsl.resources import terminal
from tracedsl.source import Span
from tracedsl.syntax.ast import Literal, Name

NAME = re.compile(terminal("trace.lark", "NAME"))
SOURCE = re.compile(terminal("trace.lark", "SOURCE"))
SUBTRACE = re.compile(terminal("trace.lark", "SUBTRACE"))
_RESERVED = re.compile(terminal("trace.lark", "RESERVED"))
_UNIT = re.compile(terminal("trace.lark", "UNIT"))
_EXPRESSION = re.compile(terminal("trace.lark", "EXPRESSION"))
_LONGEST_RESERVED = 5
_LONGEST_EXPRESSION = 200
_CALCULATES = re.compile(r"[A-Za-z*+^]| [-/] ")  # 1/0 and 3-4 are malformed numbers
_NO_QUANTITY = frozenset({"nan", "inf", "infinity"})

#: What YAML 1.1 or a programming language makes of a text that is no number here.
_READINGS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"[-+]?[0-9]+(?::[0-9.]+)+", "a number in base 60"),
        (r"[-+]?0x[0-9a-f_]+", "a hexadecimal number"),
        (r"[-+]?0[ob][0-7_]+", "an octal or binary number"),
        (r"[-+]?[0-9]+_[0-9_.]*", "a number whose underscores they drop"),
        (r"[-+]?[0-9.]+e[-+]?[0-9]+", "a rounded floating-point number"),
        (r"[-+]?\.?(?:nan|inf|infinity)", "a floating-point value that is no quantity"),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "a date"),
        (r"yes|no|on|off|true|false", "a truth value"),
        (r"~|null|", "nothing at all"),
    )
)


def refers_by_place(word: str) -> bool:
    """Return whether a word means a sub-trace by its place (`prev`, `sub0`), so that none can have it as a name."""
    return word == "prev" or SUBTRACE.fullmatch(word) is not None


def is_reserved(text: str) -> bool:
    """Return whether YAML reads a word as something else than a name."""
    return len(text) <= _LONGEST_RESERVED and _RESERVED.fullmatch(text) is not None


def read_name(node: Scalar, limits: Limits) -> Name | Diagnostic:
    """Read a name."""
    text = node.text
    if NAME.fullmatch(text) is None:
        return shape.NotAName(span=node.span, text=text)
    if is_reserved(text):
        return shape.ReservedName(span=node.span, text=text)
    if len(text) > limits.name:
        return shape.NameTooLong(span=node.span, length=len(text), most=limits.name)
    return Name(text, Span(node.start, node.end))


def read_literal(node: Scalar, limits: Limits) -> Literal | Diagnostic:
    """Read a number; tell a name and a calculation apart from what is no number at all."""
    number = read_number(node.text, limits.digits)
    match number:
        case Number():
            return Literal(number, Span(node.start, node.end))
        case TooManyDigits(digits):
            return shape.TooManyDigits(span=node.span, digits=digits, most=limits.digits)
        case None:
            return _no_number(node)


def read_answer(node: Scalar, limits: Limits) -> Literal | Diagnostic:
    """Read the stated answer of an example."""
    number = read_number(node.text.strip(), limits.digits)
    if isinstance(number, Number):
        return Literal(number, node.span)
    return values.AnswerNotANumber(span=node.span, text=node.text)


def _no_number(node: Scalar) -> Diagnostic:
    text = node.text
    if NAME.fullmatch(text) and text.lower() not in _NO_QUANTITY and not _RESERVED.fullmatch(text):
        return shape.NameForNumber(span=node.span, text=text)
    if len(text) <= _LONGEST_EXPRESSION and _EXPRESSION.fullmatch(text) and _CALCULATES.search(text):
        return shape.ExpressionForNumber(span=node.span, text=text)
    reading = next((words for pattern, words in _READINGS if pattern.fullmatch(text)), "")
    return shape.NotANumber(span=node.span, text=text, reading=reading)


def read_operand(node: Scalar, limits: Limits) -> Name | Literal | Diagnostic:
    """Read a name or a number; what begins like a name is meant as one."""
    first = node.text[:1]
    if first.isalpha() or first == "_" or not first.isascii():
        return read_name(node, limits)
    return read_literal(node, limits)


def read_unit(node: Scalar, limits: Limits) -> Name | Diagnostic:
    """Read a unit such as ``dollars`` or ``items/day``."""
    if _UNIT.fullmatch(node.text) is None:
        return shape.NotAUnit(span=node.span, text=node.text)
    if len(node.text) > limits.name:
        return shape.NameTooLong(span=node.span, length=len(node.text), most=limits.name)
    return Name(node.text, node.span)


def read_source(node: Scalar, limits: Limits) -> Name | Diagnostic:
    """Read a reference to an earlier sub-trace's result."""
    if SOURCE.fullmatch(node.text) is None or len(node.text) > limits.name + len(".result"):
        return composition.NotASource(span=node.span, text=node.text)
    return Name(node.text, node.span)
