"""Imported problems: exact, proved, wired as the solution says, and named after their words."""

from __future__ import annotations

import json
import os
import re
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracedsl import run as run_trace
from tracedsl.cli import main
from tracedsl.grounding import is_grounded
from tracedsl.importers.asking import Told, asked
from tracedsl.importers.expressions import parse, value_of
from tracedsl.importers.naming import content_words
from tracedsl.importers.rows import Imported, Rejected, import_problem
from tracedsl.importers.solutions import steps_of
from tracedsl.importers.sources import READERS
from tracedsl.importers.subquestions import subquestions
from tracedsl.inputs import items
from tracedsl.limits import DEFAULT
from tracedsl.numbers import whole
from tracedsl.pipeline import examine_item, examine_row
from tracedsl.rebinding import Verdict, compare
from tracedsl.source import Source
from tracedsl.syntax.ast import Example
from tracedsl.vocabulary import default, lexicon

DATA = os.environ.get("TRACEDSL_DATA", "")
TRAIN = ("gsm8k_train_1.jsonl", "gsm8k_train_2.jsonl")
needs_data = pytest.mark.skipif(not DATA, reason="TRACEDSL_DATA is not set")

BAKER = {
    "question": "A baker bakes 48 rolls in the morning and half as many in the evening. How many rolls is that?",
    "answer": "In the evening he bakes 48/2 = <<48/2=24>>24 rolls.\nThat is 48+24 = <<48+24=72>>72 rolls in all.\n#### 72",
}
SALE = {
    "question": "A coat costs $80 and is 25% off. Shipping is $7. What does Ida pay?",
    "answer": "The discount is 80*25/100=$<<80*25/100=20>>20.\nThe coat costs 80-20=$<<80-20=60>>60.\n"
    "With shipping Ida pays 60+7=$<<60+7=67>>67.\n#### 67",
}
WRITTEN = {
    "question": "Each of 6 crates holds 15 melons. Ten melons rot. How many melons are good?",
    "answer": "There are 6 crates x 15 melons = 90 melons.\nOf these 90 - 10 = <<90-10=80>>80 are good.\n#### 80",
}
UNKNOWN = {
    "question": "Three times a number and 6 more is twice that number and 20. What is the number?",
    "answer": "Let x be the number.\nThen 3x+6=2x+20, so x is 14.\n#### 14",
}
TWICE = {
    "question": "A box has 4 red and 6 blue pens. Ada takes 6 boxes. How many pens has she?",
    "answer": "A box has 4+6=<<4+6=10>>10 pens.\nAda has 10*6=<<10*6=60>>60 pens.\n#### 60",
}


