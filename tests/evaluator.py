"""An independent little evaluator of syntax trees: what the executor must agree with.

It knows nothing of graphs, formulas or primitives: every step's meaning is written out again,
with fractions throughout.
"""

from __future__ import annotations

import math
from fractions import Fraction

from tracedsl.syntax.ast import Compute, Document, Domain, Given, Init, Literal, Operand, Query, Step, traces


class Undefined(Exception):
    """A step has no value."""


def evaluate(document: Document) -> Fraction:
    """Return the answer of a valid document."""
    results: list[Fraction] = []
    names: dict[str, int] = {}
    for index, trace in enumerate(traces(document)):
        scope: dict[str, Fraction] = {}
        for step in trace.steps:
            apply(step, scope, results, names)
        query = trace.steps[-1]
        assert isinstance(query, Query)
        results.append(scope[query.var.text])
        if trace.name is not None:
            names[trace.name.text] = index
    return results[-1]


def apply(step: Step, scope: dict[str, Fraction], results: list[Fraction], names: dict[str, int]) -> None:
    """Carry out one step."""
    match step:
        case Init(var=var, value=Literal(number=number)):
            scope[var.text] = Fraction(number.value)
        case Init(var=var, value=source):
            word = source.text.removesuffix(".result")
            place = -1 if word == "prev" else names[word] if word in names else int(word[3:])
            scope[var.text] = results[place]
        case Given(values=values):
            scope.update({name.text: Fraction(literal.number.value) for name, literal in values})
        case Compute(op=op, args=args, var=var):
            scope[var.text] = compute(op.text, [read(arg, scope) for arg in args])
        case Domain(op=op, slots=slots, var=var):
            domain(op.text, dict(slots), scope, var.text if var else "")
        case _:
            pass


def read(operand: Operand, scope: dict[str, Fraction]) -> Fraction:
    """Return the value of an operand."""
    return Fraction(operand.number.value) if isinstance(operand, Literal) else scope[operand.text]


def compute(op: str, args: list[Fraction]) -> Fraction:
    """Apply an arithmetic operation by its definition."""
    a, b = args[0], args[-1]
    if op in ("div", "mod", "floordiv") and b == 0:
        raise Undefined(op)
    match op:
        case "add":
            return sum(args, Fraction(0))
        case "sub":
            return a - b
        case "mul":
            return math.prod(args, start=Fraction(1))
        case "div":
            return a / b
        case "mod":
            return a - b * math.floor(a / b)
        case "floordiv":
            return Fraction(math.floor(a / b))
        case "pow":
            if b.denominator != 1 or (a == 0 and b < 0) or abs(b) > 40:
                raise Undefined(op)
            return math.prod([a] * abs(b.numerator), start=Fraction(1)) ** (1 if b >= 0 else -1)
        case "sqrt":
            return root(a)
        case "abs":
            return max(a, -a)
        case "floor":
            return Fraction(a.numerator // a.denominator)
        case "ceil":
            return -Fraction(-a.numerator // a.denominator)
        case "round":
            return (1 if a >= 0 else -1) * Fraction(math.floor(abs(a) * 2 + 1) // 2)
        case "min":
            return sorted(args)[0]
        case "max":
            return sorted(args)[-1]
    raise ValueError(op)


def root(a: Fraction) -> Fraction:
    """Return the exact square root."""
    if a < 0:
        raise Undefined("sqrt")
    over, under = round(math.sqrt(a.numerator)), round(math.sqrt(a.denominator))
    if Fraction(over, under) ** 2 != a:
        raise Undefined("sqrt")
    return Fraction(over, under)


def domain(op: str, slots: dict[str, Operand], scope: dict[str, Fraction], var: str) -> None:
    """Carry out a step of an expert by its description in words."""
    if "rate" in slots:
        base, part = read(slots["base"], scope), read(slots["rate"], scope) / 100
        factors = {
            "percent_of": part,
            "percent_off": 1 - part,
            "percent_decrease": 1 - part,
            "percent_increase": 1 + part,
        }
        scope[var] = base * factors[op]
        return
    amount = read(slots["amount"], scope)
    taken = {"consume": "entity", "transfer": "from"}.get(op)
    given = {"add_entity": "entity", "transfer": "to"}.get(op)
    if amount < 0 or (taken and scope[slots[taken].text] < amount):
        raise Undefined(op)
    if taken:
        scope[slots[taken].text] -= amount
    if given:
        scope[slots[given].text] = scope.get(slots[given].text, Fraction(0)) + amount
