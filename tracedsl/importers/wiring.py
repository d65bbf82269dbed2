"""Calculations to a graph of quantities: which number is given, and which is an earlier result."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tracedsl.grounding import Ground, occurrences
from tracedsl.importers.expressions import Expression, Number, Operation, Variable
from tracedsl.importers.solutions import Step
from tracedsl.numbers import Number as Written
from tracedsl.numbers import Rational, read_number, whole
from tracedsl.record import record
from tracedsl.source import Span
from tracedsl.vocabulary import Lexicon

MOST_READINGS = 8
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*(?:%|percent\b|per cent\b)", re.IGNORECASE)
_DIRECT = (Ground.DIGITS, Ground.WORD)


@record
class Given:
    """A number that the problem gives: its grounds, where it stands, or the sentence that uses it."""

    value: Rational
    ground: str
    span: Span | None
    sentence: str


@record
class Result:
    """What an operation gives, and the calculation that it belongs to; ``inner`` if it is a part of that."""

    op: str
    args: tuple[int, ...]
    step: Step
    inner: bool = True


Node = Given | Result


@record
class Wiring:
    """Quantities in order of their making, and which of them is asked."""

    nodes: tuple[Node, ...]
    asked: int

    def used(self) -> frozenset[int]:
        """Return the quantities that the answer needs."""
        found: set[int] = set()
        stack = [self.asked]
        while stack:
            at = stack.pop()
            if at in found:
                continue
            found.add(at)
            node = self.nodes[at]
            stack += node.args if isinstance(node, Result) else ()
        return frozenset(found)


@record
class Question:
    """A question with the places of its numbers, direct ones first."""

    text: str
    lexicon: Lexicon
    places: dict[Rational, tuple[tuple[str, Span], ...]] = field(default_factory=dict)
    rates: dict[Rational, Span] = field(default_factory=dict)


def read_question(text: str, lexicon: Lexicon) -> Question:
    """Find the numbers of a question."""
    found: dict[Rational, list[tuple[str, Span]]] = defaultdict(list)
    ranked = sorted(occurrences(text, lexicon), key=lambda each: (each.ground not in _DIRECT, each.span))
    for each in ranked:
        if all(span != each.span for _, span in found[each.value]):
            found[each.value].append((each.ground.value, each.span))
    rates = {number.value: span for number, span in _rates(text)}
    return Question(text, lexicon, {value: tuple(places) for value, places in found.items()}, rates)


def _rates(question: str) -> Iterator[tuple[Written, Span]]:
    for found in _RATE.finditer(question):
        number = read_number(found[1])
        if isinstance(number, Written):
            yield number, Span(*found.span(1))


@dataclass
class _Wirer:
    """Makes one wiring; ``flips`` says for which ambiguous number another source is taken."""

    question: Question
    flips: dict[int, int]
    nodes: list[Node] = field(default_factory=list)
    results: dict[Rational, list[int]] = field(default_factory=lambda: defaultdict(list))
    consumed: set[int] = field(default_factory=set)
    given: dict[Rational, list[int]] = field(default_factory=lambda: defaultdict(list))
    taken: set[Span] = field(default_factory=set)
    ambiguous: list[int] = field(default_factory=list)
    literals: int = 0

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def step(self, step: Step) -> int:
        """Add a calculation."""
        at = self.expression(step.expression, step)
        node = self.nodes[at]
        if isinstance(node, Result):
            self.nodes[at] = replace(node, inner=False)
        self.results[step.value].append(at)
        return at

    def expression(self, expression: Expression, step: Step) -> int:
        match expression:
            case Number(value=value):
                return self.number(value, step)
            case Operation(op="div", args=(left, Number(value=100))) if (rates := self.rates_in(left)) is not None:
                return self.add(Result("div", (rates(step), self.constant(100, step)), step))
            case Operation(op="div", args=(Number(value=over), Number(value=under))) if self.is_stated(over, under):
                return self.number(whole(Fraction(over) / under), step)
            case Operation(op=op, args=args):
                return self.add(Result(op, tuple([self.expression(arg, step) for arg in args]), step))
            case Variable():
                raise LookupError(expression.name)

    def rates_in(self, expression: Expression) -> Callable[[Step], int] | None:
        """Return how to wire what is divided by a hundred, if it is a percent of the question or a product with one."""
        match expression:
            case Number(value=value) if value in self.question.rates:
                return lambda step: self.rate(value)
            case Operation(op="mul", args=args):
                stated = [arg for arg in args if isinstance(arg, Number) and arg.value in self.question.rates]
                if not stated:
                    return None

                def product(step: Step) -> int:
                    rate = stated[-1]
                    parts = [self.rate(rate.value) if arg is rate else self.expression(arg, step) for arg in args]
                    return self.add(Result("mul", tuple(parts), step))

                return product
            case _:
                return None

    def rate(self, value: Rational) -> int:
        """Return the quantity of a percent of the question."""
        span = self.question.rates[value]
        for at in self.given[value]:
            node = self.nodes[at]
            if isinstance(node, Given) and node.span == span:
                return at
        self.taken.add(span)
        return self.keep(Given(value, Ground.DIGITS.value, span, ""))

    def constant(self, value: Rational, step: Step) -> int:
        """Return a listed constant, which is no earlier result."""
        for at in self.given[value]:
            node = self.nodes[at]
            if isinstance(node, Given) and node.span is None:
                return at
        return self.keep(Given(value, "constant", None, step.sentence))

    def is_stated(self, over: Rational, under: Rational) -> bool:
        """Return whether the question writes a fraction as such, or an earlier result is that fraction."""
        if not isinstance(under, int) or under <= 1 or over % under == 0:
            return False
        return f"{over}/{under}" in self.question.text or bool(self.results.get(whole(Fraction(over) / under)))

    def number(self, value: Rational, step: Step) -> int:
        """Return the quantity that a number of a calculation stands for."""
        sources = list(self.sources(value))
        self.literals += 1
        if len(sources) > 1:
            self.ambiguous.append(len(sources))
        else:
            self.ambiguous.append(1)
        chosen = sources[min(self.flips.get(self.literals - 1, 0), len(sources) - 1)] if sources else None
        if chosen is not None:
            self.consumed.add(chosen)
            return chosen
        return self.fresh(value, step)

    def sources(self, value: Rational) -> Iterator[int | None]:
        """Yield what a number may be, the likeliest first: an unused result, the question's, a used result."""
        results = self.results[value][::-1]
        unused = [at for at in results if at not in self.consumed]
        stated = value in self.question.places
        yield from unused
        if stated or not results:
            yield None
        yield from (at for at in results if at in self.consumed)

    def fresh(self, value: Rational, step: Step) -> int:
        """Return a given quantity: at a place of the question that no other has, else one of that value."""
        for ground, span in self.question.places.get(value, ()):
            if span not in self.taken:
                self.taken.add(span)
                return self.keep(Given(value, ground, span, ""))
        if self.given[value]:
            return self.given[value][-1]
        ground = "constant" if value in self.question.lexicon.constants else "none"
        return self.keep(Given(value, ground, None, step.sentence))

    def keep(self, node: Given) -> int:
        at = self.add(node)
        self.given[node.value].append(at)
        return at


def readings(question: Question, steps: Sequence[Step], asked: Sequence[int]) -> Iterator[Wiring]:
    """Yield the ways to wire a solution, the likeliest first; ``asked`` are the steps that may be the answer.

    Where a number equals several earlier values, each further reading takes another source for
    one of them.
    """
    first = _wired(question, steps, asked, {})
    yield first[0]
    seen = 1
    for place, count in enumerate(first[1]):
        for other in range(1, count):
            if seen >= MOST_READINGS:
                return
            yield _wired(question, steps, asked, {place: other})[0]
            seen += 1


def _wired(
    question: Question, steps: Sequence[Step], asked: Sequence[int], flips: dict[int, int]
) -> tuple[Wiring, list[int]]:
    wirer = _Wirer(question, flips)
    made = [wirer.step(step) for step in steps]
    return Wiring(tuple(wirer.nodes), made[asked[0]]), wirer.ambiguous