def imported(
    folder: Path, *problems: dict[str, Any], source: str = "gsm8k", names: str = "words"
) -> list[dict[str, Any]]:
    path, out = folder / "in.jsonl", folder / "out.jsonl"
    path.write_text("".join(f"{json.dumps(problem)}\n" for problem in problems), encoding="utf-8")
    assert main(["import", source, str(path), "-o", str(out), "--names", names]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_a_solution_becomes_an_interleaved_trace_with_names_that_mean_something(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, BAKER)
    steps = re.findall(r"- \{op: (\w+)", row["trace"])
    assert steps == ["init", "init", "compute", "compute", "query"] and "var: rolls, value: 48" in row["trace"]
    assert row["answer"] == run_trace(row["trace"]).answer == "72" and row["level"] == 0
    assert [each["ground"] for each in row["grounding"]] == ["digits", "scale"]
    start, end = row["grounding"][0]["span"]
    assert row["question"][start:end] == "48"


def parts(problem: dict[str, Any], folder: Path) -> list[Imported | Rejected]:
    """Return what is imported of the subquestions of a problem."""
    path = folder / "parts.jsonl"
    path.write_text(json.dumps({"id": "p", **problem}) + "\n", encoding="utf-8")
    return [import_problem(part, default()) for each in READERS["gsm8k"](path) for part in subquestions(each)]


def test_what_a_solution_finds_on_the_way_is_asked_for(tmp_path: Path) -> None:
    (evening,) = parts(BAKER, tmp_path)
    assert isinstance(evening, Imported)
    assert evening.row["question"] == (
        "A baker bakes 48 rolls in the morning and half as many in the evening. In the evening, how many rolls does he bake?"
    )
    assert (evening.row["answer"], evening.row["id"]) == ("24", "p-1")
    assert evening.row["trace"].count("op: compute,") == 1
    off, coat = parts(SALE, tmp_path)
    assert isinstance(off, Imported) and off.row["question"].endswith(" Shipping is $7. How much is the discount?")
    assert isinstance(coat, Imported) and (coat.row["answer"], coat.row["id"]) == ("60", "p-2")
    said = 'He says: "A shelf holds 8 jars." There are 4 shelves. How many jars has Mr. Vale if 2 are his own?'
    told = "The shelves hold 4*8 = <<4*8=32>>32 jars.\nMr. Vale has 32+2 = <<32+2=34>>34 jars.\n#### 34"
    (jars,) = parts({"question": said, "answer": told}, tmp_path)
    assert isinstance(jars, Imported) and jars.row["question"] == (
        'He says: "A shelf holds 8 jars." There are 4 shelves. How many jars do the shelves hold?'
    )


def test_subquestions_are_imported_by_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("".join(f"{json.dumps(problem)}\n" for problem in (BAKER, SALE)), encoding="utf-8")
    assert main(["import", "gsm8k", str(path), "-o", str(out), "--subquestions"]) == 0
    assert "3 of 3 problems (100.0 %); every row proved." in capsys.readouterr().out
    assert [json.loads(line)["answer"] for line in out.read_text(encoding="utf-8").splitlines()] == ["24", "20", "60"]


@pytest.mark.parametrize(
    ("told", "question"),
    [
        (Told("Mira baked", "how many", "loaves on Monday"), "How many loaves did Mira bake on Monday?"),
        (
            Told("So, on Monday, Mira baked a total of", "how many", "loaves"),
            "On Monday, how many loaves did Mira bake?",
        ),
        (Told("Mira then bakes", "how many", "loaves"), "How many loaves does Mira bake?"),
        (
            Told("Both bakers need", "how many", "cups of flour a day"),
            "How many cups of flour do both bakers need a day?",
        ),
        (Told("The oven cost her", "how much", ""), "How much did the oven cost her?"),
        (Told("Mira won", "how many", "prizes"), "How many prizes did Mira win?"),
        (Told("Mira has", "how many", "rolls, pies and tarts"), None),  # several things are counted
        (Told("She will have sold", "how much", "worth of pies"), "How much will she have sold worth of pies?"),
        (Told("There are", "how many", "seats left on the bus"), "How many seats are there left on the bus?"),
        (Told("Thus there will be", "how many", "guests"), "How many guests will there be?"),
        (Told("The rope was", "how many", "feet long"), "How many feet long was the rope?"),
        (Told("The number of rows Mira has is", "how many", "rows"), "What is the number of rows Mira has?"),
        (Told("Her total pay is", "how much", ""), "How much is her total pay?"),
        (Told("If she rests, she bakes", "how many", "pies"), "If she rests, how many pies does she bake?"),
        (Told("The baker who sells pies has", "how many", "pies"), None),  # a clause within
        (Told("Baking tarts, she makes", "how many", "pies"), None),  # a beginning that is none
        (Told("Zorv baked", "how many", "pies"), None),  # a capital that nothing tells to be a name's
        (Told("His oven holds", "how many", "or else he waits"), None),  # nothing is counted
        (Told("This means", "how many", "pies"), None),
        (Told("Her pies (in all) are", "how many", "pies"), None),
    ],
)
def test_what_is_told_of_an_amount_is_asked_as_people_ask(told: Told, question: str | None) -> None:
    assert asked(told, {"Mira"}) == question


SAID = st.lists(
    st.sampled_from(
        re.findall(r"\S+", "so On Monday , Mira then bakes only has will is are there of It the how 7 ( ' cups")
    )
).map(" ".join)


@given(before=SAID, asks=st.sampled_from(("how many", "how much")), after=SAID)
def test_whatever_is_told_becomes_a_question_or_none(before: str, asks: str, after: str) -> None:
    question = asked(Told(before, asks, after), {"Mira"})
    assert question is None or re.fullmatch(r"[^a-z ].*[^ ,.]\?", question)


def test_subquestions_want_a_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracedsl.cli.settings.find_spec", lambda _: None)
    assert main(["import", "gsm8k", "in.jsonl", "-o", str(tmp_path / "out.jsonl"), "--subquestions"]) == 2
    assert "--subquestions needs simplemma: pip install 'tracedsl[data]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "With 6 friends she has 48/2 = <<48/2=24>>24 rolls each.",  # another number
        "The share is 24/48*100 = <<24/48*100=50>>50%.",
        "48/2 = <<48/2=24>>24 rolls.",  # too little is said
        "The rolls are 48/2 = <<48/2=24>>24 and 24*2 = <<24*2=48>>48 in number.",
        "She has half of them left over.",
    ],
)
def test_a_line_that_no_question_can_be_made_of_is_passed_over(line: str, tmp_path: Path) -> None:
    assert parts({**BAKER, "answer": f"{line}\nThat is 48+24 = <<48+24=72>>72 in all.\n#### 72"}, tmp_path) == []


