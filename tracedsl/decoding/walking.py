"""Random walks under a constraint: a test of a vocabulary with an expert, and of the constraint."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt

from tracedsl.decoding.constraint import Constraint
from tracedsl.decoding.tokens import Ids
from tracedsl.record import record


@record
class Walk:
    """A text written at random; ``ended`` says that it ended by itself, within its budget."""

    text: str
    tokens: int
    ended: bool


def walk(constraint: Constraint, seed: str, *, spread: float = 0.0) -> Walk:
    """Write a text by random tokens.

    With a ``spread`` of 0 all allowed tokens are equally likely; else each token of the
    vocabulary has a random logit of that standard deviation at each step, as a model might.
    """
    random, written = Random(seed), list[int]()
    noise = np.random.default_rng(list(seed.encode()))
    row = constraint.start()
    while not row.ended and (constraint.budget is None or len(written) < constraint.budget):
        ids = row.choices
        weights = noise.normal(scale=spread, size=len(ids)) + noise.gumbel(size=len(ids)) if spread else None
        at = _drawn(random, ids, weights)
        if not row.fits(int(ids[at])):  # among those that do the odds stay as they were
            fitting = np.isin(ids, row.allowed, assume_unique=True)
            ids, weights = ids[fitting], weights[fitting] if weights is not None else None
            at = _drawn(random, ids, weights)
        token = int(ids[at])
        written.append(token)
        row = row.after(token)
    return Walk(constraint.tokens.decode(written), len(written), row.ended)


def _drawn(random: Random, ids: Ids, weights: npt.NDArray[np.float64] | None) -> int:
    return random.randrange(len(ids)) if weights is None else int(np.argmax(weights))
