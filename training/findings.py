"""What the report found of its runs, and whether it holds of ours: a part of `training.repeat`.

A finding says that one run is better than another on fresh rows: more right answers, of all rows or of
one expert's, or fewer failures of a class. It holds where the interval of the differences, seed by seed,
of 95 % for each finding by itself, lies above 0. The others of the nine want no two runs: that an expert's
steps are its own (4) is so in every run, and rows that would be cut off (9) are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from training.statistics import Share, by_pairs, share

Found = dict[str, dict[str, Any]]

#: Percent of right answers that the report gives, on the rows that its models were trained on.
REPORTED: dict[str, dict[str, int]] = {
    "run1": {"percentage": 88, "all": 93},
    "run1_verbose": {"all": 70},
    "run2": {"arithmetic": 98, "comparison": 80, "entity_track": 98, "percentage": 100, "rate_equation": 98, "all": 95},
    "run3": {"arithmetic": 95, "comparison": 78, "entity_track": 94, "percentage": 100, "rate_equation": 86, "all": 91},
    "run4": {"all": 85},
    "run5": {"all": 80},
    "run6": {
        "arithmetic": 95,
        "comparison": 90,
        "entity_track": 96,
        "percentage": 100,
        "rate_equation": 100,
        "all": 95,
    },
    "run7": {
        "arithmetic": 96,
        "comparison": 100,
        "composition": 92,
        "entity_track": 95,
        "percentage": 100,
        "rate_equation": 100,
        "all": 97,
    },
    "run7a": {"all": 65},
    "run7b": {"all": 75},
}


class Finding(NamedTuple):
    """A finding of the report by its number: the better run and the worse, and what shows it."""

    number: int
    says: str
    better: str
    worse: str
    expert: str | None = None
    fewer: str | None = None  # of this class of failures, instead of more right answers
    rl: bool = False  # two runs that differ in their rewards alone


FINDINGS = (
    Finding(1, "no way past the experts", "run3_graded", "run3", "rate_equation", rl=True),
    Finding(2, "one shape and one set of names for an expert", "run6", "run3", "comparison"),
    Finding(3, "one template where rows are few", "run3", "run4", "comparison"),
    Finding(5, "less reward for a short circuit", "run3_graded", "run3", fewer="short-circuit", rl=True),
    Finding(6, "no formula steps", "run2", "run1", "rate_equation"),
    Finding(7, "steps of a domain, not computed by hand", "run2", "run1", "percentage"),
    Finding(8, "a short system prompt", "run1", "run1_verbose"),
)


def verdicts(found: Mapping[str, Sequence[Found]], *, rl: bool) -> Iterator[str]:
    """Yield a line for each finding both of whose runs were repeated with at least two seeds."""
    for each in FINDINGS:
        pairs = zip(*(_shares(found.get(name, ()), each) for name in (each.better, each.worse)), strict=False)
        both = [(one, other) for one, other in pairs if one is not None and other is not None]
        if len(both) > 1 and (rl or not each.rl):
            yield _verdict(each, *(100 * bound for bound in by_pairs(both)))


def _verdict(finding: Finding, by: float, low: float, high: float) -> str:
    word = "holds" if low > 0 else "the contrary holds" if high < 0 else "not held"
    of = " ".join(filter(None, (finding.expert, finding.fewer and f"fewer {finding.fewer}")))
    told = f"{finding.better} against {finding.worse}, {of or 'all'}: {by:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"finding {finding.number}, {finding.says}: {word}; {told}"


def _shares(runs: Sequence[Found], finding: Finding) -> list[Share | None]:
    """Return for each seed the share that a finding is about; ``None`` where an expert has no rows."""
    told = [each["fresh"] for each in runs]
    if finding.fewer is not None:
        return [share(each["rows"] - each["failures"].get(finding.fewer, 0), each["rows"]) for each in told]
    told = [each if finding.expert is None else each["experts"].get(finding.expert) for each in told]
    return [right(each) if each is not None else None for each in told]


def right(told: Mapping[str, Any]) -> Share:
    """Return the share of right answers that a summary, or its part of one expert, tells."""
    return share(told["correct"]["hits"], told["correct"]["n"])