@needs_data
def test_subquestions_ask_for_less_than_their_problems_and_are_proved(tmp_path: Path) -> None:
    problems = list(islice(READERS["gsm8k"](Path(DATA) / TRAIN[0]), 60))
    made = [(import_problem(part, default()), each) for each in problems for part in subquestions(each)]
    rows = [(each.row, problem) for each, problem in made if isinstance(each, Imported)]
    assert len(rows) > 50
    for row, problem in rows:
        assert str(run_trace(row["trace"]).answer) == row["answer"]
        assert row["trace"].count("op: compute,") <= len(problem.steps)
        assert row["question"].endswith("?") and "<<" not in row["question"]


def test_percents_become_a_composition(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, SALE)
    assert row["trace"].startswith("- expert: percentage\n") and "percent_of" in row["trace"]
    assert run_trace(row["trace"]).answer == "67"


def test_an_equation_that_nothing_annotates_is_a_step(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, WRITTEN)
    assert row["level"] == 4 and "value: 90" not in row["trace"] and run_trace(row["trace"]).answer == "80"


def test_what_becomes_no_row_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = imported(tmp_path, BAKER, UNKNOWN, {"question": "How many?", "answer": "Some.\n#### many"})
    others = [json.loads(line) for line in (tmp_path / "out.rejected.jsonl").read_text().splitlines()]
    assert len(rows) == 1 and [each["reason"] for each in others] == ["unknown-to-solve-for", "no-answer"]
    assert "1 of 3 problems" in capsys.readouterr().out


def test_an_ambiguous_link_keeps_its_readings(tmp_path: Path) -> None:
    problem = {
        "question": "Ed mixes 4 figs and 5 nuts. He fills 9 jars, each worth $3. What does he get?",
        "answer": "That is 4+5=<<4+5=9>>9.\nFor the jars he gets 9*3=$<<9*3=27>>27.\n#### 27",
    }
    (row,) = imported(tmp_path, problem)
    assert len(row["readings"]) > 1 and row["trace"] == row["readings"][0]
    assert {run_trace(text).answer for text in row["readings"]} == {"27"}


THINGS = ("figs", "nuts", "pears", "plums", "limes", "dates")


@settings(max_examples=40)
@given(st.data())
def test_equal_numbers_are_told_apart_by_the_words_beside_them(data: st.DataObject) -> None:
    """Each number of a calculation is wired to the place before the same word, whatever its value."""
    things = data.draw(st.lists(st.sampled_from(THINGS), min_size=2, max_size=5, unique=True))
    values = data.draw(st.lists(st.integers(2, 4), min_size=len(things), max_size=len(things)))
    order = data.draw(st.permutations(list(zip(values, things, strict=True))))
    told = ", ".join(f"{value} {thing}" for value, thing in zip(values, things, strict=True))
    total, sum_of = sum(values), "+".join(str(value) for value, _ in order)
    written = " + ".join(f"{value} {thing}" for value, thing in order)
    problem = {
        "question": f"A jar holds {told}. How much does it hold?",
        "answer": f"It holds {written} = <<{sum_of}={total}>>{total}.\n#### {total}",
    }
    with TemporaryDirectory() as folder:
        (row,) = imported(Path(folder), problem)
    wired = [row["question"][each["span"][1] :].split(maxsplit=1)[0].strip(",.") for each in row["grounding"]]
    assert wired == [thing for _, thing in order]


