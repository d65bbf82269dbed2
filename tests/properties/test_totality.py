"""Every text, however wrong, ends in a report; fixes and formatting keep what a document means."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import strategies
from tracedsl.cli.fixing import fixed
from tracedsl.cli.settings import Settings
from tracedsl.inputs import Item, items
from tracedsl.limits import DEFAULT
from tracedsl.pipeline import Report, examine_item, examine_text
from tracedsl.render.json import diagnostic_data
from tracedsl.render.text import PLAIN, render_concise, render_full
from tracedsl.source import Source
from tracedsl.syntax.ast import Document, State, steps
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

WORDS = (
    "expert",
    "trace",
    "op",
    "init",
    "compute",
    "query",
    "var",
    "value",
    "args",
    "source",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\n",
    "  ",
)
SETTINGS = Settings(default(), (), DEFAULT, (), (), False, PLAIN)

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=30).map("".join),
    st.builds(
        lambda document, at, length, new: (lambda text: text[: at % len(text)] + new + text[at % len(text) + length :])(
            format_document(document)
        ),
        strategies.documents,
        st.integers(0, 5000),
        st.integers(0, 12),
        st.text(max_size=5) | st.sampled_from(WORDS),
    ),
)


def shown(report: Report) -> None:
    """Render a report in every form; all of it must be there and print."""
    for fault in report.diagnostics:
        full = render_full(fault, report.source)
        assert fault.code in full and fault.code in render_concise(fault, report.source)
        assert all(line.isprintable() for line in full.split("\n"))
        data = diagnostic_data(fault, report.source)
        assert 1 <= data["start"]["line"] <= data["end"]["line"] and data["start"]["offset"] <= data["end"]["offset"]


@settings(max_examples=500)
@given(texts)
def test_any_text_ends_in_a_report(text: str) -> None:
    report = examine_text(Source(text), default())
    assert report.answer is None or {fault.code for fault in report.errors} <= {"T510"}
    assert report.document is not None or report.errors
    shown(report)


@settings(max_examples=200)
@given(
    st.one_of(st.binary(max_size=80), texts.map(lambda text: text.encode("utf-8", "replace"))),
    st.sampled_from(("a.yaml", "a.jsonl")),
)
def test_any_bytes_end_in_reports(raw: bytes, name: str) -> None:
    for item in items(io.BytesIO(raw), name, DEFAULT):
        shown(examine_item(item, default()))


@given(strategies.documents, st.data())
def test_safe_fixes_keep_the_value_of_a_document(document: Document, data: st.DataObject) -> None:
    text = format_document(document)
    for written, other in (
        (", source: ", ", from: "),
        ("transfer, from: ", "transfer, from_entity: "),
        (", to: ", ", to_entity: "),
    ):
        text = text.replace(written, other) if data.draw(st.booleans()) else text
    before = examine_text(Source(text), default())
    repaired = fixed(Item(Source(text)), SETTINGS, unsafe=False) or text
    after = examine_text(Source(repaired), default())
    assert before.execution is not None and after.execution is not None
    assert after.execution.number(after.execution.graph.result) == before.execution.number(
        before.execution.graph.result
    )
    assert not any(fault.edits and fault.safe for fault in after.diagnostics)
    assert fixed(Item(Source(repaired)), SETTINGS, unsafe=False) is None


@given(strategies.traces())
def test_unsafe_fixes_end_and_keep_the_value_too(document: Document) -> None:
    text = format_document(document)
    repaired = fixed(Item(Source(text)), SETTINGS, unsafe=True) or text
    before, after = examine_text(Source(text), default()), examine_text(Source(repaired), default())
    assert after.answer == before.answer
    if not any(isinstance(step, State) for step in steps(document)):  # a claim holds what it speaks of
        assert not {"T803", "T804", "T901"} & {fault.code for fault in after.diagnostics}
