"""The catalogue of diagnostics; the number of a code tells the stage that finds it."""

from __future__ import annotations

from functools import cache

from tracedsl.diagnostics import (
    completions,
    composition,
    curricula,
    lints,
    review,
    shape,
    text,
    values,
    vocabulary,
    wiring,
)
from tracedsl.diagnostics.base import (
    MOST_HINTS,
    MOST_NAMES,
    Diagnostic,
    Edit,
    Fix,
    Label,
    Severity,
    has_error,
    near,
    visible,
)

#: Every diagnostic, by code. A released code never changes its meaning.
CATALOGUE: dict[str, type[Diagnostic]] = {
    kind.code: kind
    for module in (text, completions, shape, vocabulary, wiring, values, composition, review, curricula, lints)
    for kind in module.DIAGNOSTICS
}


def selectors(kind: type[Diagnostic]) -> frozenset[str]:
    """Return what a diagnostic is selected or ignored by: its code, what that begins with, its name."""
    return _selectors(kind.code, kind.name)


@cache
def _selectors(code: str, name: str) -> frozenset[str]:
    return frozenset((*(code[:end] for end in range(1, len(code) + 1)), name))


def matches(kind: type[Diagnostic], code: str) -> bool:
    """Return whether a code, a prefix of one, or a name means this diagnostic."""
    return code in selectors(kind)


__all__ = [
    "CATALOGUE",
    "MOST_HINTS",
    "MOST_NAMES",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "completions",
    "composition",
    "curricula",
    "has_error",
    "lints",
    "matches",
    "near",
    "review",
    "selectors",
    "shape",
    "text",
    "values",
    "visible",
    "vocabulary",
    "wiring",
]
