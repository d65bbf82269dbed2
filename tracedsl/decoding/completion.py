"""A known way to complete any state, in pieces whose cost in tokens adds up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from tracedsl.decoding.language import NEW
from tracedsl.decoding.lexing import NAME_BYTES, endings
from tracedsl.decoding.states import OPEN, Choice, Counting, Free, Naming, Sign, Stage, State
from tracedsl.decoding.tries import Node


def completion(state: State, *, opened: bool = False) -> tuple[str, ...]:
    """Return texts that complete a state one after the other.

    ``opened`` puts `OPEN` for a name in writing, so that it can be counted how often it comes.
    """
    parts: list[str] = []
    current: State | None = state
    while current is not None and not current.complete:
        text, current = _onward(current, opened=opened and current is state)
        parts += text
    return tuple(parts)


def _onward(state: State, *, opened: bool) -> tuple[tuple[str, ...], State | None]:
    """Return the next texts and the state after them; no state where they are all there is."""
    spot = state.spot
    match spot:
        case Node():
            return _through(state, spot)
        case Choice(node=node) if node.children:
            return _through(state, node)
        case Choice():
            return _number(state, "")
        case Naming(text=text):
            tail = _naming(state, text)
            value = state.language.name(state, text + tail)
            if opened:
                value = OPEN if isinstance(value, str) else NEW
            return (tail,), state.language.after(state, value)
        case Counting(text=text):
            return _number(state, text)
        case Free(matched=matched):
            rest = state.language.options.opening[matched:]
            return (rest,), state.steps(rest.encode())
        case _:
            assert_never(spot)


def _through(state: State, node: Node) -> tuple[tuple[str, ...], State | None]:
    planned = _planned(state, node)
    if planned is not None:
        return planned, None
    text, leaf = _best(state, node)
    if leaf.event is not None:
        return (text.decode(),), state.language.arrive(state, leaf.event)
    return (text.decode(),), state.language.after(state, leaf.value)


def _planned(state: State, node: Node) -> tuple[str, ...] | None:
    """Return what is left of a scope's plan, if the text so far agrees with it."""
    plan = state.language.planner.plan(state.scope) if state.stage is Stage.STEP else None
    if plan is None:
        return None
    line = plan.lines[0].encode()
    if not state.language.step_node(state.scope).leads(line[: node.depth], node):
        return None
    rest = line[node.depth :]
    if not any(rest.startswith(text) for text, _ in node.leaves()):
        return None
    return (rest.decode(), *plan.lines[1:], state.language.options.closing)


def _best(state: State, node: Node) -> tuple[bytes, Node]:
    """Return the alternative to take: the end, the step's end, the shortest text or plan."""
    if state.stage is Stage.HEAD:
        return min(node.leaves(), key=lambda leaf: (leaf[1].event is not Sign.END, _length(state, *leaf)))
    return min(node.leaves(), key=lambda leaf: (leaf[1].event is not Sign.DONE, len(leaf[0]), leaf[0]))


def _length(state: State, text: bytes, leaf: Node) -> int:
    """Return the length of a text and of what completes it."""
    if leaf.event is Sign.END:
        return len(text)
    return len(text) + sum(map(len, completion(state.language.arrive(state, leaf.event))))


def _naming(state: State, text: str) -> str:
    return next(tail for tail in _tails(text) if state.language.name(state, text + tail) is not None)


def _tails(text: str) -> Iterator[str]:
    letters = [chr(byte) for byte in sorted(NAME_BYTES) if chr(byte).isalpha()]
    yield from ("", *letters)
    yield from (first + second for first in letters for second in letters)


def _number(state: State, text: str) -> tuple[tuple[str, ...], State | None]:
    language = state.language
    most = language.options.limits.digits
    starts = ("",) if text else tuple(each.text for each in language.planner.literals)
    for start in starts:
        tail = start + next(
            endings(text + start, most, lambda number: language.legal(state, number), bounded=state.bounded), "?"
        )
        quantity = language.number(state, text + tail) if not tail.endswith("?") else None
        if quantity is not None:
            return (tail,), language.after(state, quantity)
    raise ValueError(f"no number goes on after {text!r}")
