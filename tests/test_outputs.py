"""Where commands write: files as a whole or not at all, standard output, and never over what is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tracedsl.cli import USAGE, WELL, main

TABLE = "question,expression,answer\nTom has 3 pens and buys 5 more. How many pens does he have?,3 + 5,8\n"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file with one imported row."""
    (tmp_path / "t.csv").write_text(TABLE)
    assert main(["import", "csv", str(tmp_path / "t.csv"), "-o", str(tmp_path / "rows.jsonl")]) == WELL
    return tmp_path / "rows.jsonl"


@pytest.mark.parametrize("command", ["renumber", "augment"])
def test_rows_go_to_standard_output_and_what_is_told_beside(
    command: str, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([command, str(rows), "-o", "-"]) == WELL
    shown = capsys.readouterr()
    assert all(json.loads(line)["trace"] for line in shown.out.splitlines())
    assert "every row proved" in shown.err and not Path("-").exists()


def test_imported_rows_go_to_standard_output(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    call = ["import", "csv", str(rows.with_name("t.csv")), "-o", "-"]
    assert main(call) == USAGE
    assert "give --rejected FILE" in capsys.readouterr().err
    assert main([*call, "--rejected", str(rows.with_name("others.jsonl"))]) == WELL
    shown = capsys.readouterr()
    assert shown.out == rows.read_text() and "1 of 1 problems" in shown.err


def test_what_stands_in_a_file_is_kept_where_output_is_appended_to_it(rows: Path) -> None:
    appended = rows.with_name("all.jsonl")
    appended.write_text("before\n")
    with appended.open("a") as stream:
        call = [sys.executable, "-m", "tracedsl", "renumber", str(rows), "--per", "2", "-o", "/dev/stdout"]
        subprocess.run(call, stdout=stream, stderr=subprocess.PIPE, check=True)
    first, *others = appended.read_text().splitlines()
    assert first == "before" and [json.loads(line)["variant"] for line in others] == [0, 1]


@pytest.mark.parametrize("command", ["renumber", "augment", "import csv"])
def test_files_without_rows_are_refused_before_anything_is_written(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, out = tmp_path / "empty.jsonl", tmp_path / "out.jsonl"
    empty.write_text("")
    out.write_text("kept\n")
    assert main([*command.split(), str(empty), "-o", str(out)]) == USAGE
    assert "there is no" in capsys.readouterr().err
    assert out.read_text() == "kept\n"


def test_a_folder_or_none_is_refused(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for output, told in ((rows.parent, "a folder"), (rows.parent / "none" / "out.jsonl", "no such folder")):
        assert main(["renumber", str(rows), "-o", str(output)]) == USAGE
        assert f"cannot be written: {told}" in capsys.readouterr().err


def test_standard_output_is_no_input_and_takes_one_file(rows: Path) -> None:
    for further, told in (
        (f"renumber {rows} -o - >> {rows}", "written over"),
        (f"import csv {rows.with_name('t.csv')} -o - --rejected /dev/stdout > {rows.with_name('x')}", "only one"),
        (f"import csv {rows.with_name('t.csv')} -o /dev/stdout > {rows.with_name('x')}", "give --rejected"),
    ):
        line = f"{sys.executable} -m tracedsl {further}"
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == USAGE and told in done.stderr


def test_files_without_documents_have_no_coverage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert main(["coverage", str(tmp_path / "empty.jsonl")]) == USAGE
    assert "no documents in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "code", "told"),
    [
        ("check - <&-", 1, ""),
        ("check {rows} >&-", 0, ""),
        ("--version > /dev/full", 2, "No space left"),
        ("check {rows} > /dev/full", 2, "No space left"),
    ],
)
def test_a_closed_or_full_stream_is_no_bug(call: str, code: int, told: str, rows: Path) -> None:
    line = f"{sys.executable} -m tracedsl {call.format(rows=rows)}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == code and told in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("option", [("--n", "0"), ("--spread", "-1"), ("--spread", "nan")])
def test_walks_that_cannot_be_meant_are_refused(option: tuple[str, str], tmp_path: Path) -> None:
    assert main(["walk", *option, "-o", str(tmp_path / "out.jsonl")]) == USAGE
    assert not (tmp_path / "out.jsonl").exists()