@pytest.mark.parametrize(
    ("question", "calculation", "places"),
    [
        ("Ann reads 2 books, twice as long as 9 cards. Bo reads 9 cards. How many?", "2*9=18", ["twice", "9"]),
        ("Ann has 2 bags. Half of her 30 nuts rot. How many rot?", "30/2=15", ["30", "Half"]),
        ("5 cups cost $5 each, so what do they cost?", "5 cups * $5 = $25", ["5", "$5"]),
        ("Of 50 nuts sixty percent rot. How many rot?", "50*60/100=30", ["50", "sixty percent"]),
    ],
)
def test_scale_words_money_and_percents_go_where_they_are_meant(
    question: str, calculation: str, places: list[str], tmp_path: Path
) -> None:
    expression, value = re.sub(r"[^-+*/.=0-9]", "", calculation).split("=")
    left = calculation.rpartition("=")[0]
    money = "$" * ("$" in calculation)
    answer = f"That is {left}={money}<<{expression}={value}>>{value}.\n#### {value}"
    (row,) = imported(tmp_path, {"question": question, "answer": answer})
    found = [text_at(row["question"], *each["span"]) for each in row["grounding"] if each["span"]]
    assert sorted(found) == sorted(places)


def text_at(question: str, start: int, end: int) -> str:
    """Return what stands at a place, with the sign or the word that says its unit."""
    start -= question[start - 1] == "$"
    rest = re.match(r" percent", question[end:])
    return question[start : end + (len(rest[0]) if rest else 0)]


def test_one_that_a_calculation_gave_is_kept_as_a_factor(tmp_path: Path) -> None:
    problem = {
        "question": "A jar of 9 figs loses 8. Each fig left weighs 40 grams. How much do they weigh?",
        "answer": "There is 9-8=<<9-8=1>>1 fig left.\nIt weighs 1*40=<<1*40=40>>40 grams.\nSo 40+0=<<40+0=40>>40.\n#### 40",
    }
    (row,) = imported(tmp_path, problem)
    assert [each["value"] for each in row["grounding"]] == ["9", "8", "40"]


def test_an_unknown_that_equals_an_earlier_result_is_not_it(tmp_path: Path) -> None:
    problem = {
        "question": "Five less than 3 times 20 plus a number less 20 is 90. What is the number?",
        "answer": "First 3*20=<<3*20=60>>60.\nThen 60-5=<<60-5=55>>55.\nSo 55+s-20=90.\nThus s is <<55=55>>55.\n#### 55",
    }
    assert imported(tmp_path, problem) == []
    (told,) = read(tmp_path / "out.rejected.jsonl")
    assert told["reason"] == "unknown-to-solve-for"


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Jo buys 15 ice cream cones and 4 more blue cups.", {"cones", "more_cups"}),
        ("Jo buys 15 cones and Al 4 times as many cones.", {"cones", "times_cones"}),
        ("The price of a hat in a store was $15 and each scarf costs $4.", {"price_hat", "scarf_costs"}),
        ("On the 15th floor 4 of the lamps broke.", {"floor", "lamps"}),
        ("The shop lowers prices by 15% for 4 days.", {"prices_percent", "days"}),
    ],
)
def test_names_say_what_a_number_counts(question: str, names: set[str], tmp_path: Path) -> None:
    problem = {"question": f"{question} What comes out?", "answer": "It is 15+4=<<15+4=19>>19.\n#### 19"}
    (row,) = imported(tmp_path, problem)
    assert {each["var"] for each in row["grounding"]} == names


def test_a_constant_is_named_after_what_it_counts(tmp_path: Path) -> None:
    problem = {
        "question": "Jo earns $9 a day. What does she earn in a week?",
        "answer": "In a week she earns 9*7=$<<9*7=63>>63.\n#### 63",
    }
    (row,) = imported(tmp_path, problem)
    assert row["grounding"][1] == {"var": "days_week", "value": "7", "ground": "constant", "span": None}


def test_a_number_that_stands_twice_is_two_quantities(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, TWICE)
    spans = [tuple(each["span"]) for each in row["grounding"]]
    assert len(spans) == len(set(spans)) == 3


def test_names_can_be_numbers(tmp_path: Path) -> None:
    (row,) = imported(tmp_path, BAKER, names="numbered")
    assert re.findall(r"var: (\w+)", row["trace"]) == ["n1", "n2", "r1", "r2", "r2"]


