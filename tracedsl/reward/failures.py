"""What is wrong with a completion, by rule: how far it comes, then the smallest edit to the gold graph.

Graphs are compared by steps: an operation with its operands, which are numbers or earlier steps. An
edit changes a number, an operation or an operand, or puts a step in or takes one out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from itertools import permutations, zip_longest
from typing import NamedTuple, assert_never

from tracedsl.diagnostics import Diagnostic, completions, review
from tracedsl.graph import Apply, Graph, Input, Link, NodeId
from tracedsl.numbers import Rational
from tracedsl.primitives import COMMUTATIVE, PRIMITIVES
from tracedsl.reward.judging import Judgement
from tracedsl.reward.policies import Outcome
from tracedsl.reward.tasks import Task

_MOST_STEPS = 40  # that are aligned; of longer graphs the steps and numbers are only counted
_MOST_TURNED = 4  # operands that are tried in every order


class Failure(StrEnum):
    """Why a completion is not the gold trace's function; the first that fits."""

    PARSE = "parse"
    TRUNCATED = "truncated"
    WRONG_EXPERT = "wrong expert"
    SHORT_CIRCUIT = "short-circuit"
    INVALID = "invalid"
    MISSING_STEP = "missing step"
    EXTRA_STEP = "extra step"
    WRONG_OPERATION = "wrong operation"
    WRONG_WIRING = "wrong wiring"
    WRONG_NUMBER = "wrong number"
    WRONG_ANSWER = "wrong answer"


def classify(judgement: Judgement, task: Task) -> Failure | None:
    """Return the class of a failure; ``None`` where there is none, or where it cannot be said.

    The judgement is one that looked at functions. Without a gold trace a wrong answer is just that.
    """
    match judgement.outcome:
        case Outcome.UNPARSED:
            torn = _has(judgement, completions.Truncated)
            return Failure.TRUNCATED if torn else Failure.PARSE
        case Outcome.WRONG_EXPERT:
            return Failure.WRONG_EXPERT
        case Outcome.INVALID:
            return Failure.INVALID
        case Outcome.SHORT_CIRCUIT:
            return Failure.SHORT_CIRCUIT
        case Outcome.WRONG_ANSWER | Outcome.RIGHT_VALUE:
            if judgement.outcome is Outcome.RIGHT_VALUE and judgement.comparison is None:
                return None
            if _has(judgement, review.ResultIsInput, review.ResultIsConstant):
                return Failure.SHORT_CIRCUIT
            return _by_edit(judgement, task)
        case Outcome.SAME_FUNCTION | None:
            return None
        case other:
            assert_never(other)


def _has(judgement: Judgement, *kinds: type[Diagnostic]) -> bool:
    return any(isinstance(fault, kinds) for fault in judgement.diagnostics)


def _by_edit(judgement: Judgement, task: Task) -> Failure:
    graph = judgement.report.graph if judgement.report is not None else None
    if graph is None or not task.golds:
        return Failure.WRONG_ANSWER
    return smallest_edit(graph, task.golds[0].execution.graph)


class _Given(NamedTuple):
    """A number."""

    value: Rational


class _Step(NamedTuple):
    """An operation on numbers and earlier steps, which are told by their places."""

    op: str
    operands: tuple[int, ...]


class _Steps(NamedTuple):
    """A graph by its steps, those too that the result does not rest on; ``written`` says how many there are."""

    parts: tuple[_Given | _Step, ...]
    result: int
    written: int


class _Edits(NamedTuple):
    """How many edits of each kind; fewer come first, and of as few those that the counts of steps suggest."""

    total: int = 0
    against: int = 0
    missing: int = 0
    extra: int = 0
    operation: int = 0
    wiring: int = 0
    number: int = 0

    def plus(self, other: _Edits) -> _Edits:
        return _Edits(*map(sum, zip(self, other, strict=True)))


def smallest_edit(graph: Graph, gold: Graph) -> Failure:
    """Return the class of the smallest edit that makes a graph compute what the gold graph does."""
    mine, theirs = _steps_of(graph), _steps_of(gold)
    if max(len(mine.parts), len(theirs.parts)) > 2 * _MOST_STEPS:
        return _by_counts(mine, theirs)
    edits = _Alignment(mine, theirs).distance(mine.result, theirs.result)
    if edits.missing or edits.extra:
        return Failure.MISSING_STEP if edits.missing >= edits.extra else Failure.EXTRA_STEP
    if edits.operation:
        return Failure.WRONG_OPERATION
    return Failure.WRONG_NUMBER if edits.number and not edits.wiring else Failure.WRONG_WIRING


def _by_counts(mine: _Steps, theirs: _Steps) -> Failure:
    if mine.written != theirs.written:
        return Failure.MISSING_STEP if mine.written < theirs.written else Failure.EXTRA_STEP
    ops, numbers = (
        [Counter(part[0] for part in each.parts if isinstance(part, kind)) for each in (mine, theirs)]
        for kind in (_Step, _Given)
    )
    if ops[0] != ops[1]:
        return Failure.WRONG_OPERATION
    return Failure.WRONG_WIRING if numbers[0] == numbers[1] else Failure.WRONG_NUMBER


