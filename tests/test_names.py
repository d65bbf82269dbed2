"""Numbered names: another spelling of the same trace."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from tracedsl import check, strategies
from tracedsl import run as run_trace
from tracedsl.forms import wiring_of
from tracedsl.pipeline import examine_text
from tracedsl.rewriting.names import numbered, numbered_row
from tracedsl.sampling import Drawn
from tracedsl.source import Source
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default


@given(strategies.documents().map(format_document) | strategies.examples().map(lambda drawn: drawn.trace))
def test_a_trace_means_the_same_under_numbered_names(text: str) -> None:
    renamed, names = numbered(text, default())
    assert not check(renamed).errors
    assert run_trace(renamed).answer == run_trace(text).answer
    assert wiring(renamed) == wiring(text)
    assert len(set(names.values())) == len(names)
    for letter in "nr":
        numbers = [int(name[1:]) for name in names.values() if name[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1))
    assert numbered(renamed, default()) == (renamed, {name: name for name in names.values()})


@given(strategies.examples("price_chain"))
def test_what_is_given_and_what_is_computed_have_letters_of_their_own(drawn: Drawn) -> None:
    renamed, _ = numbered(drawn.trace, default())
    assert re.findall(r"var: (\w+)", renamed) == ["n1", "n2", "n3", "r1", "r2", "r2"]


def test_a_row_keeps_its_grounding() -> None:
    trace = "expert: arithmetic\ntrace:\n- {op: init, var: eggs, value: 9}\n- {op: query, var: eggs}\n"
    row = {"question": "9 eggs?", "trace": trace, "grounding": [{"var": "eggs", "value": "9"}]}
    renamed = numbered_row(row, default())
    assert renamed["grounding"] == [{"var": "n1", "value": "9"}]
    assert renamed["question"] == "9 eggs?" and "n1" in renamed["trace"] and "eggs" not in renamed["trace"]


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="no trace"):
        numbered("- ", default())


def wiring(text: str) -> str:
    graph = examine_text(Source(text), default()).graph
    assert graph is not None
    return wiring_of(graph)
