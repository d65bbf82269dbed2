"""Augmented problems: other text, the function that they had, each proved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.test_importers import BAKER, SALE, TWICE, imported
from tracedsl import run as run_trace
from tracedsl.cli import main
from tracedsl.patterns.curriculum import shipped
from tracedsl.proving import Prover
from tracedsl.rewriting.augment import Problem, add_aside, augmented, bridge, reorder, swap_people, swap_things
from tracedsl.sampling import seeded
from tracedsl.vocabulary import default

SHOP = {
    "question": "A shop has 60 buns and sells 25 of them. How many buns are left?",
    "answer": "There are 60-25=<<60-25=35>>35 buns left.\n#### 35",
}
CATS = Problem(
    "Ann has 12 apples. Frank has 5 pears. How many apples does she give away to keep 4?",
    "expert: arithmetic\ntrace:\n- {op: init, var: ann.apples, value: 12}\n- {op: init, var: kept, value: 4}\n"
    "- {op: compute, compute_op: sub, args: [ann.apples, kept], var: given}\n- {op: query, var: given}\n",
    "8",
)


def test_people_get_other_names_that_take_the_same_pronouns() -> None:
    problem = Problem(CATS.question.replace("Ann", "Alice"), CATS.trace.replace("ann", "alice"), "8")
    found = swap_people(problem, seeded(0, 1))
    assert found is not None and "Alice" not in found.question and "alice" not in found.trace
    name = found.question.split()[0]
    assert f"var: {name.lower()}.apples" in found.trace and found.how == ("people",)


def test_things_are_swapped_in_text_and_trace_and_articles_agree() -> None:
    problem = Problem(
        "Ida buys a banana and 6 pears for $14. A banana costs $2. What do the pears cost?",
        "expert: arithmetic\ntrace:\n- {op: init, var: paid, value: 14}\n- {op: init, var: banana, value: 2}\n"
        "- {op: compute, compute_op: sub, args: [paid, banana], var: pears}\n- {op: query, var: pears}\n",
        "12",
    )
    for index in range(20):
        found = swap_things(problem, seeded(0, index))
        if found is None:
            continue
        assert len(re.findall(r"\b(?:a|A) [aeiou]", found.question)) == 0
        assert run_trace(found.trace).answer == "12" and found.trace != problem.trace


def test_only_sentences_that_stand_alone_change_places() -> None:
    found = reorder(CATS, seeded(0, 0))
    assert found is None  # the question speaks of "she"
    free = Problem(CATS.question.replace("she", "Ann"), CATS.trace, "8")
    found = reorder(free, seeded(0, 0))
    assert found is not None and found.question.startswith("Frank has 5 pears. Ann has 12 apples.")
    assert reorder(Problem("Ann has 3. Then he eats 2. How many?", "", ""), seeded(0, 0)) is None
    titled = reorder(Problem("Mr. Hall has 3 cats. Dr. Lee has 2 dogs. How many pets live here?", "", ""), seeded(0, 0))
    assert titled is not None
    assert titled.question == "Dr. Lee has 2 dogs. Mr. Hall has 3 cats. How many pets live here?"


def test_an_aside_changes_nothing_but_the_text() -> None:
    found = add_aside(CATS, seeded(0, 0), shipped().asides)
    assert found is not None and found.question.endswith(CATS.question) and found.trace == CATS.trace


def test_a_bridge_is_a_composition_of_two_problems(tmp_path: Path) -> None:
    rows = imported(tmp_path, BAKER, SHOP)
    problem = Problem(rows[1]["question"], rows[1]["trace"], rows[1]["answer"])
    for index in range(30):
        found = bridge(problem, seeded(0, index), rows, Prover(default()))
        if found is not None:
            assert found.trace.count("- expert:") == 2 and "source: prev.result" in found.trace
            assert "Let N be that number." in found.question and run_trace(found.trace).answer == found.answer
            return
    raise AssertionError("no bridge in thirty draws")


def test_every_row_is_proved_and_new(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = imported(tmp_path, BAKER, SALE, TWICE)
    prover = Prover(default())
    for at, row in enumerate(rows):
        found = list(augmented(rows, at, prover, shipped().asides, 0, 4))
        assert len({each["question"] for each in found} | {row["question"]}) == len(found) + 1
        for each in found:
            assert prover.faults(each["question"], each["trace"], each["answer"]) == ()
            assert "bridge" in each["how"] or each["answer"] == row["answer"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, BAKER, SALE, TWICE)
    out = tmp_path / "more.jsonl"
    arguments = ["augment", str(tmp_path / "out.jsonl"), "--per", "2", "--seed", "1", "-o", str(out)]
    assert main(arguments) == 0
    assert "every row proved." in capsys.readouterr().out
    first = out.read_bytes()
    assert main(arguments) == 0 and out.read_bytes() == first
    assert main(["check", "--strict", "-q", str(out)]) == 0
    assert {way for line in first.decode().splitlines() for way in json.loads(line)["how"]} <= {
        "people",
        "things",
        "order",
        "aside",
        "bridge",
    }
    assert main(["augment", str(tmp_path / "none.jsonl"), "-o", str(out)]) == 2
    assert main(["augment", str(tmp_path / "out.jsonl"), "--per", "0", "-o", str(out)]) == 2


def saw(question: str) -> Problem:
    return Problem(question, "expert: arithmetic\ntrace:\n- {op: init, var: birds, value: 6}\n", "15")


def test_words_that_are_also_others_are_left_alone() -> None:
    months = saw("Tom saw 6 birds in June and 9 more in April. Will Tom mark the total? How many?")
    for at in range(20):
        people = swap_people(months, seeded(0, at))
        assert people is not None
        assert re.search(r"\w+ saw 6 birds in June and 9 more in April\. Will \w+ mark the total", people.question)
        assert swap_things(months, seeded(0, at)) is None
    tools = saw("Ann has 6 saws and a drill. How many?")
    assert any(made and "saws" not in made.question for at in range(20) if (made := swap_things(tools, seeded(0, at))))


def test_columns_without_a_value_change_nothing(tmp_path: Path) -> None:
    first, second = imported(tmp_path, BAKER, SALE)
    rows = [{**first, "readings": None}, {**second, "answer": "²", "readings": None}]
    prover = Prover(default())
    assert list(augmented(rows, 0, prover, shipped().asides, 0, 6))