class _Alignment:
    """The smallest edits between what two graphs compute, part by part.

    An edit against the counts of steps, such as another number where a step is missing, comes after one
    that accounts for them.
    """

    def __init__(self, mine: _Steps, theirs: _Steps) -> None:
        self.mine, self.theirs = mine.parts, theirs.parts
        ids: dict[object, int] = {}
        self.forms = _identities(self.mine, ids), _identities(self.theirs, ids)
        self.known = set(self.forms[0]), set(self.forms[1])
        more, fewer = theirs.written > mine.written, theirs.written < mine.written
        self.missing, self.extra = _Edits(1, int(not more), missing=1), _Edits(1, int(not fewer), extra=1)
        against = int(more or fewer)
        self.operation = _Edits(1, against, operation=1)
        self.wiring, self.number = _Edits(1, against, wiring=1), _Edits(1, against, number=1)
        self.distance = cache(self._distance)

    def _distance(self, one: int, two: int) -> _Edits:
        if self.forms[0][one] == self.forms[1][two]:
            return _Edits()
        return min(self._ways(one, two))

    def _ways(self, one: int, two: int) -> Iterator[_Edits]:
        mine, theirs = self.mine[one], self.theirs[two]
        if self.forms[0][one] in self.known[1]:  # another quantity of the gold graph stands here
            yield self.wiring
        elif isinstance(mine, _Given) and isinstance(theirs, _Given):
            yield self.number
        if isinstance(mine, _Step) and isinstance(theirs, _Step):
            changed = self.operation if mine.op != theirs.op else _Edits()
            yield changed.plus(self._operands(mine, theirs))
        if isinstance(theirs, _Step):
            yield from (self._without(one, theirs, at) for at in range(len(theirs.operands)))
        if isinstance(mine, _Step):
            yield from (self.extra.plus(self.distance(operand, two)) for operand in mine.operands)

    def _without(self, one: int, step: _Step, at: int) -> _Edits:
        """Return the edits where a step of the gold graph is left out and one of its operands stands there."""
        edits = self.missing.plus(self.distance(one, step.operands[at]))
        for place, each in enumerate(step.operands):
            if place != at and isinstance(self.theirs[each], _Step) and self.forms[1][each] not in self.known[0]:
                edits = edits.plus(self.missing)
        return edits

    def _operands(self, mine: _Step, theirs: _Step) -> _Edits:
        pairs = [self._paired(mine.operands, theirs.operands)]
        turned = len(mine.operands) == len(theirs.operands) <= _MOST_TURNED
        if turned and theirs.op in COMMUTATIVE:
            pairs += [self._paired(order, theirs.operands) for order in permutations(mine.operands)]
        elif turned and len(mine.operands) == 2:
            pairs.append(self.wiring.plus(self._paired(mine.operands[::-1], theirs.operands)))
        return min(pairs)

    def _paired(self, mine: tuple[int, ...], theirs: tuple[int, ...]) -> _Edits:
        edits = _Edits()
        for one, two in zip_longest(mine, theirs):
            edits = edits.plus(self.wiring if one is None or two is None else self.distance(one, two))
        return edits


def _identities(parts: tuple[_Given | _Step, ...], ids: dict[object, int]) -> list[int]:
    """Return for each part a number that those have alone which compute the same, the order of terms aside."""
    found: list[int] = []
    for part in parts:
        if isinstance(part, _Given):
            found.append(ids.setdefault(part, len(ids)))
            continue
        operands = [found[operand] for operand in part.operands]
        alike = sorted(operands) if part.op in COMMUTATIVE else operands
        found.append(ids.setdefault((part.op, *alike), len(ids)))
    return found


def _steps_of(graph: Graph) -> _Steps:
    """Return a graph by its steps; what a domain step was lowered to is one again."""
    made = {each.node: action.op for scope in graph.scopes for action in scope.actions for each in action.definitions}
    made = {node: op for node, op in made.items() if isinstance(graph.nodes[node], Apply)}
    asked = _origin(graph, graph.result)
    operands, stack = dict[NodeId, tuple[NodeId, ...]](), [asked, *made]
    while stack:
        index = stack.pop()
        if index not in operands:
            operands[index] = _operands_of(graph, index, made)
            stack += operands[index]
    places = {index: place for place, index in enumerate(sorted(operands))}
    parts = tuple(_part(graph, index, made, tuple(places[each] for each in operands[index])) for index in places)
    return _Steps(parts, places[asked], len(made))


def _part(graph: Graph, index: NodeId, made: Mapping[NodeId, str], operands: tuple[int, ...]) -> _Given | _Step:
    node = graph.nodes[index]
    return _Given(node.value) if isinstance(node, Input) else _Step(made.get(index, ""), operands)


def _operands_of(graph: Graph, index: NodeId, made: Mapping[NodeId, str]) -> tuple[NodeId, ...]:
    """Return the numbers and the results of other steps that a step takes, in order; a domain step each once."""
    found = tuple(_taken(graph, index, made))
    return found if made.get(index) in PRIMITIVES else tuple(dict.fromkeys(found))


def _taken(graph: Graph, index: NodeId, made: Mapping[NodeId, str]) -> Iterator[NodeId]:
    node = graph.nodes[index]
    for operand in node.operands if isinstance(node, Apply) else ():
        origin = _origin(graph, operand)
        if origin in made or isinstance(graph.nodes[origin], Input):
            yield origin
        else:  # inside what the step was lowered to
            yield from _taken(graph, origin, made)


def _origin(graph: Graph, index: NodeId) -> NodeId:
    """Return the node whose value a node hands on."""
    while isinstance(node := graph.nodes[index], Link):
        index = node.target
    return index
