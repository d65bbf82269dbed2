"""Formulas over drawn values, made ready once and evaluated for every row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, assert_never

from tracedsl.executor import RELATIONS
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Rational, whole
from tracedsl.primitives import PRIMITIVES, Fault
from tracedsl.vocabulary.formulas import Call, Condition, Constant, Formula, SlotRef

Environment = Mapping[str, Any]
Evaluated = Callable[[Environment], Rational]

_INFIX: dict[str, Callable[[Any, Any], Any]] = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}


class NoValue(ArithmeticError):
    """A formula has no value for what was drawn, so it is drawn again."""


def ready(formula: Formula) -> Evaluated:
    """Return a function that evaluates a formula; it raises ``NoValue`` where there is none."""
    match formula:
        case SlotRef(slot):
            return operator.itemgetter(slot)
        case Constant(value):
            return lambda _: value
        case Call(primitive, (left, right)) if primitive in _INFIX:
            return _infix(_INFIX[primitive], ready(left), ready(right))
        case Call(primitive, operands):
            return _call(primitive, tuple(map(ready, operands)))
        case _:
            assert_never(formula)


def condition_ready(condition: Condition) -> Callable[[Environment], bool]:
    """Return a function that tells whether a condition holds."""
    left, right, relation = ready(condition.left), ready(condition.right), RELATIONS[condition.relation]
    return lambda environment: relation(left(environment), right(environment))


def _infix(apply: Callable[[Any, Any], Any], left: Evaluated, right: Evaluated) -> Evaluated:
    def value(environment: Environment) -> Rational:
        found = apply(left(environment), right(environment))
        return found if found.__class__ is int else whole(Fraction(found))

    return value


def _call(name: str, operands: tuple[Evaluated, ...]) -> Evaluated:
    apply = PRIMITIVES[name].apply

    def value(environment: Environment) -> Rational:
        found = apply(tuple([operand(environment) for operand in operands]), DEFAULT.bits)
        if isinstance(found, Fault):
            raise NoValue(name)
        return found

    return value
