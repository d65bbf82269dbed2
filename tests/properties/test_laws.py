"""The laws of the language, over arbitrary valid documents."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import strategies
from tests.evaluator import evaluate
from tracedsl.diagnostics import Severity
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, read_number, show, show_number, spell, whole
from tracedsl.pipeline import examine_text
from tracedsl.primitives import PRIMITIVES, Fault
from tracedsl.reading import Node
from tracedsl.results import result_of
from tracedsl.source import Source
from tracedsl.syntax import parse_source
from tracedsl.syntax.ast import Document, Formula, Given, State, steps
from tracedsl.syntax.comments import comments
from tracedsl.syntax.fast import read_fast
from tracedsl.syntax.formatting import format_document, format_with_comments
from tracedsl.vocabulary import default


@given(strategies.documents)
def test_parsing_formatted_text_gives_the_document_back(document: Document) -> None:
    parsed = parse_source(Source(format_document(document)), default())
    assert parsed.document == document


@given(strategies.documents)
def test_formatting_is_idempotent(document: Document) -> None:
    text = format_document(document)
    parsed = parse_source(Source(text), default(), tree=True)
    assert parsed.document is not None and parsed.root is not None
    assert format_document(parsed.document) == text
    assert format_with_comments(parsed.document, text, parsed.root) == text


@given(strategies.documents)
def test_every_spelling_means_the_same(document: Document) -> None:
    text = format_document(document)
    tree = strategies.tree(text)
    for other in (
        strategies.block(tree),
        strategies.quoted(tree),
        strategies.commented(text),
        strategies.as_json(text),
    ):
        assert strategies.tree(other) == tree
        assert parse_source(Source(other), default()).document == document


@given(strategies.documents)
def test_formatting_keeps_every_comment(document: Document) -> None:
    text = strategies.commented(format_document(document))
    parsed = parse_source(Source(text), default(), tree=True)
    assert parsed.document is not None and parsed.root is not None
    formatted = format_with_comments(parsed.document, text, parsed.root)
    again = parse_source(Source(formatted), default(), tree=True)
    assert again.document is not None and again.document == document and again.root is not None
    assert _comments(formatted, again.root) == _comments(text, parsed.root)
    assert format_with_comments(again.document, formatted, again.root) == formatted


def _comments(text: str, root: Node) -> list[str]:
    return [text[span.start : span.end] for span in comments(text, root)]


@settings(max_examples=300)
@given(strategies.documents)
def test_a_valid_document_runs_to_the_exact_value(document: Document) -> None:
    report = examine_text(Source(format_document(document)), default())
    assert [fault.code for fault in report.errors if fault.code != "T510"] == []
    number = report.execution.number(report.graph.result) if report.execution and report.graph else None
    assert number is not None and number.value == evaluate(document)
    assert result_of(report).answer == show_number(number)


@given(strategies.documents)
def test_warnings_do_not_stop_a_run(document: Document) -> None:
    report = examine_text(Source(format_document(document)), default())
    assert result_of(report).ok
    assert all(fault.severity is Severity.WARNING or fault.code == "T510" for fault in report.diagnostics)


@given(strategies.values, st.booleans())
def test_a_shown_number_reads_back(value: int | Fraction, percent: bool) -> None:
    number = Number(value, percent)
    assert read_number(spell(number)) == number


@given(
    st.from_regex(
        r"\A-?\$?([0-9]{1,12}(,[0-9]{3}){0,3}(\.[0-9]{1,9})?|([0-9]{1,9} )?[0-9]{1,9}/[0-9]{1,9}|\.[0-9]{1,20})%?\Z"
    )
)
def test_what_is_read_is_shown_in_a_form_that_reads_the_same(text: str) -> None:
    number = read_number(text)
    if isinstance(number, Number):
        assert read_number(spell(number)) == number


@given(st.text(st.characters(categories=["Nd"]), min_size=1))
def test_only_ascii_digits_are_digits(text: str) -> None:
    assert (read_number(text) is not None) == text.isascii()


@given(st.sampled_from(sorted(PRIMITIVES)), st.lists(strategies.values, min_size=1, max_size=3))
def test_a_value_is_an_int_exactly_where_it_is_whole(op: str, args: list[int | Fraction]) -> None:
    primitive = PRIMITIVES[op]
    if primitive.takes(len(args)):
        value = primitive.apply(tuple(args), 4096)
        assert isinstance(value, Fault | int) or value.denominator > 1


@given(strategies.values)
def test_a_value_is_shown_exactly(value: int | Fraction) -> None:
    assert Fraction(show(value)) == value
    long = value * Fraction(21, 20) ** 20
    assert (Fraction(show(long)) == long and "/" not in show(whole(long))) or value != int(value)


_EDITS = (
    "",
    " ",
    "\n",
    "#",
    ",",
    "'",
    "- ",
    "0",
    "a",
    "{",
    "}",
    "[",
    ":",
    "no",
    "prev",
    "\t",
    "\r",
    "é",
    "\x85",
    "%",
    "/",
    ".",
)


@settings(max_examples=400)
@given(
    strategies.traces() | strategies.compositions(),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 6), st.sampled_from(_EDITS)), max_size=2),
)
def test_the_fast_reader_gives_what_the_tree_reader_gives_or_nothing(
    document: Document, in_block: bool, edits: list[tuple[int, int, str]]
) -> None:
    text = format_document(document)
    text = strategies.block(strategies.tree(text)) if in_block else text
    for at, length, content in edits:
        at %= len(text) + 1
        text = text[:at] + content + text[at + length :]
    fast = read_fast(text, default(), DEFAULT)
    if fast is not None:
        slow = parse_source(Source(text), default(), tree=True)
        assert slow.diagnostics == ()
        assert repr(fast) == repr(slow.document)  # spans take no part in equality, but in this


@given(strategies.traces() | strategies.compositions())
def test_the_fast_reader_takes_canonical_text_and_block_style(document: Document) -> None:
    plain = not any(isinstance(step, Given | State | Formula) for step in steps(document))
    text = format_document(document)
    assert (read_fast(text, default(), DEFAULT) is not None) == plain
    assert (read_fast(strategies.block(strategies.tree(text)), default(), DEFAULT) is not None) == plain
