"""Arithmetic as people write it in solutions, to trees with exact numbers."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from tracedsl.limits import DEFAULT
from tracedsl.numbers import Rational, whole
from tracedsl.primitives import PRIMITIVES, Fault
from tracedsl.record import record


@record
class Number:
    """A number as written, and where in its text."""

    value: Rational
    at: int


@record
class Variable:
    """A name that stands for an earlier value, in programs."""

    name: str


@record
class Operation:
    """A primitive on expressions; sums and products take all their terms at once."""

    op: str
    args: tuple[Expression, ...]


Expression = Number | Variable | Operation

_PLAIN = str.maketrans({"×": "*", "÷": "/", "−": "-", "–": "-", "[": "(", "]": ")", "{": "(", "}": ")", "$": " "})
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TIMES = re.compile(r"(?<=[\d)\s.])[xX](?=[\s\d(.$])")
_IMPLICIT = re.compile(r"(?<=[\d)])\s*(?=\()|(?<=\))\s*(?=\d)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")
_CHARACTER = re.compile(r"(?:(?<![\d.,])(\d+) ?)?([\u00bc-\u00be\u2150-\u215e])")
_ALLOWED = re.compile(r"[\d\s.+\-*/()]+")
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)")
_HUGE = re.compile(r"[eE][+-]?[\d_]{4}")
LONGEST = 300
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
}


def normal(text: str) -> str:
    """Return an expression in one spelling of its signs."""
    text = _GROUPED.sub("", text.translate(_PLAIN))
    text = normal_fractions(text)
    text = _TIMES.sub("*", text).replace("^", "**")
    text = _PERCENT.sub(r"(\1/100)", text)
    return _LEADING_ZEROS.sub("", _IMPLICIT.sub("*", text)).strip()


def normal_fractions(text: str) -> str:
    """Return a text with its fraction characters written out; behind a whole number they are added to it."""
    return text if text.isascii() else _CHARACTER.sub(_fraction, text)


def _fraction(found: re.Match[str]) -> str:
    value = Fraction(unicodedata.numeric(found[2])).limit_denominator(100)
    return f"({found[1]}+{value})" if found[1] else f"({value})"


@lru_cache(maxsize=1024)  # an annotation is read for what it computes, and for whether it contradicts itself
def parse(text: str) -> Expression | None:
    """Parse an arithmetic expression; ``None`` if it is none."""
    text = normal(text)
    if not text or len(text) > LONGEST or not _ALLOWED.fullmatch(text):
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return from_python(tree, text)


def from_python(tree: ast.expr, text: str) -> Expression | None:
    """Return a Python expression of numbers, names and operators; ``None`` for anything else."""
    match tree:
        case ast.Constant(value=int() | float()) if not isinstance(tree.value, bool):
            written = ast.get_source_segment(text, tree) or ""
            return _number(written, tree.col_offset)
        case ast.Name(id=name):
            return Variable(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = from_python(operand, text)
            if isinstance(inner, Number):
                return Number(-inner.value, inner.at)
            return None if inner is None else Operation("sub", (Number(0, tree.col_offset), inner))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return from_python(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            first, second = from_python(left, text), from_python(right, text)
            if first is None or second is None:
                return None
            return _operation(_BINARY[type(op)], first, second)
        case _:
            return None


def _number(written: str, at: int) -> Number | None:
    if _HUGE.search(written):  # which would be written out
        return None
    try:
        return Number(whole(Fraction(written.replace("_", "")).limit_denominator(10**12)), at)
    except (ValueError, ZeroDivisionError):
        return None


def _operation(op: str, left: Expression, right: Expression) -> Expression:
    """Make an operation; a fraction of numbers such as 1/2 stays a division."""
    if op in ("add", "mul") and isinstance(left, Operation) and left.op == op:
        return Operation(op, (*left.args, right))
    return Operation(op, (left, right))


def simplified(expression: Expression, kept: Container[Rational] = ()) -> Expression:
    """Leave out what changes nothing: times 1, divided by 1, plus 0; ``kept`` are those that stand for something."""
    if not isinstance(expression, Operation):
        return expression
    args = tuple([simplified(arg, kept) for arg in expression.args])
    if expression.op == "div" and _ends_in_one(expression.args[0]):
        args = (expression.args[0], *args[1:])  # 8 * 1/2 has a half, which its 1 tells
    idle = [value for value in (0, 1) if value not in kept]
    match expression.op:
        case "mul" if 1 in idle:
            args = tuple(arg for arg in args if not _is(arg, 1)) or args[:1]
        case "add" if 0 in idle:
            args = tuple(arg for arg in args if not _is(arg, 0)) or args[:1]
        case "div" if 1 in idle and _is(args[1], 1):
            args = args[:1]
        case "sub" if 0 in idle and _is(args[1], 0):
            args = args[:1]
        case _:
            pass
    return args[0] if len(args) == 1 and len(expression.args) > 1 else Operation(expression.op, args)


def product(factors: Sequence[Expression]) -> Expression:
    """Return a product of one or more factors."""
    return factors[0] if len(factors) == 1 else Operation("mul", tuple(factors))


def _ends_in_one(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.op == "mul" and _is(expression.args[-1], 1)


def _is(expression: Expression, value: int) -> bool:
    return isinstance(expression, Number) and expression.value == value


def numbers(expression: Expression) -> Iterator[Number]:
    """Yield the numbers of an expression, from left to right."""
    match expression:
        case Number():
            yield expression
        case Operation(args=args):
            for arg in args:
                yield from numbers(arg)
        case Variable():
            return
        case _:
            assert_never(expression)


def value_of(expression: Expression) -> Rational | None:
    """Return the exact value of an expression without names, ``None`` if it has none."""
    match expression:
        case Number():
            return expression.value
        case Variable():
            return None
        case Operation(op=op, args=args):
            values = [value for arg in args if (value := value_of(arg)) is not None]
            if len(values) < len(args):
                return None
            found = PRIMITIVES[op].apply(tuple(values), DEFAULT.bits)
            return None if isinstance(found, Fault) else found
        case _:
            assert_never(expression)
