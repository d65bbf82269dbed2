"""Calculations to a graph of quantities: which number is given, and which is an earlier result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tracedsl.importers import scoring
from tracedsl.importers.contexts import Beside, of_literals, of_result, stems
from tracedsl.importers.expressions import Expression, Number, Operation, Variable, product
from tracedsl.importers.questions import Place, Question
from tracedsl.importers.scoring import Literal
from tracedsl.importers.solutions import Step
from tracedsl.numbers import Rational, whole
from tracedsl.record import record
from tracedsl.source import Span

MOST_READINGS = 8


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

    def needed(self) -> int:
        """Return how many calculations the answer needs; a solution hardly makes one that it does not."""
        return len({id(node.step) for at in self.used() if isinstance(node := self.nodes[at], Result)})

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


#: What a number may stand for: an earlier quantity by its place, a new one at a place of the question, or a constant.
Source = int | Place | None


@dataclass
class _Wirer:
    """Makes one wiring; ``flips`` says for which ambiguous number another source is taken."""

    question: Question
    flips: dict[int, int]
    nodes: list[Node] = field(default_factory=list)
    results: dict[Rational, list[int]] = field(default_factory=lambda: defaultdict(list))
    words: dict[int, Beside] = field(default_factory=dict)
    consumed: set[int] = field(default_factory=set)
    given: dict[Rational, list[int]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[Span, int] = field(default_factory=dict)
    ambiguous: list[int] = field(default_factory=list)
    literals: Mapping[int, Beside] = field(default_factory=dict)
    result: Beside = field(default_factory=Beside)
    sentence: str = ""
    here: set[int] = field(default_factory=set)

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def step(self, step: Step, literals: Mapping[int, Beside], result: Beside) -> int:
        """Add a calculation, of which it is known what stands beside its numbers and its result."""
        self.literals, self.result, self.sentence = literals, result, step.sentence
        self.here = set()
        at = self.expression(step.expression, step)
        node = self.nodes[at]
        if isinstance(node, Result):
            self.nodes[at] = replace(node, inner=False)
        self.words[at] = self.result
        self.results[step.value].append(at)
        return at

    def expression(self, expression: Expression, step: Step, op: str = "", *, divides: bool = False) -> int:
        """Add what an expression computes; ``op`` is the operation that takes it."""
        expression = self.with_fractions(expression)
        match expression:
            case Number():
                return self.number(self.literal(expression, op, divides), step)
            case Operation(op="div", args=(left, Number(value=100))) if (rates := self.rates_in(left)) is not None:
                return self.add(Result("div", (rates(step), self.constant(100, step)), step))
            case Operation(op="div", args=(Number(value=over), Number(value=under) as part)) if self.is_stated(
                over, under
            ):
                whole_part = Number(whole(Fraction(over) / under), part.at)
                return self.number(self.literal(whole_part, op, divides), step)
            case Operation(op=op, args=args):
                found = [self.expression(arg, step, op, divides=op == "div" and at > 0) for at, arg in enumerate(args)]
                return self.add(Result(op, tuple(found), step))
            case Variable():
                raise LookupError(expression.name)

    def with_fractions(self, expression: Expression) -> Expression:
        """Return a product with a fraction as people mean it: 8 * 2/3 with 2/3 of the question, 1/2 * 8 as 8 / 2."""
        match expression:
            case Operation(op="div", args=(Operation(op="mul", args=(*factors, Number(value=over) as last)), under)):
                if isinstance(under, Number) and self.is_stated(over, under.value):
                    return Operation("mul", (*factors, Operation("div", (last, under))))
                return Operation("div", (product(factors), under)) if over == 1 and factors else expression
            case Operation(
                op="mul", args=(Operation(op="div", args=(Number(value=1), Number(value=under) as last)), *rest)
            ):
                return expression if self.is_stated(1, under) else Operation("div", (product(rest), last))
            case _:
                return expression

    def literal(self, number: Number, op: str, divides: bool) -> Literal:
        own = self.literals.get(number.at, Beside())
        priced = any(each.money for at, each in self.literals.items() if at != number.at)
        return Literal(number.value, op, divides, own, self.result, priced)

    def rates_in(self, expression: Expression) -> Callable[[Step], int] | None:
        """Return how to wire what is divided by a hundred, if it is a percent of the question or a product with one."""
        match expression:
            case Number(value=value) if value in self.question.rates:
                return lambda step: self.rate(expression)
            case Operation(op="mul", args=args):
                stated = [arg for arg in args if isinstance(arg, Number) and arg.value in self.question.rates]
                if not stated:
                    return None

                def with_rate(step: Step) -> int:
                    rate = stated[-1]
                    parts = [self.rate(rate) if arg is rate else self.expression(arg, step, "mul") for arg in args]
                    return self.add(Result("mul", tuple(parts), step))

                return with_rate
            case _:
                return None

    def rate(self, number: Number) -> int:
        """Return the quantity of a percent of the question, the one whose words fit best."""
        literal = self.literal(number, "mul", False)
        places = self.question.rates[number.value]
        return self.at_place(number.value, max(places, key=lambda place: self.score(literal, place)))

    def constant(self, value: Rational, step: Step) -> int:
        """Return a quantity that stands nowhere in the question."""
        for at in self.given[value]:
            node = self.nodes[at]
            if isinstance(node, Given) and node.span is None:
                return at
        is_listed = value in self.question.lexicon.constants and not step.solved
        ground = "constant" if is_listed else "none"
        return self.keep(Given(value, ground, None, step.sentence))

    def is_stated(self, over: Rational, under: Rational) -> bool:
        """Return whether the question writes a fraction as such, or an earlier result is that fraction."""
        if not isinstance(under, int) or under <= 1 or over % under == 0:
            return False
        return f"{over}/{under}" in self.question.text or bool(self.results.get(whole(Fraction(over) / under)))

    def number(self, literal: Literal, step: Step) -> int:
        """Return the quantity that a number of a calculation stands for."""
        sources = self.sources(literal)
        flip = self.flips.get(len(self.ambiguous), 0)
        self.ambiguous.append(len(sources))
        match sources[min(flip, len(sources) - 1)]:
            case int() as result:
                self.consumed.add(result)
                at = result
            case None:
                at = self.constant(literal.value, step)
            case place:
                at = self.at_place(literal.value, place)
        self.here.add(at)
        return at

    def sources(self, literal: Literal) -> list[Source]:
        """Return what a number may stand for: what fits best, then what fits nearly as well."""
        found: list[Source] = [*self.results[literal.value][::-1], *self.question.places.get(literal.value, ())]
        if not found:
            return [None]
        if literal.value in self.question.lexicon.constants or self.has_constant(literal.value):
            found.append(None)
        if len(found) == 1:
            return found
        scores = [self.score(literal, source) for source in found]
        best = max(scores)
        ranked = sorted(zip(scores, found, strict=True), key=lambda each: -each[0])
        near = [source for score, source in ranked if score >= best - scoring.NEAR_TIE]
        is_constant = None not in near and bool(self.results[literal.value]) and self.is_cued(literal)
        return [*near, None] if is_constant else near

    def score(self, literal: Literal, source: Source) -> float:
        match source:
            case int():
                return scoring.of_result(
                    literal, self.words[source], used=source in self.consumed, here=source in self.here
                )
            case None:
                return scoring.of_constant(literal, self.of_constant(literal.value), cued=self.is_cued(literal))
            case place:
                at = self.taken.get(place.span)
                return scoring.of_place(literal, place, taken=at is not None, here=at in self.here)

    def has_constant(self, value: Rational) -> bool:
        return self.of_constant(value) != Beside()

    def of_constant(self, value: Rational) -> Beside:
        """Return the words of the calculation that first used a number which stands nowhere in the question."""
        for at in self.given[value]:
            node = self.nodes[at]
            if isinstance(node, Given) and node.span is None:
                return Beside(wide=frozenset(stems(node.sentence)))
        return Beside()

    def is_cued(self, literal: Literal) -> bool:
        """Return whether the calculation speaks of what a constant belongs to: weeks, where it is 7."""
        return self.question.lexicon.is_cued(literal.value, self.sentence)

    def at_place(self, value: Rational, place: Place) -> int:
        """Return the quantity of a place of the question."""
        for at in self.given[value]:
            node = self.nodes[at]
            if isinstance(node, Given) and node.span == place.span:
                return at
        self.taken[place.span] = self.keep(Given(value, place.ground, place.span, ""))
        return self.taken[place.span]

    def keep(self, node: Given) -> int:
        at = self.add(node)
        self.given[node.value].append(at)
        return at


def readings(question: Question, steps: Sequence[Step], asked: int) -> Iterator[Wiring]:
    """Yield the ways to wire a solution, the likeliest first; ``asked`` is the step that is the answer.

    Where a number fits several sources about as well, each further reading takes another for one of them.
    """
    contexts = [(step, of_literals(step), of_result(step)) for step in steps]
    first, ambiguous = _wired(question, contexts, asked, {})
    flips = [{place: other} for place, count in enumerate(ambiguous) for other in range(1, count)]
    others = [_wired(question, contexts, asked, flip)[0] for flip in flips[: MOST_READINGS - 1]]
    yield from sorted((first, *others), key=lambda wiring: -wiring.needed())


def _wired(
    question: Question, contexts: Sequence[tuple[Step, Mapping[int, Beside], Beside]], asked: int, flips: dict[int, int]
) -> tuple[Wiring, list[int]]:
    wirer = _Wirer(question, flips)
    made = [wirer.step(*context) for context in contexts]
    return Wiring(tuple(wirer.nodes), made[asked]), wirer.ambiguous