def test_tables_equations_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = {"question": "What are 3 boxes of 12 pens and 5 pens?", "expression": "3 * 12 + 5", "answer": "41"}
    (row,) = imported(tmp_path, table, source="csv")
    assert run_trace(row["trace"]).answer == "41"
    equation: dict[str, Any] = {
        "Body": "A jar holds 9 figs.",
        "Question": "How many are in 4 jars?",
        "Equation": "( 9.0 * 4.0 )",
        "Answer": 36.0,
    }
    (row,) = imported(tmp_path, equation, source="svamp")
    assert run_trace(row["trace"]).answer == "36" and row["question"] == "A jar holds 9 figs. How many are in 4 jars?"
    program = (
        "def solution():\n    figs = 9\n    jars = 4\n    total = figs * jars\n    result = total\n    return result"
    )
    (row,) = imported(tmp_path, {"input": equation["Body"], "code": program, "target": 36.0}, source="gsmhard")
    assert run_trace(row["trace"]).answer == "36"
    (tmp_path / "t.csv").write_text("question,expression,answer\nWhat is 7 and 8?,7+8,15\n")
    assert main(["import", "csv", str(tmp_path / "t.csv"), "-o", str(tmp_path / "t.jsonl")]) == 0
    assert len((tmp_path / "t.jsonl").read_text().splitlines()) == 1
    (tmp_path / "t.tsv").write_text("question\texpression\tanswer\nWhat is 7, or 8, with 9?\t7+9\t16\n")
    (tmp_path / "short.csv").write_text("question,expression,answer\nHow many are 3 + 5?,3 + 5\n")
    assert main(["import", "csv", str(tmp_path / "short.csv"), "-o", str(tmp_path / "t.jsonl")]) == 2
    assert "short.csv:2: 2 cells, and the header has 3" in capsys.readouterr().err
    assert main(["import", "csv", str(tmp_path / "t.tsv"), "-o", str(tmp_path / "t.jsonl")]) == 0
    assert json.loads((tmp_path / "t.jsonl").read_text())["answer"] == "16"


def test_programs_are_read_and_never_run(tmp_path: Path) -> None:
    program = f"result = 3 * 4\n__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    assert imported(tmp_path, {"question": "3 and 4?", "answer": program, "final": "12"}, source="gsmhard") == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "program", [f"result = {'-' * 100_000}1", "x = 1e20000000\nresult = x * 2"], ids=["deep", "huge"]
)
def test_a_program_beyond_measure_is_none_and_ends(tmp_path: Path, program: str) -> None:
    assert imported(tmp_path, {"question": "1 and 2?", "answer": program, "final": "4"}, source="gsmhard") == []


@pytest.mark.parametrize("solution", ["(" * 20_000 + "= 3", f"{'1+' * 20_000}1 = 20001"])
def test_a_calculation_beyond_measure_is_none_and_ends(solution: str) -> None:
    assert list(steps_of(solution)) == []


@pytest.mark.parametrize(
    ("text", "words"), [("{", "in.jsonl:1:"), ("[1]", "not a JSON object"), ('{"a": 1}', "no column")]
)
def test_what_cannot_be_read_is_a_usage_error(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(text)
    assert main(["import", "gsm8k", str(path), "-o", str(tmp_path / "out.jsonl")]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2(3)", 6),
        ("(1+2)(4)", 12),
        ("1,200/3", 400),
        ("2 x 3.5", 7),
        ("50%", Fraction(1, 2)),
        ("0.1+0.2", Fraction(3, 10)),
        ("\u00bd*6", 3),
        ("2^3", 8),
        ("$21 \u2212 $19", 2),
        ("007*2", 14),
        ("4/0", None),
        ("x+1", None),
        ("__import__('os')", None),
        ("9**9**9**9", None),
        ("(" * 200 + "1" + ")" * 200, None),
    ],
)
def test_expressions_are_exact(text: str, value: Fraction | int | None) -> None:
    found = parse(text)
    assert (value_of(found) if found is not None else None) == value


@given(st.text("0123456789+-*/()=.%$x <>\n", max_size=80))
def test_any_solution_ends(text: str) -> None:
    for step in steps_of(text):
        assert value_of(step.expression) is not None


