"""What a step does to the names of a scope, by the rules that compiler, verifier and executor apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from tracedsl.decoding.forms import Form
from tracedsl.executor import RELATIONS
from tracedsl.numbers import Rational
from tracedsl.primitives import PRIMITIVES, Fault, Primitive, exceeds
from tracedsl.vocabulary import Operation, SlotType
from tracedsl.vocabulary.formulas import Call, Condition, Constant, Formula, SlotRef, calls_of, slots_of


class Quantity(NamedTuple):
    """An operand: as written, its value (``None`` where values are not kept), whether it is a percent.

    ``named`` is false for a number, ``known`` for an entity that nothing has brought in.
    """

    text: str
    value: Rational | None
    percent: bool = False
    named: bool = True
    known: bool = True


#: Comparisons of an operand with what is known, as a relation and a value.
Bounds = tuple[tuple[str, Rational], ...]
_MIRRORED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "==", "!=": "!="}


class Effect(NamedTuple):
    """What a step defines (under the name that will follow), and what it updates."""

    defined: Quantity | None
    updated: tuple[Quantity, ...] = ()


def effect(form: Form, operands: tuple[Quantity, ...], bits: int, *, execute: bool) -> Effect | None:
    """Return what a step with all its operands does, or ``None`` if it would be an error."""
    match form.rule:
        case Primitive() as primitive:
            return _compute(primitive, operands, bits, execute)
        case Operation() as operation:
            return _domain(operation, operands, bits, execute)
        case _:
            assert_never(form.rule)


def fits(form: Form, index: int, quantity: Quantity, before: tuple[Quantity, ...]) -> bool:
    """Return whether a quantity's kind fits an operand's place, whatever its value."""
    slot = form.slot(index)
    if not quantity.named and not slot.literal:
        return False
    if not quantity.known and slot.absent is None:
        return False
    if isinstance(form.rule, Primitive):
        if quantity.percent and not form.rule.percents:
            return False
        return not before or before[0].percent == quantity.percent
    return not quantity.percent or slot.type is SlotType.PERCENT


def bounds(operation: Operation, before: tuple[Quantity, ...], bits: int) -> Bounds | None:
    """Return what its conditions ask of an operation's last operand, ``None`` where that is not all there is to it.

    It is all where each condition compares the operand with what is known, and nothing that is computed can fail.
    """
    *others, last = operation.slots
    formulas: list[Formula] = [formula for _, formula in operation.updates]
    formulas += [operation.defines] if operation.defines is not None else []
    if len(others) != len(before) or not all(map(_cannot_fail, formulas)):
        return None
    written = dict(zip(others, before, strict=True))
    values: dict[str, Rational | None] = {
        slot: _start(operation, slot, each, written) for slot, each in written.items()
    }
    found: list[tuple[str, Rational]] = []
    for condition in operation.requires:
        one = _bound(condition, last, values, bits)
        if one is None:
            return None
        found += one
    return tuple(found)


def _bound(condition: Condition, slot: str, values: Mapping[str, Rational | None], bits: int) -> Bounds | None:
    """Return a condition as one on a slot; nothing if it is not on it and holds."""
    sides = (condition.left, condition.right)
    if all(slot not in slots_of(side) for side in sides):
        return () if _holds(condition, values, bits) else None
    for own, other, relation in ((*sides, condition.relation), (*sides[::-1], _MIRRORED[condition.relation])):
        if own == SlotRef(slot) and slot not in slots_of(other):
            value = _value(other, values, bits)
            return ((relation, value),) if value is not None else None
    return None


def _cannot_fail(formula: Formula) -> bool:
    return all(PRIMITIVES[call.primitive].total for call in calls_of(formula))


def _compute(primitive: Primitive, operands: tuple[Quantity, ...], bits: int, execute: bool) -> Effect | None:
    percent = primitive.percents and all(operand.percent for operand in operands)
    if not execute:
        return Effect(Quantity("", None, percent))
    value = _apply(primitive, [operand.value for operand in operands], bits)
    return Effect(Quantity("", value, percent)) if value is not None else None


def _apply(primitive: Primitive, operands: list[Rational | None], bits: int) -> Rational | None:
    value = primitive.apply(tuple(operands), bits)  # type: ignore[arg-type]
    return None if isinstance(value, Fault) or exceeds(value, bits) else value


def _domain(operation: Operation, operands: tuple[Quantity, ...], bits: int, execute: bool) -> Effect | None:
    written = dict(zip(operation.slots, operands, strict=True))
    values = {slot: _start(operation, slot, operand, written) for slot, operand in written.items()}
    if execute and not all(_holds(condition, values, bits) for condition in operation.requires):
        return None
    if operation.defines is not None:
        value = _value(operation.defines, values, bits) if execute else None
        return None if execute and value is None else Effect(Quantity("", value))
    updated: dict[str, Quantity] = {}
    for slot, formula in operation.updates:
        value = _value(formula, values, bits) if execute else None
        if execute and value is None:
            return None
        entity = written[slot].text
        updated[entity] = Quantity(entity, value)
        for other, kind in operation.slots.items():
            if kind is SlotType.ENTITY and written[other].text == entity:
                values[other] = value
    return Effect(None, tuple(updated.values()))


def _start(operation: Operation, slot: str, operand: Quantity, written: Mapping[str, Quantity]) -> Rational | None:
    return operand.value if operand.known else operation.absent[slot]


def _holds(condition: Condition, values: Mapping[str, Rational | None], bits: int) -> bool:
    left, right = _value(condition.left, values, bits), _value(condition.right, values, bits)
    return left is not None and right is not None and RELATIONS[condition.relation](left, right)


def _value(formula: Formula, values: Mapping[str, Rational | None], bits: int) -> Rational | None:
    match formula:
        case SlotRef(slot):
            return values[slot]
        case Constant(value):
            return value
        case Call(primitive, inner):
            operands = [_value(each, values, bits) for each in inner]
            return None if None in operands else _apply(PRIMITIVES[primitive], operands, bits)
        case _:
            assert_never(formula)
