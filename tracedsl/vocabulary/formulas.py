"""The formulas that say what an expert's operation means."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import assert_never

from tracedsl.grammars import Node, Unexpected, formula_tree
from tracedsl.numbers import Rational, show, whole
from tracedsl.primitives import PRIMITIVES
from tracedsl.record import record

#: Longer formulas are refused, which bounds the depth of every tree below.
LONGEST = 400


@record
class SlotRef:
    """The quantity in a slot."""

    slot: str


@record
class Constant:
    """A number that the formula itself states."""

    value: Rational


@record
class Call:
    """A primitive operation on formulas."""

    primitive: str
    operands: tuple[Formula, ...]


Formula = SlotRef | Constant | Call


@record
class Condition:
    """A comparison that must hold when an operation runs."""

    left: Formula
    relation: str
    right: Formula


def parse_formula(text: str) -> Formula | Unexpected:
    """Parse arithmetic over slots, such as ``base * (1 - rate / 100)``."""
    tree = _tree(text, "formula")
    return tree if isinstance(tree, Unexpected) else _formula(tree)


def parse_condition(text: str) -> Condition | Unexpected:
    """Parse a comparison of two formulas, such as ``amount <= entity``."""
    tree = _tree(text, "condition")
    match tree:
        case Unexpected():
            return tree
        case ("condition", left, ("RELATION", str(relation)), right):
            return Condition(_formula(left), relation, _formula(right))
        case _:
            raise ValueError(tree)


def _tree(text: str, start: str) -> Node | Unexpected:
    return Unexpected(LONGEST, frozenset()) if len(text) > LONGEST else formula_tree(text, start)


def _formula(tree: Node | str) -> Formula:
    match tree:
        case ("number", (_, str(text))):
            return Constant(whole(Fraction(text)))
        case ("slot", (_, str(name))):
            return SlotRef(name)
        case ("negate", operand):
            return Call("sub", (Constant(0), _formula(operand)))
        case ("call", (_, str(name)), *operands):
            return Call(name, tuple(map(_formula, operands)))
        case (str(name), left, right):
            return Call(name, (_formula(left), _formula(right)))
        case _:
            raise ValueError(tree)


def slots_of(formula: Formula) -> Iterator[str]:
    """Yield the slots that a formula uses."""
    match formula:
        case SlotRef(slot):
            yield slot
        case Call(operands=operands):
            for operand in operands:
                yield from slots_of(operand)
        case Constant():
            return
        case _:
            assert_never(formula)


def calls_of(formula: Formula) -> Iterator[Call]:
    """Yield the primitive calls of a formula."""
    if isinstance(formula, Call):
        yield formula
        for operand in formula.operands:
            yield from calls_of(operand)


_BINDS = {"add": 1, "sub": 1, "mul": 2, "div": 2}


def show_formula(formula: Formula, around: int = 0) -> str:
    """Return a formula as text with no more parentheses than it takes to read it again.

    ``around`` says how tightly what stands around it binds.
    """
    match formula:
        case SlotRef(slot):
            return slot
        case Constant(value):
            return show(value)
        case Call(primitive, operands):
            binds = _BINDS.get(primitive)
            if binds is None or len(operands) != 2:
                return f"{primitive}({', '.join(map(show_formula, operands))})"
            left, right = show_formula(operands[0], binds), show_formula(operands[1], binds + 1)
            text = f"{left} {PRIMITIVES[primitive].symbol} {right}"
            return f"({text})" if binds < around else text
        case _:
            assert_never(formula)


def show_condition(condition: Condition) -> str:
    """Return a condition as text."""
    return f"{show_formula(condition.left)} {condition.relation} {show_formula(condition.right)}"