@cache
def corpus(source: str, *names: str) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Import files of the data folder; return the rows and those rejected."""
    import tempfile

    folder = Path(tempfile.mkdtemp())
    out = folder / "out.jsonl"
    assert main(["import", source, *(str(Path(DATA) / name) for name in names), "-o", str(out)]) == 0
    assert main(["check", "-q", str(out)]) == 0
    return read(out), read(folder / "out.rejected.jsonl")


def read(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line)


def columns(name: str) -> dict[str, str]:
    """Return a column of the train problems by their id."""
    return {each["id"]: each[name] for file in TRAIN for each in read(Path(DATA) / file)}


@needs_data
@pytest.mark.parametrize(
    ("source", "names", "least"),
    [
        ("gsm8k", TRAIN, 0.96),
        ("gsm8k", ("gsm8k_test_dev.jsonl",), 0.95),
        ("svamp", ("svamp_dev.jsonl",), 0.99),
        ("gsmhard", ("gsmhard_dev.jsonl",), 0.91),
    ],
)
def test_most_problems_become_rows(source: str, names: tuple[str, ...], least: float) -> None:
    rows, rejected = corpus(source, *names)
    assert len(rows) >= least * (len(rows) + len(rejected))


@needs_data
def test_the_answers_are_those_of_the_data() -> None:
    gold = columns("final")
    rows, _ = corpus("gsm8k", *TRAIN)
    assert all(Fraction(row["answer"]) == Fraction(gold[row["id"]].replace(",", "")) for row in rows)


@needs_data
def test_most_rows_ground_all_their_numbers() -> None:
    rows, rejected = corpus("gsm8k", *TRAIN)
    grounded = [row for row in rows if all(is_known(row, each) for each in row["grounding"])]
    assert len(grounded) >= 0.88 * (len(rows) + len(rejected))


def is_known(row: dict[str, Any], each: dict[str, Any]) -> bool:
    return is_grounded(whole(abs(Fraction(each["value"]))), row["question"], lexicon())


@needs_data
def test_percents_are_operations_on_percents() -> None:
    rows = [row for row in corpus("gsm8k", *TRAIN)[0] if re.search(r"\d\s*%", row["question"])]
    assert sum("op: percent_" in row["trace"] for row in rows) >= 0.8 * len(rows)


@needs_data
def test_names_come_from_the_text() -> None:
    solutions = columns("answer")
    good = total = 0
    for row in corpus("gsm8k", *TRAIN)[0]:
        words = set(content_words(f"{row['question']} {solutions[row['id']]}"))
        for name in set(re.findall(r"var: (\w+)", row["trace"])):
            total += 1
            good += any(part in words for part in name.split("_"))
            assert len(name) <= 24 or "_" in name
    assert good >= 0.95 * total


@needs_data
def test_hardly_any_init_is_an_intermediate_result() -> None:
    """A number neither in the question nor a constant, which an earlier equation of the solution computes."""
    solutions = columns("answer")
    rows = corpus("gsm8k", *TRAIN)[0]
    wrong = [row for row in rows if any(is_intermediate(row, each, solutions[row["id"]]) for each in row["grounding"])]
    assert len(wrong) < 0.01 * len(rows)


def is_intermediate(row: dict[str, Any], each: dict[str, Any], solution: str) -> bool:
    if each["ground"] != "none" or is_known(row, each):
        return False
    value = re.escape(each["value"])
    equation = re.search(
        rf"\d[^=\n]*[-+*/x\u00d7][^=\n]*=\s*\$?(?:<<[^>]*>>)?\s*\$?{value}(?![\d./])(?! *[-+*/x\u00d7])", solution
    )
    used = re.search(rf"(?<![\d.=>/]){value} *[-+*/x\u00d7]|[-+*/x\u00d7] *\$?{value}(?![\d.])", solution)
    return equation is not None and used is not None and used.start() > equation.end()


@needs_data
def test_the_seeds_traces_are_the_functions_of_the_imported_ones() -> None:
    """The hand-written trace of each of the ten problems, and what is imported from its solution."""
    imported_rows = {
        " ".join(row["question"].split()): row
        for source in (("gsm8k_test_dev.jsonl",), TRAIN)
        for row in corpus("gsm8k", *source)[0]
    }
    with (Path(DATA) / "seed10.yaml").open("rb") as stream:
        reports = [examine_item(item, default()) for item in items(stream, "seed10.yaml", DEFAULT)]
    for report in reports:
        document = report.document
        assert isinstance(document, Example) and document.question is not None and report.execution is not None
        row = imported_rows[" ".join(document.question.text.split())]
        other = examine_row(Source(row["trace"]), row["question"], row["answer"], default()).execution
        assert other is not None
        for pair in ((report.execution, other), (other, report.execution)):
            assert compare(*pair, default().lexicon.constants).verdict is Verdict.SAME
    assert len(reports) == 10


@needs_data
def test_most_programs_match_their_answer_exactly() -> None:
    gold = {each["id"]: each["final"] for each in read(Path(DATA) / "gsmhard_dev.jsonl")}
    rows, rejected = corpus("gsmhard", "gsmhard_dev.jsonl")
    exact = [row for row in rows if Fraction(row["answer"]) == Fraction(str(gold[row["id"]]).replace(",", ""))]
    assert len(exact) >= 0.86 * (len(rows) + len(rejected))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b'{"a": 1}', "not a JSON list"),
        ("a.json", b'[1, "x"]', "item 1: not a JSON object"),
        ("a.json", b"{", "Expecting property name"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: nested too deep"),
        ("a.json", b'[{"question": ' + b"9" * 6000 + b"}]", "a number with too many digits"),
        ("a.CSV", b"a,b\n1,2\n", "no column 'question'; it has 'a', 'b'"),
        ("a.csv", b"question\n" + b"x" * 140_000, "field larger than field limit"),
        ("a.jsonl", b"\xff", "a.jsonl: not UTF-8"),
    ],
)
def test_a_file_that_is_not_what_its_format_says(
    name: str, content: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / name, tmp_path / "out.jsonl"
    path.write_bytes(content)
    out.write_text("kept", encoding="utf-8")
    assert main(["import", "csv", str(path), "-o", str(out)]) == 2
    assert reason in capsys.readouterr().err and out.read_text(encoding="utf-8") == "kept"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([name, "out.jsonl"])


@pytest.mark.parametrize("output", ["in.jsonl", "./in.jsonl", "link.jsonl"])
def test_an_output_is_never_written_over_the_input(output: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(BAKER), encoding="utf-8")
    (tmp_path / "link.jsonl").hardlink_to(path)
    for command in (["import", "gsm8k"], ["renumber"], ["augment"]):
        assert main([*command, str(path), "-o", str(tmp_path / output)]) == 2
    assert main(["import", "gsm8k", str(path), "-o", str(tmp_path / "o"), "--rejected", str(tmp_path / "o")]) == 2
    assert json.loads(path.read_text(encoding="utf-8")) == BAKER


@pytest.mark.parametrize(
    "row",
    [
        {"question": "two", "answer": "#### 5", "final": "1e999999999"},
        {"question": "two", "answer": "#### 5", "final": "1e-999999999"},
        {"question": "\ud800 two", "answer": "#### 5", "final": "5"},
        {"question": "two", "answer": "a = 2\n" + "a = a * a\n" * 40 + "result = a", "final": "1"},
    ],
)
def test_hostile_rows_are_rejected_quickly(row: dict[str, str], tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    for source in ("gsm8k", "gsmhard"):
        assert main(["import", source, str(path), "-o", str(out)]) == 0
        (told,) = map(json.loads, (tmp_path / "out.rejected.jsonl").read_text(encoding="utf-8").splitlines())
        assert told["question"] == row["question"]


def test_a_fraction_character_behind_a_whole_number_is_added_to_it(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    asked = "Tom works 2½ hours for $10 an hour. How much?"
    path.write_text(f'question,expression,answer\n"{asked}",2½*10,25\n"{asked}",2½*10,10\n', encoding="utf-8")
    assert main(["import", "csv", str(path), "-o", str(out)]) == 0
    assert [json.loads(line)["answer"] for line in out.read_text(encoding="utf-8").splitlines()] == ["25"]


def test_a_solution_that_contradicts_itself_becomes_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {**BAKER, "answer": "Half is 48/2=<<48/2=25>>25.\nIn all 48+25=<<48+25=73>>73.\n#### 73"}
    rounded = {**BAKER, "answer": "A third is 48/7=<<48/7=6.86>>6.86.\n#### 6.86"}
    assert imported(tmp_path, wrong) == []
    assert "answer-not-computed" in capsys.readouterr().out
    imported(tmp_path, rounded)
    assert "the solution writes" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": 3, "answer": "x"}', "row 2: 'question' is not a text"),
        ('{"answer": "x"}', "row 2 has no column 'question'"),
        ('{"question": "q", "answer": "x", "id": NaN}', "in.jsonl:2: NaN is no number of JSON"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_by_its_place(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(BAKER) + "\n" + line + "\n")
    assert main(["import", "gsm8k", str(path), "-o", str(tmp_path / "out.jsonl")]) == 2
    assert message in capsys.readouterr().err
