"""Which tokens may come next: the states of the checker, walked along a vocabulary.

A mask holds exactly the tokens whose bytes the checker takes. Texts that never vary are walked
once for a vocabulary; names in writing take all tokens of letters at once; the rest is walked
state by state, and kept by state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never

import numpy as np

from tracedsl.decoding.lexing import NUMBER_BYTES, is_inside
from tracedsl.decoding.states import Choice, Counting, Free, Naming, State
from tracedsl.decoding.tokens import Ids, Place, Tokens
from tracedsl.decoding.tries import Node

_MOST_KEPT = 50_000


@dataclass(slots=True, eq=False)
class Entry:
    """What is known of a state: the tokens that may come, and the states that some of them lead to."""

    ids: Ids
    after: dict[int, State] = field(default_factory=dict)
    costs: Ids | None = None


@dataclass(slots=True)
class _Found:
    """Tokens found by a walk: one by one, and many at once."""

    single: list[int] = field(default_factory=list)
    many: list[Ids] = field(default_factory=list)

    def ids(self) -> Ids:
        own = np.sort(np.array(self.single, dtype=np.int32))
        match self.many:
            case []:
                return own
            case [many]:  # in order already, and too many to be sorted at every name
                return np.insert(many, np.searchsorted(many, own), own) if len(own) else many
            case _:
                return np.sort(np.concatenate((*self.many, own)))


class Masker:
    """Makes and keeps masks for one vocabulary."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._entries: dict[State, Entry] = {}
        self._fixed: dict[tuple[int, int], tuple[tuple[int, ...], tuple[tuple[Any, Place], ...]]] = {}
        self._free: dict[tuple[bytes, int], tuple[Ids, tuple[int, ...]]] = {}

    def forget(self) -> None:
        """Drop what is kept for single states; what holds for the vocabulary stays."""
        self._entries.clear()

    def entry(self, state: State) -> Entry:
        """Return the tokens that may follow a state."""
        found = self._entries.get(state)
        if found is None:
            if len(self._entries) > _MOST_KEPT:
                self.forget()
            found = self._entries[state] = Entry(self._ids(state))
        return found

    def after(self, state: State, token: int) -> State | None:
        """Return the state after a token, ``None`` if it may not come."""
        entry = self.entry(state)
        if token not in entry.after:
            text = self.tokens.texts[token]
            if text is None:
                return None
            following = state.steps(text)
            if following is None and self._is_start(state):
                following = state.steps(text.removeprefix(b" "))
            if following is None:
                return None
            entry.after[token] = following
        return entry.after[token]

    def _is_start(self, state: State) -> bool:
        return self.tokens.leading and state is state.language.start()

    def _ids(self, state: State) -> Ids:
        found, root = _Found(), self.tokens.root
        self._walk(state, root, found)
        space = self.tokens.down(root, 32) if self._is_start(state) else None
        if space is not None and not isinstance(state.spot, Free):
            self._walk(state, space, found)
        if state.complete:
            found.single += self.tokens.ends
        return found.ids()

    def _walk(self, state: State, place: Place, found: _Found) -> None:
        """Add the tokens below a place whose further bytes may follow a state."""
        spot = state.spot
        match spot:
            case Node() if spot.fixed:
                single, further = self._along(spot, place)
                found.single += single
                for event, below in further:
                    if self._leads_on(state, event, below):
                        self._walk(state.language.arrive(state, event), below, found)
            case Node(children=children):
                self._step(state, place, found, bytes(children))
                self._over(state, spot.value, place, found)
            case Choice(node=node):
                self._step(state, place, found, bytes({*node.children, *NUMBER_BYTES}))
            case Counting(text=text):
                self._step(state, place, found, bytes(NUMBER_BYTES))
                self._over(state, state.language.number(state, text), place, found)
            case Naming(text=text):
                self._named(state, text, place, found)
            case Free():
                plain, ending = self.free(state)
                found.many.append(plain)
                found.single += [token for token in ending if self._fits(state, token, 0)]
            case _:
                assert_never(spot)

    def _leads_on(self, state: State, event: Any, place: Place) -> bool:
        """Return whether a token can go on after a fixed text; what follows it is worked out only then."""
        bytes_after = state.language.leads(event)
        return bytes_after is None or any(self.tokens.down(place, byte) is not None for byte in bytes_after)

    def _step(self, state: State, place: Place, found: _Found, choices: bytes) -> None:
        for byte in choices:
            below = self.tokens.down(place, byte)
            after = state.step(byte) if below is not None else None
            if below is not None and after is not None:
                found.single += below.ids
                self._walk(after, below, found)

    def _over(self, state: State, value: Any, place: Place, found: _Found) -> None:
        after = state.language.after(state, value) if value is not None else None
        if after is not None:
            self._walk(after, place, found)

    def _along(self, node: Node, place: Place) -> tuple[tuple[int, ...], tuple[tuple[Any, Place], ...]]:
        """Return the tokens inside fixed texts, and the events where longer ones go beyond them."""
        key = (node.serial, place.serial)
        if key not in self._fixed:
            single: list[int] = []
            further: list[tuple[Any, Place]] = []
            stack = [(node, place)]
            while stack:
                at, where = stack.pop()
                for byte, child in at.children.items():
                    below = self.tokens.down(where, byte)
                    if below is None:
                        continue
                    single += below.ids
                    if child.event is not None:
                        further += [(child.event, below)] if below.low < below.high else []
                    else:
                        stack.append((child, below))
            self._fixed[key] = tuple(single), tuple(further)
        return self._fixed[key]

    def _named(self, state: State, text: str, place: Place, found: _Found) -> None:
        prefix = self.tokens.prefix(place)
        names = self.tokens.names(place, prefix, inside=is_inside(text))
        room = state.language.options.limits.name - len(text)
        found.many.append(names.pure[names.lengths < room])
        brim = names.pure[names.lengths == room].tolist()
        found.single += [each for each in brim if self._fits(state, each, len(prefix))]
        followed: dict[str, State | None] = {}
        for token, rest, beyond in names.beyond:
            if rest not in followed:
                value = state.language.name(state, text + rest) if len(rest) <= room else None
                followed[rest] = state.language.after(state, value) if value is not None else None
            after = followed[rest]
            if after is not None and after.takes(beyond):
                found.single.append(token)

    def _fits(self, state: State, token: int, skip: int) -> bool:
        text = self.tokens.texts[token]
        return text is not None and state.takes(text[skip:])

    def free(self, state: State) -> tuple[Ids, tuple[int, ...]]:
        """Return the tokens that leave a text free, and those in which the opening ends."""
        opening = state.language.opening
        matched = state.spot.matched if isinstance(state.spot, Free) else 0
        key = (opening, matched)
        if key not in self._free:
            before = opening[:matched]
            texts = [(index, opening in before + text) for index, text in enumerate(self.tokens.texts) if text]
            plain = np.array([index for index, ends in texts if not ends], dtype=np.int32)
            self._free[key] = plain, tuple(index for index, ends in texts if ends)
        return self._free[key]
