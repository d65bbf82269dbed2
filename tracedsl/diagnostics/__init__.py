"""The catalogue of diagnostics; the number of a code tells the stage that finds it."""

from __future__ import annotations

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
from tracedsl.diagnostics.base import MOST_HINTS, Diagnostic, Edit, Fix, Label, Severity, has_error, near, visible

#: Every diagnostic, by code. A released code never changes its meaning.
CATALOGUE: dict[str, type[Diagnostic]] = {
    kind.code: kind
    for module in (text, completions, shape, vocabulary, wiring, values, composition, review, curricula, lints)
    for kind in module.DIAGNOSTICS
}


def matches(kind: type[Diagnostic], code: str) -> bool:
    """Return whether a code, a prefix of one, or a name means this diagnostic."""
    return kind.code.startswith(code) or kind.name == code


__all__ = [
    "CATALOGUE",
    "MOST_HINTS",
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
    "shape",
    "text",
    "values",
    "visible",
    "vocabulary",
    "wiring",
]
