"""A constraint for one vocabulary: which token may come next, within a budget of tokens.

    constraint = Constraint(from_transformers(tokenizer), budget=256)
    row = constraint.start()
    row.allowed            # ids of the tokens that may come
    row = row.after(token)

A row is immutable, so beams and batches can share and branch it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tracedsl.decoding.completion import completion
from tracedsl.decoding.language import Language
from tracedsl.decoding.lexing import is_inside
from tracedsl.decoding.masks import Masker
from tracedsl.decoding.options import ANY, Options
from tracedsl.decoding.states import OPEN, Free, Naming, State
from tracedsl.decoding.tokens import Ids, Tokens
from tracedsl.decoding.tries import Node
from tracedsl.record import entity
from tracedsl.vocabulary import Vocabulary

#: With so few tokens to spare a row keeps the way to the end that it knows.
_CLOSE = 24
_MOST_KNOWN = 50_000


@entity
class Row:
    """A text in writing: its state, the tokens left (``None``: no budget), and a known way to the end."""

    constraint: Constraint
    state: State | None
    left: int | None
    way: tuple[int, ...] | None = None

    @property
    def ended(self) -> bool:
        """Whether the end of the text has been written."""
        return self.state is None

    @property
    def allowed(self) -> Ids:
        """The ids of the tokens that may come; never empty before the end."""
        return self.constraint.allowed(self)

    @property
    def choices(self) -> Ids:
        """The ids of the tokens that may come if the budget were larger: quicker than ``allowed``, and no fewer."""
        if self.state is None:
            return self.allowed
        return self.constraint.masker.entry(self.state).ids

    def fits(self, token: int) -> bool:
        """Return whether the text can still end within the budget after one of the choices."""
        return self.constraint.fits(self, token)

    def affords(self, tokens: Sequence[int]) -> bool:
        """Return whether the text can still end within the budget after some tokens that may come."""
        row = self
        for token in tokens:
            row = row.after(token)
        return row.left is None or row.state is None or row.constraint.cost(row.state) < row.left

    def after(self, token: int) -> Row:
        """Return the row after a token; one that may not come is a ValueError."""
        return self.constraint.after(self, token)


_IMPOSSIBLE = "no trace is possible under these options"


class Constraint:
    """What `Options` allow of a vocabulary of tokens, and how many of them.

    ``budget`` counts tokens with the one that ends the text; a text under a budget always ends
    within it. One too small for any trace is a ValueError.
    """

    def __init__(
        self,
        tokens: Tokens | Masker,
        options: Options = ANY,
        *,
        vocabulary: Vocabulary | None = None,
        budget: int | None = None,
    ) -> None:
        self.masker = tokens if isinstance(tokens, Masker) else Masker(tokens)
        self.tokens = self.masker.tokens
        self.language = Language(vocabulary, options)
        self.budget = budget
        self._known: dict[State | Free, int] = {}
        if not self.language.start().allowed:
            raise ValueError(_IMPOSSIBLE)
        if budget is not None and budget < (least := self._least()):
            raise ValueError(f"no trace fits a budget of {budget} tokens; the shortest known takes {least}")

    def _least(self) -> int:
        try:
            return self.cost(self.language.start())
        except ValueError as error:  # nothing completes what may be begun
            raise ValueError(_IMPOSSIBLE) from error

    def start(self) -> Row:
        """Return the row before the first token."""
        return self._row(self.language.start(), self.budget, None)

    def row(self, ids: Iterable[int]) -> Row:
        """Return the row after some tokens."""
        row = self.start()
        for token in ids:
            row = row.after(token)
        return row

    def allowed(self, row: Row) -> Ids:
        """Return the ids of the tokens that may come in a row."""
        if row.state is None:
            return self.tokens.end_ids
        ids = self.masker.entry(row.state).ids
        if row.left is None:
            return ids
        kept = ids[self._costs(row.state) < row.left]
        if row.way is None and len(kept):
            return kept
        first = (row.way or self._way(row.state))[0]  # costs are bounds: the way that is known may be all that fits
        return kept if first in kept else np.sort(np.append(kept, np.int32(first)))

    def fits(self, row: Row, token: int) -> bool:
        """Return whether a text can still end within its budget after one of the choices."""
        if row.left is None or row.state is None or (row.way and row.way[0] == token):
            return True
        return self._cost_after(row.state, token) < row.left

    def after(self, row: Row, token: int) -> Row:
        """Return the row after a token."""
        left = row.left - 1 if row.left is not None else None
        if row.state is None or (token in self.tokens.ends and row.state.complete):
            return Row(self, None, left)
        state = self.masker.after(row.state, token)
        if state is None:
            raise ValueError(f"the token {token} may not come here")
        way = row.way[1:] if row.way and row.way[0] == token else None
        return self._row(state, left, way)

    def _row(self, state: State, left: int | None, way: tuple[int, ...] | None) -> Row:
        if left is None or (way is None and self.cost(state) + _CLOSE < left):
            return Row(self, state, left)
        return Row(self, state, left, way or self._way(state))

    def _way(self, state: State) -> tuple[int, ...]:
        """Return the tokens of a known completion, and of the end."""
        found = [self.tokens.fewest(part.encode()) for part in completion(state)]
        return (*(token for part in found for token in part), self.tokens.ends[0])

    def cost(self, state: State) -> int:
        """Return how many tokens a known completion takes, the end included."""
        key = state.spot if isinstance(state.spot, Free) else state  # before the opening nothing else matters
        if key not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[key] = 1 + sum(len(self.tokens.fewest(part.encode())) for part in completion(state))
        return self._known[key]

    def _costs(self, state: State) -> Ids:
        """Return for each token that may follow a state what completing the text after it takes."""
        entry = self.masker.entry(state)
        if entry.costs is None:
            entry.costs = self._find_costs(state, entry.ids)
        return entry.costs

    def _find_costs(self, state: State, ids: Ids) -> Ids:
        if isinstance(state.spot, Free):
            return self._free_costs(state, ids)
        naming, before = _naming(state)
        if naming is None:
            return self._each(state, ids)
        pure = self.tokens.names_after(before, inside=isinstance(naming.spot, Naming) and is_inside(naming.spot.text))
        lengthen = np.isin(ids, pure, assume_unique=True)
        costs = np.empty(len(ids), dtype=np.int32)
        costs[lengthen] = self._naming_costs(naming, self.tokens.lengths[ids[lengthen]] - len(before))
        costs[~lengthen] = self._each(state, ids[~lengthen])
        return costs

    def _free_costs(self, state: State, ids: Ids) -> Ids:
        """Count the whole opening anew after a token of free text, which may have broken it off."""
        free = np.isin(ids, self.masker.free(state)[0], assume_unique=True)
        costs = np.full(len(ids), self.cost(state) + len(self.language.opening), dtype=np.int32)
        costs[~free] = self._each(state, ids[~free])
        return costs

    def _each(self, state: State, ids: Ids) -> Ids:
        return np.array([self._cost_after(state, token) for token in ids.tolist()], dtype=np.int32)

    def _cost_after(self, state: State, token: int) -> int:
        if token in self.tokens.ends:
            return 0
        after = self.masker.after(state, token)
        return self.cost(after) if after is not None else 1 << 30

    def _naming_costs(self, state: State, lengths: Ids) -> Ids:
        """Count a name in writing by its bytes wherever the completion repeats it.

        Tokens that only lengthen the name then cost alike by their length; two letters more end any.
        """
        parts = completion(state, opened=True)
        copies = sum(part.count(OPEN) for part in parts)
        fixed = sum(len(self.tokens.fewest(piece.encode())) for part in parts[1:] for piece in part.split(OPEN))
        assert isinstance(state.spot, Naming)
        return 3 + fixed + copies * (len(state.spot.text) + lengths + 2)


def _naming(state: State) -> tuple[State | None, bytes]:
    """Return the state in which a name is in writing, now or after a text that must come first."""
    spot = state.spot
    if isinstance(spot, Naming):
        return state, b""
    leaves = list(spot.leaves()) if isinstance(spot, Node) and spot.fixed else []
    if len(leaves) != 1 or leaves[0][1].event is None or not leaves[0][0]:
        return None, b""
    text, leaf = leaves[0]
    after = state.language.arrive(state, leaf.event)
    return (after, text) if isinstance(after.spot, Naming) else (None, b"")
