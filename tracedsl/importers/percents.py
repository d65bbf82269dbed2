"""Percents in a wiring: what the text says as a percent becomes an operation on percents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from tracedsl.importers.wiring import Given, Node, Result, Wiring
from tracedsl.numbers import Rational, whole

#: The numbers of a question before a percent sign, each with its ground.
Rates = Mapping[Rational, str]
#: Operations of the expert `percentage`, as factors of a rate.
_FACTORS: tuple[tuple[str, Callable[[Fraction], Fraction]], ...] = (
    ("percent_of", lambda rate: rate),
    ("percent_off", lambda rate: 1 - rate),
    ("percent_increase", lambda rate: 1 + rate),
)


def with_percents(wiring: Wiring, rates: Rates) -> Wiring:
    """Rewrite products with a percent of the question; ``rates`` are its numbers before a percent sign."""
    if not rates:
        return wiring
    nodes = list(wiring.nodes)
    for at in range(len(nodes)):
        node = nodes[at]
        if isinstance(node, Result):
            _rewrite(nodes, at, node, rates)
    return Wiring(tuple(nodes), wiring.asked)


def _rewrite(nodes: list[Node], at: int, node: Result, rates: Rates) -> None:
    match node.op, node.args:
        case "mul", (left, right):
            for base, factor in ((left, right), (right, left)):
                if _apply(nodes, at, base, _percent(nodes, factor, rates)):
                    return
        case "mul", (first, second, third):
            for base, one, two in ((first, second, third), (second, first, third), (third, first, second)):
                for rate, hundredth in ((one, two), (two, one)):
                    if _value(nodes, hundredth) == Fraction(1, 100) and _is_rate(nodes, rate, rates):
                        _apply(nodes, at, base, ("percent_of", rate))
                        return
        case "div", (product, hundred) if _value(nodes, hundred) == 100:
            inner = nodes[product]
            if isinstance(inner, Result) and inner.op == "mul" and len(inner.args) == 2:
                for base, rate in (inner.args, inner.args[::-1]):
                    if _apply(nodes, at, base, _whole_percent(nodes, rate, rates)):
                        return
        case _:
            pass


def _apply(nodes: list[Node], at: int, base: int, found: tuple[str, int] | None) -> bool:
    """Replace a product by an operation on percents; its slots take names of quantities."""
    node = nodes[at]
    if found is None or not isinstance(node, Result) or base == found[1]:
        return False
    nodes[at] = replace(node, op=found[0], args=(base, found[1]))
    return True


def _value(nodes: list[Node], at: int) -> Rational | None:
    node = nodes[at]
    return node.value if isinstance(node, Given) else None


def _is_rate(nodes: list[Node], at: int, rates: Rates) -> bool:
    return _value(nodes, at) in rates


def _percent(nodes: list[Node], at: int, rates: Rates) -> tuple[str, int] | None:
    """Return what a factor does as a percent, and the quantity of the rate: 0.2, 1.2, 0.8, 20/100, 1 - 20/100."""
    node = nodes[at]
    if isinstance(node, Given):
        for op, factor in _FACTORS:
            for rate in sorted(rates):
                if factor(Fraction(rate) / 100) == node.value and node.ground in ("percent", "none", "constant"):
                    nodes[at] = replace(node, value=rate, ground=rates[rate])
                    return op, at
        return None
    match node.op, node.args:
        case "div", (rate, hundred) if _value(nodes, hundred) == 100:
            return _whole_percent(nodes, rate, rates)
        case ("sub" | "add") as op, (one, part) if _value(nodes, one) == 1:
            inner = _percent(nodes, part, rates)
            if inner is not None and inner[0] == "percent_of":
                return ("percent_off" if op == "sub" else "percent_increase"), inner[1]
        case _:
            pass
    return None


def _whole_percent(nodes: list[Node], at: int, rates: Rates) -> tuple[str, int] | None:
    """Return what a percent does that is written as a whole number: 20, 100 - 20, 100 + 20."""
    if _is_rate(nodes, at, rates):
        return "percent_of", at
    node = nodes[at]
    if isinstance(node, Result) and node.op in ("sub", "add") and len(node.args) == 2:
        left, right = node.args
        if node.op == "add" and _value(nodes, right) == 100:
            left, right = right, left
        if _value(nodes, left) == 100 and _is_rate(nodes, right, rates):
            return ("percent_off" if node.op == "sub" else "percent_increase"), right
    if isinstance(node, Given):
        for op, factor in _FACTORS[1:]:
            for rate in sorted(rates):
                if 100 * factor(Fraction(rate) / 100) == node.value:
                    nodes[at] = replace(node, value=whole(Fraction(rate)), ground=rates[rate])
                    return op, at
    return None
