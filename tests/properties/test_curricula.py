"""Laws of patterns, of the library's strategies and of fuzzing."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluator import Undefined, evaluate
from tracedsl import strategies
from tracedsl.cli import main
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_row, examine_text
from tracedsl.proving import Prover
from tracedsl.sampling import Drawn
from tracedsl.source import Source
from tracedsl.strategies import FAULTS, BrokenTrace
from tracedsl.syntax import parse_source
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

PATTERNS = sorted(shipped().patterns)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_draw_of_a_pattern_is_proved(name: str) -> None:
    """The strategy itself proves each draw; an independent evaluator agrees about the answer."""

    @settings(max_examples=12)
    @given(strategies.examples(name))
    def proved(drawn: Drawn) -> None:
        document = parse_source(Source(drawn.trace), default()).document
        assert document is not None and format_document(document) == drawn.trace
        assert evaluate(document) == drawn.answer

    proved()


@settings(max_examples=200)
@given(strategies.broken_traces())
def test_each_named_fault_earns_its_own_code(broken: BrokenTrace) -> None:
    assert broken.code in {fault.code for fault in examine_text(Source(broken.text), default()).errors}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_can_be_asked_for(code: str) -> None:
    @settings(max_examples=10)
    @given(strategies.broken_traces(code))
    def earned(broken: BrokenTrace) -> None:
        assert broken.code == code
        assert code in {fault.code for fault in examine_text(Source(broken.text), default()).errors}

    earned()


@given(strategies.traces())
def test_no_valid_trace_earns_an_error(text: str) -> None:
    assert examine_text(Source(text), default()).errors == ()


@given(strategies.traces(decodable=True))
def test_decodable_traces_have_no_steps_that_are_only_read(text: str) -> None:
    assert not any(f"op: {step}" in text for step in ("given", "state", "formula", "compare"))


@given(strategies.traces(experts=["percentage"], compositions=False))
def test_strategies_can_be_narrowed(text: str) -> None:
    assert text.startswith("expert: percentage\n")


@given(strategies.questions("two_products"))
def test_questions_of_a_pattern(question: str) -> None:
    assert "$" in question and question.endswith("?")


@given(st.sampled_from(PATTERNS).flatmap(strategies.examples))
def test_answers_are_shown_exactly(drawn: Drawn) -> None:
    assert show(drawn.answer)


FALSE_LAWS = """\
kind: expert
name: shelf
laws:
- "give(take(stock, pieces), pieces) == stock"
- "surcharge(price, extra) - price == extra"
operations:
  take:
    slots: {stock: entity, pieces: number}
    updates: {stock: "max(stock - pieces, 0)"}
  give:
    slots: {stock: entity, pieces: number}
    updates: {stock: stock + pieces}
  unit_price:
    slots: {price: number, pieces: number}
    defines: price / pieces
    monotone: {pieces: increasing}
  surcharge:
    slots: {price: number, extra: number}
    defines: price + extra + 1
"""


def test_fuzz_finds_false_laws_and_prints_traces_that_check_explains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shelf.yaml").write_text(FALSE_LAWS)
    own = ["--experts", str(tmp_path)]
    assert main(["fuzz", *own, "--budget", "0s"]) == 1
    shown = capsys.readouterr().out
    assert "4 of" in shown
    traces = [block for block in shown.split("\n\n") if block.startswith("    expert:")]
    claims = [block for block in traces if "op: state" in block]
    assert len(traces) == 4 == len(claims)
    for number, block in enumerate(claims):
        path = tmp_path / f"{number}.trace.yaml"
        path.write_text("\n".join(line[4:] for line in block.splitlines()) + "\n")
        assert main(["check", *own, str(path)]) == 1
        assert "error[T509]" in capsys.readouterr().out


def test_the_shipped_laws_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "percentage", "entity_track", "--budget", "0s"]) == 0
    assert "laws held." in capsys.readouterr().out


@settings(max_examples=150)
@given(st.data())
def test_a_proof_by_form_is_the_verdict_of_check(data: st.DataObject) -> None:
    """Rows of one form with other numbers, names, answers and questions: the verdicts are those of the whole way."""
    prover = Prover(default())
    drawn = data.draw(strategies.examples(data.draw(st.sampled_from(PATTERNS))))
    assert prover.faults(drawn.question, drawn.trace, show(drawn.answer)) == ()
    for _ in range(4):
        trace, question, answer = drawn.trace, drawn.question, show(drawn.answer)
        numbers = sorted(set(re.findall(r"(?<=[ \[])[0-9.]+(?=[,}\]])", trace)))
        for number in numbers:
            new = data.draw(st.sampled_from((number, "0", "1", "7", "2.5", "-3", "60", "20%", "1/3")))
            trace = re.sub(rf"(?<=[ \[]){re.escape(number)}(?=[,}}\]])", new, trace)
            question = re.sub(rf"\b{re.escape(number)}\b", new, question) if data.draw(st.booleans()) else question
        if data.draw(st.booleans()):
            trace = trace.replace(
                *data.draw(st.sampled_from(((".", "._"), ("add", "sub"), ("mul", "div"), ("result", "x"))))
            )
        document = parse_source(Source(trace), default()).document
        with contextlib.suppress(Undefined, KeyError, ZeroDivisionError):
            answer = show(evaluate(document)) if document is not None else answer
        whole = examine_row(Source(trace), question, answer, default()).diagnostics
        assert [fault.code for fault in prover.faults(question, trace, answer)] == [fault.code for fault in whole], (
            trace
        )
