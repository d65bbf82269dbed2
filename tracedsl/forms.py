"""What a graph computes, up to names, numbers and the order of terms, as a text that can be compared and read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import NamedTuple

from tracedsl.graph import Apply, Constant, Graph, Input, Link
from tracedsl.numbers import Rational, show
from tracedsl.primitives import COMMUTATIVE

_LEAF = re.compile(r"#\d+|-?\d+(?:[./]\d+)?(?=[,)\s]|$)")


class Form(NamedTuple):
    """What a graph computes, up to names, numbers, and the order of terms; and the same without its operations."""

    exact: str
    loose: str
    operations: tuple[str, ...]
    depth: int


def form_of(graph: Graph, at: int | None = None) -> Form:
    """Return the form of a graph, or of what one of its nodes computes.

    Sub-traces share no names, so a number that two of them bring in under one name is one quantity.
    """
    term = _term(graph, graph.result if at is None else at, dict(_repeated(graph)))
    uses = Counter(_inputs(term))
    exact, loose = _Writer(uses).text(term), _Writer(uses, loose=True).text(term)
    operations = tuple(sorted(_operations(term)))
    return Form(exact, loose, operations, _depth(term))


def _repeated(graph: Graph) -> Iterator[tuple[int, Leaf]]:
    """Yield the inputs that an earlier sub-trace brings in by the same name and value, each as that one."""
    first: dict[tuple[str, Rational], int] = {}
    for scope in graph.scopes if len(graph.scopes) > 1 else ():
        for action in scope.actions:
            for made in action.definitions:
                node = graph.nodes[made.node]
                if action.op == "init" and isinstance(node, Input):
                    at = first.setdefault((made.name, node.value), made.node)
                    if at != made.node:
                        yield made.node, Leaf(at, "")


class Leaf(NamedTuple):
    """An input by its node, or a constant by its value."""

    input: int | None
    constant: str


class Term(NamedTuple):
    """Terms joined: a sum with what is taken away, a product with what divides it, or another operation."""

    op: str
    args: tuple[Leaf | Term, ...]
    inverse: tuple[Leaf | Term, ...] = ()


_INVERSE = {"add": "sub", "mul": "div"}


def _term(graph: Graph, at: int, known: dict[int, Leaf | Term]) -> Leaf | Term:
    """Return what a node computes, sums of sums as one sum and products of products as one product."""
    if at not in known:
        known[at] = _read(graph, at, known)
    return known[at]


def _read(graph: Graph, at: int, known: dict[int, Leaf | Term]) -> Leaf | Term:
    node = graph.nodes[at]
    match node:
        case Link(target=target):
            return _term(graph, target, known)
        case Constant(value=value):
            return Leaf(None, show(value))
        case Apply(primitive=primitive, operands=operands):
            args = tuple(_term(graph, operand, known) for operand in operands)
            match primitive.name:
                case "add" | "mul":
                    return _joined(primitive.name, args, ())
                case "sub":
                    return _joined("add", args[:1], args[1:])
                case "div":
                    return _joined("mul", args[:1], args[1:])
                case name:
                    return Term(name, args)
        case _:
            return Leaf(at, "")


def _joined(op: str, args: tuple[Leaf | Term, ...], inverse: tuple[Leaf | Term, ...]) -> Leaf | Term:
    """Join terms; what is both added and taken away leaves the sum."""
    over: list[Leaf | Term] = []
    under: list[Leaf | Term] = []
    for terms, same, other in ((args, over, under), (inverse, under, over)):
        for term in terms:
            flat = isinstance(term, Term) and term.op == op
            same += term.args if flat else (term,)  # type: ignore[union-attr]
            other += term.inverse if flat else ()  # type: ignore[union-attr]
    for term in list(over):
        if term in under and len(over) > 1:
            over.remove(term)
            under.remove(term)
    return over[0] if len(over) == 1 and not under else Term(op, tuple(over), tuple(under))


def _inputs(term: Leaf | Term) -> Iterator[int]:
    if isinstance(term, Leaf):
        if term.input is not None:
            yield term.input
        return
    for each in (*term.args, *term.inverse):
        yield from _inputs(each)


def _operations(term: Leaf | Term) -> Iterator[str]:
    if isinstance(term, Term):
        yield from [term.op] * (len(term.args) > 1 or term.op not in _INVERSE)
        yield from [_INVERSE.get(term.op, "")] * bool(term.inverse)
        for each in (*term.args, *term.inverse):
            yield from _operations(each)


def _depth(term: Leaf | Term) -> int:
    return 1 + max(map(_depth, (*term.args, *term.inverse))) if isinstance(term, Term) else 0


@dataclass(slots=True)
class _Writer:
    """Writes a term as text, its inputs numbered in the order in which they are first met."""

    uses: Counter[int]
    loose: bool = False
    numbers: dict[int, int] = field(default_factory=dict)

    def text(self, term: Leaf | Term) -> str:
        if isinstance(term, Leaf):
            if term.input is None:
                return term.constant
            return f"#{self.numbers.setdefault(term.input, len(self.numbers))}"
        parts = [self.text(each) for each in self.ordered(term.op, term.args)]
        less = [self.text(each) for each in self.ordered(term.op, term.inverse)]
        return f"{'?' if self.loose else term.op}({', '.join(parts)}{' | ' if less else ''}{', '.join(less)})"

    def ordered(self, op: str, terms: tuple[Leaf | Term, ...]) -> list[Leaf | Term]:
        """Return terms in an order that does not depend on how they are written.

        Of terms alike the ones met before come first, then those that are used most.
        """
        return sorted(terms, key=self.rank) if op in COMMUTATIVE else list(terms)

    def rank(self, term: Leaf | Term) -> tuple[str, int, int]:
        if isinstance(term, Leaf) and term.input is not None:
            return _blind(term), self.numbers.get(term.input, 1_000), -self.uses[term.input]
        return _blind(term), min((self.numbers.get(each, 1_000) for each in _inputs(term)), default=0), 0


def _blind(term: Leaf | Term) -> str:
    """Return a text of a term that does not tell its inputs apart."""
    if isinstance(term, Leaf):
        return term.constant or "#"
    parts, less = sorted(map(_blind, term.args)), sorted(map(_blind, term.inverse))
    return f"{term.op}({', '.join(parts)}|{', '.join(less)})"


def formula(form: Form) -> str:
    """Return a form as a formula of a, b, c, … that people read."""
    text = _formula(form.exact)[0]
    return text[1:-1] if text.startswith("(") else text


def _formula(text: str) -> tuple[str, str]:
    """Return the formula that a text begins with, and the rest."""
    found = _LEAF.match(text)
    if found is not None:
        leaf = found[0]
        return (_letter(int(leaf[1:])) if leaf.startswith("#") else leaf), text[found.end() :]
    name, _, rest = text.partition("(")
    parts: list[str] = []
    less: list[str] = []
    into = parts
    while not rest.startswith(")"):
        if rest.startswith(" | "):
            into, rest = less, rest[3:]
        part, rest = _formula(rest.removeprefix(", "))
        into.append(part)
    return _shown(name, parts, less), rest[1:]


def _shown(name: str, parts: list[str], less: list[str]) -> str:
    if name not in _INVERSE:
        return f"{name}({', '.join(parts)})"
    plus, minus = (" + ", " - ") if name == "add" else (" * ", " / ")
    return f"({plus.join(parts)}{''.join(minus + each for each in less)})"


def _letter(number: int) -> str:
    return ascii_lowercase[number] if number < len(ascii_lowercase) else f"x{number}"


def wiring_of(graph: Graph) -> str:
    """Return how a graph wires its numbers, up to names and the order of what commutes."""
    return _numbered(graph, graph.result, {})


def first_difference(graph: Graph, gold: Graph) -> int:
    """Return the first node that computes of its numbers what no node of the gold graph does; else what is asked."""
    known = {_numbered(gold, at, {}) for at in range(len(gold.nodes))}
    keys: dict[int, str] = {}
    return next((at for at in range(len(graph.nodes)) if _numbered(graph, at, keys) not in known), graph.result)


def _numbered(graph: Graph, at: int, keys: dict[int, str]) -> str:
    """Return what a node computes, with its numbers and without names; operands of what commutes are sorted."""
    if at not in keys:
        node = graph.nodes[at]
        match node:
            case Link(target=target):
                keys[at] = _numbered(graph, target, keys)
            case Apply(primitive=primitive, operands=operands):
                parts = [_numbered(graph, operand, keys) for operand in operands]
                ordered = sorted(parts) if primitive.name in COMMUTATIVE else parts
                keys[at] = f"{primitive.name}({', '.join(ordered)})"
            case Input(value=value) | Constant(value=value):
                keys[at] = show(value)
            case _:
                keys[at] = "?"
    return keys[at]
