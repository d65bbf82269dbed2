"""Random walks under a constraint: a test of a vocabulary with an expert, and of the constraint."""

from __future__ import annotations

from random import Random

import numpy as np

from tracedsl.decoding.constraint import Constraint
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
        ids = row.allowed
        if spread:
            token = int(ids[np.argmax(noise.normal(scale=spread, size=len(ids)) + noise.gumbel(size=len(ids)))])
        else:
            token = int(ids[random.randrange(len(ids))])
        written.append(token)
        row = row.after(token)
    return Walk(constraint.tokens.decode(written), len(written), row.ended)
