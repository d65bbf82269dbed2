"""Renumbered problems: the same function, grounded numbers, and nothing else in the text is changed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_importers import BAKER, SALE, imported
from tracedsl import strategies
from tracedsl.cli import main
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_row
from tracedsl.proving import Prover
from tracedsl.rewriting.numbers import respelt
from tracedsl.rewriting.renumber import Plan, Refusal, plan_of, renumbered
from tracedsl.sampling import Drawn
from tracedsl.source import Source
from tracedsl.vocabulary import default

DATA = os.environ.get("TRACEDSL_DATA", "")
PATTERNS = sorted(shipped().patterns)


def variants(row: dict[str, Any], count: int = 5) -> list[dict[str, Any]]:
    prover = Prover(default())
    plan = plan_of(row, prover)
    assert not isinstance(plan, Refusal), plan
    return list(renumbered(plan, prover, 0, "key", count))


def test_the_same_problem_with_other_numbers(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, BAKER)
    found = variants(row)
    assert len({each["question"] for each in found}) == 5
    for each in found:
        number = int(re.findall(r"\d+", each["question"])[0])
        assert each["answer"] == show(number + number // 2) and number % 2 == 0
        assert f"value: {number}}}" in each["trace"] and "value: 2}" in each["trace"]
        (start, end), (word, last) = (entry["span"] for entry in each["grounding"])
        assert each["question"][start:end] == each["grounding"][0]["value"] == str(number)
        assert each["question"][word:last] == "half"


def test_percents_stay_percents(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, SALE)
    for each in variants(row):
        price, rate, shipping = map(int, re.findall(r"\d+", each["question"]))
        assert rate <= 100 and each["answer"] == show(price - price * rate // 100 + shipping)


@pytest.mark.parametrize(
    ("written", "value", "text"),
    [
        ("five", 12, "twelve"),
        ("Five", 30, "Thirty"),
        ("five", 400, None),
        ("1,200", 3400, "3,400"),
        ("3.50", 4, "4.00"),
        ("12", 7, "7"),
    ],
)
def test_a_number_is_written_as_the_one_before(written: str, value: int, text: str | None) -> None:
    assert respelt(written, value) == text


def test_articles_agree_and_what_is_no_quantity_stays() -> None:
    row = {
        "question": "In 1998 a 9-foot rope was cut on the 3rd day at 5:30 into 3 parts of equal length. How long is one?",
        "answer": "3",
        "trace": "expert: arithmetic\ntrace:\n- {op: init, var: rope, value: 9}\n- {op: init, var: parts, value: 3}\n"
        "- {op: compute, compute_op: div, args: [rope, parts], var: part}\n- {op: query, var: part}\n",
    }
    found = variants(row, 12)
    assert found
    for each in found:
        assert "In 1998 a" in each["question"] and "3rd day at 5:30" in each["question"]
        number = re.search(r"(an?) (\d+)-foot", each["question"])
        assert number is not None and (number[1] == "an") == (number[2][0] == "8" or number[2] in ("11", "18"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"readings": ["a", "b"]}, Refusal.AMBIGUOUS),
        ({"answer": "73"}, Refusal.INVALID),
        ({"question": "A baker bakes some rolls, half of them in the evening."}, Refusal.UNSTATED),
        ({"question": "A baker bakes 48 rolls, and half of the 48 in the evening."}, Refusal.NO_NUMBER),
        ({"grounding": [{"var": "rolls", "ground": "none"}]}, Refusal.UNSTATED),
    ],
)
def test_what_cannot_be_renumbered_is_refused_with_a_reason(
    changes: dict[str, Any], reason: Refusal, tmp_path: Path
) -> None:
    (row,) = imported(tmp_path, BAKER)
    assert plan_of({**row, **changes}, Prover(default())) == reason


@settings(max_examples=60)
@given(st.sampled_from(PATTERNS).flatmap(strategies.examples))
def test_a_renumbered_example_is_the_same_function_of_grounded_numbers(drawn: Drawn) -> None:
    prover = Prover(default())
    row = {"question": drawn.question, "answer": show(drawn.answer), "trace": drawn.trace}
    plan = plan_of(row, prover)
    if isinstance(plan, Refusal):
        return
    for each in renumbered(plan, prover, 1, "key", 2):
        assert_is_a_twin(row, each)


TWICE = """expert: arithmetic
trace:
- {op: init, var: length, value: 6}
- {op: init, var: times, value: VALUE}
- {op: compute, compute_op: mul, args: [length, times], var: total}
- {op: query, var: total}
"""


@pytest.mark.parametrize(
    ("question", "value", "answer"),
    [
        ("A rope of 6 feet costs $2 and a pole is twice as long. How long is the pole?", "2", "12"),
        ("A drill runs 6 hours, 60% faster than before. How many minutes does it run?", "60", "360"),
    ],
)
def test_a_number_that_may_come_from_elsewhere_is_refused(question: str, value: str, answer: str) -> None:
    row = {"question": question, "answer": answer, "trace": TWICE.replace("VALUE", value)}
    assert plan_of(row, Prover(default())) == Refusal.TWO_ROLES


def test_a_constant_that_the_question_does_not_speak_of_is_refused() -> None:
    row = {"question": "A coat costs $6. What do they cost?", "answer": "42", "trace": TWICE.replace("VALUE", "7")}
    assert plan_of(row, Prover(default())) == Refusal.UNSTATED
    told = {**row, "question": "Ann runs 6 miles each day. How many in a week?"}
    assert isinstance(plan_of(told, Prover(default())), Plan)


def test_days_a_week_stay_seven_at_most() -> None:
    trace = TWICE.replace("VALUE", "5")
    row = {"question": "Ann runs 6 miles on 5 days a week. How far is that?", "answer": "30", "trace": trace}
    days = [re.search(r"(\d+) days", each["question"]) for each in variants(row, 12)]
    assert days and all(found is not None and int(found[1]) <= 7 for found in days)


@pytest.mark.parametrize("grounding", [[{}], [1], "abc", None, 5, [{"var": "rolls"}], {"var": "x"}, [{"var": [1]}]])
def test_grounding_of_any_kind_is_read(grounding: object, tmp_path: Path) -> None:
    (row,) = imported(tmp_path, BAKER)
    assert plan_of({**row, "grounding": grounding, "readings": None}, Prover(default())) is not Refusal.INVALID


def assert_is_a_twin(row: dict[str, Any], each: dict[str, Any]) -> None:
    """Claim that a variant is the same function, grounded as the original, in the same words."""
    first = examine_row(Source(row["trace"]), row["question"], row["answer"], default())
    second = examine_row(Source(each["trace"]), each["question"], each["answer"], default())
    assert not second.errors and first.execution is not None and second.execution is not None
    assert {fault.code for fault in second.diagnostics} <= {fault.code for fault in first.diagnostics}
    assert words(row["question"]) == words(each["question"]) and row["question"] != each["question"]
    assert shape(row["trace"]) == shape(each["trace"])  # so it is the same function, slot by slot
    assert len(numbers(row["trace"])) == len(numbers(each["trace"]))


_NUMBER = r"(?<=[ \[])-?[\d./]+%?(?=[,}\]])"


def numbers(trace: str) -> list[str]:
    return re.findall(_NUMBER, trace)


def shape(trace: str) -> str:
    return re.sub(_NUMBER, "#", trace)


def words(question: str) -> list[str]:
    """Return a question without its numbers and articles."""
    from tracedsl.masking import masked

    text = re.sub(r"# and a (?:half|quarter)\b", "#", masked(question.replace("-", " ")))
    return [word for word in re.findall(r"[a-z#']+", text) if word not in ("a", "an")]


def test_the_command_writes_rows_and_tells_what_it_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, BAKER, SALE)
    out = tmp_path / "more.jsonl"
    assert main(["renumber", str(tmp_path / "out.jsonl"), "--per", "3", "--seed", "7", "-o", str(out)]) == 0
    assert "6 rows from 2 problems; every row proved." in capsys.readouterr().out
    assert main(["check", "--strict", "-q", str(out)]) == 0
    first = out.read_bytes()
    assert main(["renumber", str(tmp_path / "out.jsonl"), "--per", "3", "--seed", "7", "-o", str(out)]) == 0
    assert out.read_bytes() == first
    assert main(["renumber", str(tmp_path / "none.jsonl"), "-o", str(out)]) == 2
    assert main(["renumber", str(tmp_path / "out.jsonl"), "--per", "0", "-o", str(out)]) == 2


@pytest.mark.skipif(not DATA, reason="TRACEDSL_DATA is not set")
def test_most_problems_of_gsm8k_have_five_variants(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "more.jsonl"
    assert main(["import", "gsm8k", str(Path(DATA) / "gsm8k_train_1.jsonl"), "-o", str(rows)]) == 0
    lines = rows.read_text(encoding="utf-8").split("\n")[:-1]
    rows.write_text("\n".join(lines[::4]) + "\n", encoding="utf-8")
    assert main(["renumber", str(rows), "--per", "5", "-o", str(out)]) == 0
    made = [json.loads(line) for line in out.read_text(encoding="utf-8").split("\n") if line]
    complete = sum(each["variant"] == 4 for each in made)
    assert complete >= 0.6 * len(lines[::4])
    sources = {row["id"]: row for row in map(json.loads, lines[::4])}
    for each in made[::7]:
        assert_is_a_twin(sources[each["id"]], each)
