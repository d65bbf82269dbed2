"""Which tokens may come next: the states of the checker, walked along a vocabulary.

A mask holds exactly the tokens whose bytes the checker takes. Texts that never vary are walked
once for a vocabulary; names in writing take all tokens of letters at once; the rest is walked
state by state, and kept by state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, assert_never

import numpy as np

from tracedsl.decoding.lexing import NUMBER_BYTES, Kind, is_inside, is_name, kind_goes_on
from tracedsl.decoding.states import CLOSED, Choice, Counting, Free, Naming, Stage, State, firsts
from tracedsl.decoding.tokens import ENDINGS, Ids, Names, Place, Tokens
from tracedsl.decoding.tries import Node

_MOST_KEPT = 50_000
#: Where a text may be at its beginning or its end.
_EDGES = frozenset({Stage.OPENING, Stage.HEAD, Stage.ENDED})


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
            case [many] if not len(own):
                return many
            case [many]:  # in order already, and too many to be sorted at every name
                return np.insert(many, np.searchsorted(many, own), own)
            case _:
                return np.sort(np.concatenate((*self.many, own)))


@dataclass(frozen=True, slots=True)
class _Endings:
    """Tokens that lengthen a new name, and those that end it: in the text that follows, and beyond that text.

    ``ids`` are all but the last; ``rests`` are what the tokens add to the name before they end it.
    """

    ids: Ids
    fixed: tuple[tuple[int, str], ...]
    further: tuple[tuple[int, str, bytes], ...]
    rests: frozenset[str]

    @classmethod
    def of(cls, names: Names, follow: Node, breaks: frozenset[int]) -> _Endings:
        """Sort the tokens that end a name by whether what follows it, a fixed text, takes them whole."""
        fixed = tuple((token, rest) for token, rest, beyond in names.beyond if follow.takes(beyond))
        further = tuple(each for each in names.beyond if _may_pass(follow, each[2], breaks))
        ids = np.sort(np.concatenate((names.pure, np.array([token for token, _ in fixed], dtype=np.int32))))
        rests = frozenset((*(rest for _, rest in fixed), *(rest for _, rest, _ in further)))
        return cls(ids, fixed, further, rests)


def _may_pass(node: Node, text: bytes, breaks: frozenset[int]) -> bool:
    """Return whether a text may go on after a fixed text from a node on, as far as that can be told there."""
    at, used = node.down(text)
    if at.event is None or used == len(text):
        return False
    first = firsts(at.event, breaks)
    return first is None or text[used] in first


class Masker:
    """Makes and keeps masks for one vocabulary."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._entries: dict[State, Entry] = {}
        self._fixed: dict[tuple[int, int], tuple[tuple[int, ...], tuple[tuple[Any, Place], ...]]] = {}
        self._whole: dict[tuple[int, frozenset[int]], Ids | None] = {}
        self._numbers: dict[tuple[Kind, str, int], tuple[tuple[int, ...], tuple[tuple[str, Place], ...]]] = {}
        self._closing: dict[tuple[bytes, bool, int, frozenset[int]], _Endings] = {}
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
            ids = self._ids(state)
            ids.setflags(write=False)  # they are handed out, and stand for every row in this state
            found = self._entries[state] = Entry(ids)
        return found

    def after(self, state: State, token: int) -> State | None:
        """Return the state after a token, ``None`` if it may not come."""
        entry = self.entry(state)
        if token not in entry.after:
            text = self.tokens.texts[token] if 0 <= token < len(self.tokens) else None
            if text is None:
                return None
            following = state.steps(text)
            if following is None and self._is_start(state) and len(text) > 1:  # a space alone could come again
                following = state.steps(text.removeprefix(b" "))
            if following is None:
                return None
            entry.after[token] = following
        return entry.after[token]

    def _is_start(self, state: State) -> bool:
        return self.tokens.leading and state is state.language.start()

    def _ids(self, state: State) -> Ids:
        spot, root = state.spot, self.tokens.root
        if isinstance(spot, Node) and spot.fixed and state.stage not in _EDGES:
            ids = self._alone(spot, state.language.breaks)
            if ids is not None:
                return ids
        found = _Found()
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
            case Node():
                self._worded(state, spot, place, found)
            case Choice(node=node):
                self._worded(state, node, place, found)
                self._counted(state, "", place, found)
            case Counting(text=text):
                self._counted(state, text, place, found)
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
        bytes_after = firsts(event, state.language.breaks)
        return bytes_after is None or any(self.tokens.down(place, byte) is not None for byte in bytes_after)

    def _over(self, state: State, value: Any, place: Place, found: _Found) -> None:
        """Go on below a place after a word or a number, if tokens end one there."""
        if value is None or not self._ends_words(place):
            return
        after = state.language.after(state, value)
        if after is not None:
            self._walk(after, place, found)

    def _ends_words(self, place: Place) -> bool:
        return any(self.tokens.down(place, byte) is not None for byte in ENDINGS)

    def _worded(self, state: State, node: Node, place: Place, found: _Found) -> None:
        """Add the tokens that go on with words of a list; no state is made before a word is over."""
        for byte, child in node.children.items():
            below = self.tokens.down(place, byte)
            if below is None:
                continue
            found.single += below.ids
            if child.event is not None:
                self._walk(state.language.arrive(state, child.event), below, found)
            else:
                self._worded(state, child, below, found)
        self._over(state, node.value, place, found)

    def _counted(self, state: State, text: str, place: Place, found: _Found) -> None:
        """Add the tokens that go on with a number; which those are is kept where it does not depend on the state."""
        kind = state.language.kind(state)
        if kind is not None:
            single, whole = self._counting(kind, text, place)
            found.single += single
            for number, below in whole:
                self._over(state, state.language.number(state, number), below, found)
            return
        for byte in NUMBER_BYTES:
            further = self.tokens.down(place, byte)
            after = state.step(byte) if further is not None else None
            if further is not None and after is not None:
                found.single += further.ids
                if further.low < further.high:
                    self._walk(after, further, found)

    def _counting(self, kind: Kind, text: str, place: Place) -> tuple[tuple[int, ...], tuple[tuple[str, Place], ...]]:
        """Return the tokens inside numbers of a kind, and the numbers after which longer tokens go on."""
        key = (kind, text, place.serial)
        if key not in self._numbers:
            if len(self._numbers) > _MOST_KEPT:
                self._numbers.clear()
            single: list[int] = []
            whole: list[tuple[str, Place]] = []
            for byte in NUMBER_BYTES:
                below = self.tokens.down(place, byte)
                if below is None or not kind_goes_on(kind, text, byte):
                    continue
                longer = text + chr(byte)
                inside, further = self._counting(kind, longer, below) if below.low < below.high else ((), ())
                single += (*below.ids, *inside)
                whole += (*([(longer, below)] if below.low < below.high else []), *further)
            self._numbers[key] = tuple(single), tuple(whole)
        return self._numbers[key]

    def _alone(self, node: Node, breaks: frozenset[int]) -> Ids | None:
        """Return the tokens that may follow a fixed text if that depends on nothing else."""
        key = (node.serial, breaks)
        if key not in self._whole:
            single, further = self._along(node, self.tokens.root)
            known = all(event in CLOSED and self._ends_before(below, breaks) for event, below in further)
            self._whole[key] = np.sort(np.array(single, dtype=np.int32)) if known else None
        return self._whole[key]

    def _ends_before(self, place: Place, breaks: frozenset[int]) -> bool:
        return all(self.tokens.down(place, byte) is None for byte in breaks)

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
        if state.stage is not Stage.LABEL and room > names.longest:
            found.many.append(self._new_names(state, text, prefix, names))
            return
        found.many.append(names.pure[names.lengths < room])
        brim = names.pure[names.lengths == room].tolist()
        found.single += [each for each in brim if self._is_name(state, text, each, len(prefix))]
        found.single += self._ended(state, text, [each for each in names.beyond if len(each[1]) <= room])

    def _new_names(self, state: State, text: str, prefix: bytes, names: Names) -> Ids:
        """Return the tokens that lengthen or end a name: the same for all that are not known and may be names."""
        language, known = state.language, state.scope.names
        after = language.after(state, language.unheard(state))
        assert after is not None and isinstance(after.spot, Node)
        key = (prefix, is_inside(text), after.spot.serial, language.breaks)
        if key not in self._closing:
            self._closing[key] = _Endings.of(names, after.spot, language.breaks)
        endings, ids = self._closing[key], self._closing[key].ids
        odd = {rest for rest in endings.rests if text + rest in known or not is_name(text + rest)}
        if odd:
            ids = np.delete(ids, np.searchsorted(ids, [token for token, rest in endings.fixed if rest in odd]))
        each = (*endings.further, *(end for end in names.beyond if end[1] in odd)) if odd else endings.further
        more = self._ended(state, text, each)
        return np.sort(np.append(ids, np.array(more, dtype=np.int32))) if more else ids

    def _ended(self, state: State, text: str, beyond: Iterable[tuple[int, str, bytes]]) -> list[int]:
        """Return the tokens that end a name which can stand where it is written, and go on with what can follow."""
        followed: dict[str, State | None] = {}
        found: list[int] = []
        for token, rest, further in beyond:
            if rest not in followed:
                value = state.language.name(state, text + rest)
                followed[rest] = state.language.after(state, value) if value is not None else None
            after = followed[rest]
            if after is not None and after.takes(further):
                found.append(token)
        return found

    def _is_name(self, state: State, text: str, token: int, skip: int) -> bool:
        """Return whether a name is whole with a token, so that it need not be longer."""
        rest = self.tokens.texts[token]
        return rest is not None and state.language.name(state, text + rest[skip:].decode()) is not None

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
