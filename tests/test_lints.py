"""The lints find in the seed's own runs what went wrong there, and nothing in those that went well."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.test_curricula import rows
from tracedsl.cli import main

COSTS = {
    "run3": ("C101", "rate_equation", "98 % to 86 %"),
    "run4": ("C201", "times_more", "95 % to 85 %"),
    "run5": ("C301", "`x`, `y` or `z`", "85 % to 75 %"),
    "run7a": ("C101", "composition", "98 % to 86 %"),
    "run7b": ("C101", "composition", "98 % to 86 %"),
}


@cache
def corpus(folder: Path, mix: str, count: int = 250, seed: int = 0) -> str:
    """Write a corpus and return its path."""
    path = folder / f"{mix}-{seed}.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows(mix, count, seed)), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpora")


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["lint", *arguments])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("mix", COSTS)
def test_what_went_wrong_is_found(mix: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = lint(capsys, corpus(folder, mix))
    name, group, cost = COSTS[mix]
    blocks = [block for block in shown.split("\n\n") if block.startswith(f"warning[{name}]") and group in block]
    assert code == 1 and blocks and cost in blocks[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("mix", ["run6", "run7", "run8"])
def test_what_went_well_has_no_finding(mix: str, seed: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(capsys, corpus(folder, mix, seed=seed)) == (0, "No findings in 250 rows.\n")


def test_full_has_no_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(capsys, corpus(folder, "full", 5000)) == (0, "No findings in 5,000 rows.\n")


def test_a_short_maximal_length_and_the_long_prompt_do_not_fit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = lint(capsys, "--max-length", "512", "--format", "concise", corpus(folder, "run1_verbose"))
    assert code == 1 and "C603 rows are longer than 512 tokens" in shown
    assert "C603" not in lint(capsys, "--format", "concise", corpus(folder, "run1_verbose"))[1]
    assert "C603" not in lint(capsys, "--max-length", "512", "--format", "concise", corpus(folder, "run1"))[1]


def test_the_shipped_declarations_have_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    experts = str(Path(__file__).parent.parent / "experts")
    code, shown = lint(capsys, experts)
    assert code == 0 and shown.startswith("No findings in 11 files of declarations.")


def test_findings_can_be_selected_ignored_and_read_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = corpus(folder, "run4")
    assert lint(capsys, "--ignore", "C", path)[0] == 0
    code, shown = lint(capsys, "--select", "C201", "--format", "json", path)
    data = json.loads(shown)
    assert code == 1 and {each["code"] for each in data["findings"]} == {"C201"} and data["schema_version"] == 1


def test_leaks_between_files_are_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = folder / "train.jsonl", folder / "test.jsonl"
    chosen = rows("run8")
    first.write_text("".join(f"{json.dumps(row)}\n" for row in chosen), encoding="utf-8")
    twin = dict(chosen[0], question=chosen[0]["question"].replace("1", "2"))
    second.write_text(f"{json.dumps(twin)}\n", encoding="utf-8")
    code, shown = lint(capsys, "--select", "C602", str(first), str(second))
    assert code == 1 and "up to their numbers (1 of them)" in shown


def test_none_of_them_is_no_hole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "rows.jsonl"
    for text, code in (("None of the 4 cats and 5 dogs barks.", 0), ("There are None cats and 5 dogs.", 1)):
        path.write_text(json.dumps(dict(rows("run8")[0], question=text)) + "\n", encoding="utf-8")
        assert lint(capsys, "--select", "C503", str(path))[0] == code


def test_rows_without_a_question_are_no_repetitions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "rows.jsonl"
    traces = [{"trace": row["trace"], "answer": row["answer"]} for row in rows("run8")]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in traces), encoding="utf-8")
    assert lint(capsys, "--select", "C601", str(path))[0] == 0
    path.write_text("".join(f"{json.dumps(row | {'question': 'How many?'})}\n" for row in traces), encoding="utf-8")
    assert lint(capsys, "--select", "C601", str(path))[0] == 1


@pytest.mark.parametrize("arguments", [["missing.jsonl"], ["--tokenizer", "nowhere", "missing.jsonl"]])
def test_what_cannot_be_read_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", *arguments]) == 2
    assert capsys.readouterr().err.startswith("tracedsl: ")
