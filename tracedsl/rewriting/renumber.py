"""A problem and its proved trace to the same problem with other numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from tracedsl.executor import RELATIONS, Execution
from tracedsl.graph import Apply, Constant, Graph, Input, Link
from tracedsl.grounding import Way, following, occurrences
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, Rational, show, spell, whole
from tracedsl.patterns.holes import Pick
from tracedsl.pipeline import examine_row
from tracedsl.primitives import Fault, exceeds
from tracedsl.proving import Prover
from tracedsl.rewriting.numbers import Slot, derived, is_stated, moved, replaced, scaled, slots
from tracedsl.sampling import seeded
from tracedsl.source import Source, Span

_ATTEMPTS = 120
_RATIOS = (Fraction(1, 2), Fraction(2), Fraction(3, 2), Fraction(3), Fraction(2, 3), Fraction(4, 3), Fraction(5, 4))
_FINE = 100  # a new value of parts keeps to hundredths, or to the denominator that it had


class Refusal(StrEnum):
    """Why a problem is not renumbered."""

    INVALID = "not-proved"
    AMBIGUOUS = "several-readings"
    NO_NUMBER = "no-number-may-change"
    UNSTATED = "a-number-that-the-question-does-not-state"
    TWO_ROLES = "a-number-in-two-roles"
    NOT_FOUND = "no-other-numbers-fit"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a problem may change: its graph, its slots, and what each input becomes."""

    question: str
    trace: str
    graph: Graph
    values: tuple[Rational, ...]
    slots: tuple[Slot, ...]
    inputs: Mapping[int, tuple[int, Way | None]]
    codes: frozenset[str]
    taken: frozenset[Rational]
    grounding: tuple[tuple[int, Mapping[str, Any]], ...]


def plan_of(row: Mapping[str, Any], prover: Prover) -> Plan | Refusal:
    """Look at a row: which of its numbers may change, and which inputs follow them."""
    question, trace, answer = str(row.get("question", "")), str(row.get("trace", "")), str(row.get("answer", ""))
    readings = row.get("readings")
    if isinstance(readings, list) and len(readings) > 1:
        return Refusal.AMBIGUOUS
    report = examine_row(Source(trace), question, answer, prover.vocabulary, DEFAULT)
    execution = report.execution
    if report.errors or execution is None or execution.answer is None:
        return Refusal.INVALID
    lexicon = prover.vocabulary.lexicon
    found = slots(question, lexicon)
    stated = _stated(row, execution)
    if "none" in stated.values():
        return Refusal.UNSTATED
    inputs = _tied(execution, found, stated, scaled(question, lexicon))
    if isinstance(inputs, Refusal):
        return inputs
    fixed = [
        node.value for at, node in enumerate(execution.graph.nodes) if isinstance(node, Input) and at not in inputs
    ]
    if not all(is_stated(question, value, lexicon) for value in fixed):
        return Refusal.UNSTATED
    used = sorted({value for value, _ in inputs.values()})
    if not used:
        return Refusal.NO_NUMBER
    order = {value: place for place, value in enumerate(used)}
    ties = {node: (order[value], how) for node, (value, how) in inputs.items()}
    values = tuple(value for value in execution.values if value is not None)
    codes = frozenset(fault.code for fault in report.diagnostics)
    chosen = tuple(found[value] for value in used)
    taken = frozenset(each.value for each in occurrences(question, lexicon))
    return Plan(question, trace, execution.graph, values, chosen, ties, codes, taken, tuple(_entries(row, execution)))


def _stated(row: Mapping[str, Any], execution: Execution) -> dict[int, str]:
    """Return the grounds that a row states for its inputs, by node."""
    grounds = {str(entry.get("var")): str(entry.get("ground")) for _, entry in _entries(row, execution)}
    return {node: grounds[name] for name, node in _given(execution) if name in grounds}


