"""A row whose quantities are named by their order alone: n1, n2 for what is given, r1, r2 for what is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from tracedsl.diagnostics import Edit
from tracedsl.source import Source
from tracedsl.syntax import parse_source
from tracedsl.syntax.ast import Broken, Compute, Domain, Formula, Given, Init, Literal, Name, Query, State, Step, steps
from tracedsl.syntax.edits import apply_edits
from tracedsl.vocabulary import Vocabulary


def numbered_row(row: Mapping[str, Any], words: Vocabulary) -> dict[str, Any]:
    """Return a row with numbered names in its trace and its grounding."""
    text, names = numbered(str(row["trace"]), words)
    renamed = {**row, "trace": text}
    if "grounding" in row:
        renamed["grounding"] = [{**each, "var": names.get(each["var"], each["var"])} for each in row["grounding"]]
    return renamed


def numbered(text: str, words: Vocabulary) -> tuple[str, dict[str, str]]:
    """Return a valid trace with its names numbered in the order of writing, and which name stands for which.

    Sub-traces share the numbers, so what has one name in two of them still has one. Raises ``ValueError``.
    """
    document = parse_source(Source(text), words).document
    if document is None:
        raise ValueError("there is no trace in the text")
    names = dict[str, str]()
    edits, counts = [], {"n": 0, "r": 0}
    for kind, name in (pair for step in steps(document) for pair in _names(step)):
        if name.text not in names:
            counts[kind] += 1
            names[name.text] = f"{kind}{counts[kind]}"
        edits.append(Edit(name.span, names[name.text]))
    return apply_edits(text, edits), names


def _names(step: Step) -> Iterator[tuple[str, Name]]:
    """Yield the names of quantities in a step, each with the letter that it gets if it is new."""
    match step:
        case Init(var=var, value=value):
            yield "n" if isinstance(value, Literal) else "r", var
        case Given(values=values):
            yield from (("n", name) for name, _ in values)
        case Compute(args=args, var=var):
            yield from (("r", each) for each in (*args, var) if isinstance(each, Name))
        case Domain(slots=slots, var=result):
            yield from (("n", each) for _, each in slots if isinstance(each, Name))
            yield from (("r", each) for each in (result,) if each is not None)
        case State(assertions=assertions):
            yield from (("n", name) for name, _ in assertions)
        case Query(var=var):
            yield "n", var
        case Formula() | Broken():
            return
        case _:
            assert_never(step)
