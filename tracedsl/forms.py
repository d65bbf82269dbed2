"""What a graph computes, up to names, numbers and the order of terms, as a text that can be compared and read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from string import ascii_lowercase
from typing import NamedTuple

from tracedsl.graph import Apply, Constant, Graph, Input, Link
from tracedsl.numbers import Rational, show
from tracedsl.primitives import COMMUTATIVE

_LEAVES, _DEPTH, _LARGE = 500, 100, "large "
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
    What is too large to be written out is known by its fingerprint.
    """
    node = graph.result if at is None else at
    if not writable(graph)[node]:
        return _large(graph, node)
    term = _term(graph, node, dict(_repeated(graph)))
    uses = Counter(_inputs(term))
    exact, loose = _Writer(uses).text(term), _Writer(uses, loose=True).text(term)
    operations = tuple(sorted(_operations(term)))
    return Form(exact, loose, operations, _depth(term))


def writable(graph: Graph) -> list[bool]:
    """Return for each node whether what it computes is small enough to be written out."""
    return [leaves <= _LEAVES and depth <= _DEPTH for leaves, depth in _extents(graph)]


def _extents(graph: Graph) -> list[tuple[int, int]]:
    """Return of what each node computes how many numbers it would have written out, and how deep it nests."""
    found: list[tuple[int, int]] = []
    for node in graph.nodes:
        match node:
            case Link(target=target):
                found.append(found[target])
            case Apply(operands=operands):
                parts = [found[operand] for operand in operands]
                found.append((sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)))
            case _:
                found.append((1, 0))
    return found


def _large(graph: Graph, at: int) -> Form:
    """Return a form without a text, of operations that count once however often a result is used."""
    text = f"{_LARGE}{_wirings(graph)[at]}"
    return Form(text, text, tuple(sorted(_reached(graph, at))), _extents(graph)[at][1])


def _reached(graph: Graph, at: int) -> Iterator[str]:
    """Yield the operations that a node needs, each once however often its result is used."""
    wanted = {at}
    for index in range(at, -1, -1):
        node = graph.nodes[index]
        if index in wanted and isinstance(node, Link):
            wanted.add(node.target)
        elif index in wanted and isinstance(node, Apply):
            wanted.update(node.operands)
            yield node.primitive.name


def _repeated(graph: Graph) -> Iterator[tuple[int, Leaf]]:
    """Yield the inputs that an earlier sub-trace brings in by the same name and value, each as that one."""
    first: dict[tuple[str, Rational], int] = {}
    for scope in graph.scopes if len(graph.scopes) > 1 else ():
        for made in scope.given:
            node = graph.nodes[made.node]
            if isinstance(node, Input):
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
    if form.exact.startswith(_LARGE):
        return f"more than {_LEAVES} terms, or nested deeper than {_DEPTH}"
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
    """Return a fingerprint of how a graph wires its numbers, up to names and the order of what commutes."""
    return _wirings(graph)[graph.result]


def first_difference(graph: Graph, gold: Graph) -> int:
    """Return the first node that computes of its numbers what no node of the gold graph does; else what is asked."""
    known = set(_wirings(gold))
    return next((at for at, wiring in enumerate(_wirings(graph)) if wiring not in known), graph.result)


def _wirings(graph: Graph) -> list[str]:
    """Return a fingerprint of what each node computes, of the numbers alone; operands of what commutes are sorted.

    A fingerprint and not the text: that of a value doubled n times has 2 ** n parts.
    """
    found: list[str] = []
    for node in graph.nodes:
        match node:
            case Link(target=target):
                found.append(found[target])
            case Apply(primitive=primitive, operands=operands):
                parts = [found[operand] for operand in operands]
                ordered = sorted(parts) if primitive.name in COMMUTATIVE else parts
                found.append(_digest(f"{primitive.name}({', '.join(ordered)})"))
            case Input(value=value) | Constant(value=value):
                found.append(_digest(show(value)))
            case _:
                found.append(_digest("?"))
    return found


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