def _entries(row: Mapping[str, Any], execution: Execution) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield what a row says of the grounding of its inputs, each with the node of that name."""
    nodes = dict(_given(execution))
    entries = row.get("grounding")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and str(entry.get("var")) in nodes:
            yield nodes[str(entry.get("var"))], entry


def _given(execution: Execution) -> Iterator[tuple[str, int]]:
    for scope in execution.graph.scopes:
        yield from ((made.name, made.node) for made in scope.given)


def _tied(
    execution: Execution, found: Mapping[Rational, Slot], stated: Mapping[int, str], words: frozenset[Rational]
) -> dict[int, tuple[Rational, Way | None]] | Refusal:
    """Tie each input to the slot that it comes from; others stay as they are.

    Where a number may come from two places ("twice" and $2) nobody can tell which of them it is,
    and the 60 of 60 % is no plain 60: minutes an hour, more likely.
    """
    ways = {value: (slot.value, how) for slot in found.values() for value, how in derived(slot)}
    ties: dict[int, tuple[Rational, Way | None]] = {}
    for at, node in enumerate(execution.graph.nodes):
        if not isinstance(node, Input) or stated.get(at) in ("scale", "constant", "none"):
            continue
        if node.value in found:
            if node.value in words or (node.value in ways and stated.get(at) is None):
                return Refusal.TWO_ROLES
            if found[node.value].percent and not node.percent and not _in_hundredths(execution.graph, at):
                return Refusal.TWO_ROLES
            ties[at] = (node.value, None)
        elif node.value in ways:
            ties[at] = ways[node.value]
    return ties


def _in_hundredths(graph: Graph, at: int) -> bool:
    """Return whether a number meets a 100 in the step that takes it, or in the next one."""
    users = _users(graph, at)
    return any(
        isinstance(graph.nodes[operand], Constant | Input) and getattr(graph.nodes[operand], "value", None) == 100
        for user in (*users, *(after for user in users for after in _users(graph, user)))
        for operand in _operands(graph, user)
    )


def _users(graph: Graph, at: int) -> list[int]:
    return [user for user in range(at + 1, len(graph.nodes)) if at in _operands(graph, user)]


def _operands(graph: Graph, at: int) -> tuple[int, ...]:
    node = graph.nodes[at]
    return node.operands if isinstance(node, Apply) else ()


def renumbered(plan: Plan, prover: Prover, seed: int, key: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield problems with other numbers, each proved; fewer than asked where no more are found."""
    seen: set[tuple[Rational, ...]] = {tuple(slot.value for slot in plan.slots)}
    for index in range(count):
        pick = seeded(seed, index, key)
        for attempt in range(_ATTEMPTS):
            chosen = _proposed(plan, pick, calm=attempt > _ATTEMPTS // 2)
            if chosen in seen or not _fits(plan, chosen):
                continue
            row = _written(plan, chosen, prover)
            if row is not None:
                seen.add(chosen)
                yield row
                break


def _proposed(plan: Plan, pick: Pick, *, calm: bool) -> tuple[Rational, ...]:
    """Draw new numbers near the old ones; ``calm`` changes about one only."""
    chosen: list[Rational] = []
    for slot in plan.slots:
        stays = pick(len(plan.slots)) > 0 if calm else pick(5) == 4
        chosen.append(slot.value if stays and len(plan.slots) > 1 else _near(slot, pick))
    return tuple(chosen)


def _near(slot: Slot, pick: Pick) -> Rational:
    """Return another number of about the same size and kind."""
    value = Fraction(slot.value)
    if pick(2):
        return whole(value * _RATIOS[pick(len(_RATIOS))])
    step = Fraction(1, value.denominator)
    if value.denominator == 1 and value % 10 == 0:
        step = Fraction(10 if value % 100 else 50 if value < 2000 else 100)
        step = Fraction(5) if value < 60 else step
    low, high = max(value / 2, step), value * 2 + 3 * step
    return whole(low // step * step + step * pick(int((high - low) / step) + 1))


def _fits(plan: Plan, chosen: Sequence[Rational]) -> bool:
    """Return whether every value keeps what it was: its sign, its wholeness, about its size."""
    for slot, value in zip(plan.slots, chosen, strict=True):
        old = slot.value
        if value == old:
            continue
        if value <= 1 or value in plan.taken or (isinstance(old, int) and not isinstance(value, int)):
            return False
        if slot.percent and old <= 100 < value:
            return False
        if slot.most is not None and value > slot.most:
            return False
    if len(set(chosen)) < len(chosen):
        return False
    return values_of(plan, chosen) is not None


def values_of(plan: Plan, chosen: Sequence[Rational]) -> list[Rational] | None:
    """Compute every node with new numbers; ``None`` where one does not keep what it was."""
    values: list[Rational] = []
    for at, node in enumerate(plan.graph.nodes):
        match node:
            case Input(value=value):
                tie = plan.inputs.get(at)
                found: Rational = value
                if tie is not None:
                    found = whole(following(chosen[tie[0]], tie[1])) if tie[1] is not None else chosen[tie[0]]
            case Constant(value=value):
                found = value
            case Link(target=target):
                found = values[target]
            case Apply():
                for requirement in node.requires:
                    if not RELATIONS[requirement.relation](values[requirement.left], values[requirement.right]):
                        return None
                computed = node.primitive.apply(tuple([values[operand] for operand in node.operands]), DEFAULT.bits)
                if isinstance(computed, Fault) or exceeds(computed, DEFAULT.bits):
                    return None
                found = computed
            case _:
                return None
        if not _keeps(plan.values[at], found):
            return None
        values.append(found)
    return values


def _keeps(old: Rational, new: Rational) -> bool:
    if (old > 0) != (new > 0) or (old < 0) != (new < 0):
        return False
    if isinstance(old, int):
        if not isinstance(new, int):
            return False
    elif not isinstance(new, int) and _FINE % new.denominator and old.denominator % new.denominator:
        return False
    ratio = Fraction(new) / Fraction(old) if old else Fraction(1)
    return Fraction(1, 10) <= ratio <= 10


def _written(plan: Plan, chosen: Sequence[Rational], prover: Prover) -> dict[str, Any] | None:
    """Return the row of new numbers, if it is proved."""
    values = values_of(plan, chosen)
    changes = {slot: value for slot, value in zip(plan.slots, chosen, strict=True) if value != slot.value}
    question = replaced(plan.question, changes)
    if values is None or question is None:
        return None
    trace = _retraced(plan, values)
    answer = show(values[plan.graph.result])
    codes = {fault.code for fault in prover.faults(question, trace, answer)}
    if not codes <= plan.codes:
        return None
    row: dict[str, Any] = {"question": question, "answer": answer, "trace": trace}
    grounding = [{**entry, **_grounded(plan, values[node], entry, changes)} for node, entry in plan.grounding]
    return {**row, "grounding": grounding} if grounding else row


def _grounded(
    plan: Plan, value: Rational, entry: Mapping[str, Any], changes: Mapping[Slot, Rational]
) -> Mapping[str, Any]:
    """Return the value of an input and its place in the new question."""
    match entry.get("span"):
        case [int() as start, int() as end]:
            span = moved(plan.question, changes, Span(start, end))
        case [str() as start, str() as end] if start.isdecimal() and end.isdecimal():
            span = moved(plan.question, changes, Span(int(start), int(end)))
        case _:
            span = None
    return {"value": show(value), "span": list(span) if span is not None else None}


def _retraced(plan: Plan, values: Sequence[Rational]) -> str:
    """Return the trace with the new numbers where its inputs stand."""
    edits: list[tuple[Span, str]] = []
    for at in plan.inputs:
        node = plan.graph.nodes[at]
        if isinstance(node, Input) and node.value != values[at]:
            edits.append((node.span, spell(Number(values[at], node.percent))))
    text = plan.trace
    for span, written in sorted(edits, reverse=True):
        text = f"{text[: span.start]}{written}{text[span.end :]}"
    return text
