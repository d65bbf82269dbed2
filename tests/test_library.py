"""The library's door, and how things show themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import tracedsl
from tracedsl.graph import VerifiedGraph
from tracedsl.picture import Arrow, Box, Look, Picture, to_dot, to_mermaid, to_svg
from tracedsl.syntax.ast import Trace

TRACE = """\
expert: arithmetic
trace:
- {op: init, var: price, value: 12}
- {op: compute, compute_op: mul, args: [price, 3], var: total}
- {op: query, var: total}
"""
BROKEN = [
    TRACE.replace("[price, 3]", "[prise, 3]"),
    TRACE.replace("arithmetic", "percentage"),
    TRACE.replace("arithmetic", "arithmetics"),
    TRACE.replace("query, var: total", "query, var: price"),
    TRACE.replace("value: 12", "value: 12, extra: 1"),
    TRACE + "- {op: query, var: total}\n",
    TRACE.replace("12", "12%"),
    TRACE.replace("mul, args: [price, 3]", "sqrt, args: [price, 3]"),
    "title: x\n" + TRACE,
]


def test_the_stages_one_by_one() -> None:
    parsed = tracedsl.parse(TRACE)
    verified = tracedsl.verify(tracedsl.compile(parsed))
    assert isinstance(parsed.document, Trace) and isinstance(verified.graph, VerifiedGraph)
    execution = tracedsl.execute(verified.graph)
    assert execution.answer is not None and execution.answer.value == 36


@pytest.mark.parametrize("text", BROKEN)
def test_no_graph_with_an_error_in_any_stage_can_be_executed(text: str) -> None:
    parsed = tracedsl.parse(text)
    if parsed.document is not None:
        assert tracedsl.verify(tracedsl.compile(parsed)).graph is None
    result = tracedsl.run(text)
    assert not result.ok and result.answer is None and result.report.errors


def test_text_that_is_no_document_cannot_be_compiled_or_formatted() -> None:
    with pytest.raises(ValueError, match="no document"):
        tracedsl.compile(tracedsl.parse("just words"))
    with pytest.raises(ValueError, match="cannot be formatted"):
        tracedsl.format("just words")
    assert tracedsl.format(TRACE.replace("{op: query, var: total}", "{var: total, op: query}")) == TRACE


def test_an_answer_that_is_wrong_does_not_stop_a_run() -> None:
    result = tracedsl.run("answer: 1\n" + TRACE)
    assert result.ok and result.answer == "36"
    assert [fault.code for fault in result.report.diagnostics] == ["T510"]


@pytest.mark.parametrize("stage", ["document", "graph", "execution", "report", "result"])
def test_notebooks_get_pictures(stage: str) -> None:
    result = tracedsl.run(TRACE)
    shown = {"report": result.report, "result": result}.get(stage) or getattr(result.report, stage)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/vnd.mermaid"].startswith("flowchart TD\n")
    assert bundle["image/svg+xml"].startswith("<svg ") and "price" in bundle["image/svg+xml"]
    assert bundle["text/plain"].startswith(type(shown).__name__)


@pytest.mark.parametrize("write", [to_svg, to_mermaid, to_dot])
def test_pictures_escape_what_they_show(write: Callable[[Picture], str]) -> None:
    nasty = '</text><script>alert("1")</script>\n\\'
    text = write(Picture((Box(nasty, nasty, Look.GIVEN, nasty), Box("b", "", Look.ASKED)), (Arrow(0, 1, nasty),)))
    assert "<script>" not in text.replace('\\"', "") or write is to_dot
    assert text.count("\n") == write(
        Picture((Box("a", "a", Look.GIVEN, "a"), Box("b", "", Look.ASKED)), (Arrow(0, 1, "a"),))
    ).count("\n")


def test_unknown_names_of_the_package_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        tracedsl.chekc  # noqa: B018
