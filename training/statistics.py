"""Shares with their intervals, and whether two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt
from statistics import stdev
from typing import NamedTuple

from scipy.stats import binomtest, norm, t


class Share(NamedTuple):
    """``hits`` of ``n``, with Wilson's interval, of 95 % unless another level was asked for."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.hits / self.n if self.n else 0.0

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})" if self.n else "-"


def share(hits: int, n: int, level: float = 0.95) -> Share:
    """Return a share with its interval (E. B. Wilson, 1927)."""
    if not n:
        return Share(0, 0, 0.0, 1.0)
    found = binomtest(hits, n).proportion_ci(confidence_level=level, method="wilson")
    return Share(hits, n, float(found.low), float(found.high))


def difference(first: Share, second: Share) -> tuple[float, float, float]:
    """Return by how much a share exceeds another of other rows, and an interval (R. G. Newcombe, 1998)."""
    by = first.share - second.share
    down = hypot(first.share - first.low, second.high - second.share)
    up = hypot(first.high - first.share, second.share - second.low)
    return by, by - down, by + up


def by_pairs(pairs: Sequence[tuple[Share, Share]]) -> tuple[float, float, float]:
    """Return by how much the first of each pair exceeds the second on average, and an interval of 95 %.

    At least two pairs, which are independent while the rows of one need not be (Student, 1908). It is no
    narrower than as many independent rows would make it: pairs may differ by the same amount by chance.
    """
    differences = [first.share - second.share for first, second in pairs]
    mean, count = sum(differences) / len(differences), len(differences)
    of_rows = sum(each.share * (1 - each.share) / each.n for pair in pairs for each in pair) / count**2
    width = max(
        float(t.ppf(0.975, count - 1)) * stdev(differences) / sqrt(count), float(norm.ppf(0.975)) * sqrt(of_rows)
    )
    return mean, mean - width, mean + width


class Paired(NamedTuple):
    """Two runs on the same rows: how many only one of them has right, and how likely that is by chance."""

    n: int
    only_first: int
    only_second: int
    p: float


def paired(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare two runs row by row by McNemar's exact test (Q. McNemar, 1947)."""
    one = sum(a and not b for a, b in zip(first, second, strict=True))
    other = sum(b and not a for a, b in zip(first, second, strict=True))
    p = float(binomtest(one, one + other).pvalue) if one + other else 1.0
    return Paired(len(first), one, other, p)


def corrected(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (S. Holm, 1979)."""
    order, worst, found = sorted(range(len(values)), key=values.__getitem__), 0.0, [1.0] * len(values)
    for rank, at in enumerate(order):
        worst = max(worst, min(1.0, values[at] * (len(values) - rank)))
        found[at] = worst
    return found
