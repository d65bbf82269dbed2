"""Inputs that no one here wrote: the seed's problems and the YAML test suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracedsl import check, run
from tracedsl.inputs import items
from tracedsl.limits import DEFAULT
from tracedsl.pipeline import Report, examine_item
from tracedsl.vocabulary import default

ANSWERS = ["18", "3", "70000", "540", "20", "64", "260", "160", "35", "72"]

#: The composition as the report printed it, `from:` and all; it adds the price once too often.
HOUSE_FLIPPING = """\
- expert: percentage
  trace:
    - {op: init, var: price, value: 80000}
    - {op: init, var: rate, value: 150}
    - {op: percent_increase, base: price, rate: rate, var: result}
    - {op: query, var: result}
- expert: arithmetic
  trace:
    - {op: init, var: increased, from: prev.result}
    - {op: init, var: original, value: 80000}
    - {op: compute, compute_op: add, args: [original, increased], var: new_value}
    - {op: init, var: cost, value: 130000}
    - {op: compute, compute_op: sub, args: [new_value, cost], var: result}
    - {op: query, var: result}
"""


def reports(path: Path) -> list[Report]:
    """Check every document of a file."""
    with path.open("rb") as stream:
        return [examine_item(item, default()) for item in items(stream, str(path), DEFAULT)]


def test_the_seeds_ten_problems_pass_and_run_to_their_answers(data: Path) -> None:
    found = reports(data / "seed10.yaml")
    assert [report.diagnostics for report in found] == [()] * 10
    assert [str(report.answer.value) if report.answer else None for report in found] == ANSWERS


def test_the_seeds_own_house_flipping_runs_with_a_hint_and_is_wrong_as_an_example() -> None:
    result = run(HOUSE_FLIPPING)
    assert result.answer == "150000"
    assert [(fault.code, fault.message) for fault in result.report.diagnostics] == [
        ("T903", "`from` on an init is read as `source`")
    ]
    indented = HOUSE_FLIPPING.replace("\n", "\n  ").rstrip()
    report = check(f"answer: 70000\ncomposition:\n  {indented}\n")
    assert [fault.code for fault in report.errors] == ["T510"]
    assert dict(report.errors[0].comparison) == {"expected": "70000", "found": "150000"}


def suite(data: Path) -> list[dict[str, str]]:
    """Read the YAML test suite's inputs."""
    lines = (data / "yaml_test_suite.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_no_input_of_the_yaml_test_suite_is_taken_for_a_trace(data: Path) -> None:
    cases = suite(data)
    assert len(cases) == 405
    for case in cases:
        report = check(case["yaml"])
        assert report.errors, case["id"]
        assert report.answer is None


@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl"])
def test_the_yaml_test_suite_is_read_as_files_too(data: Path, tmp_path: Path, name: str) -> None:
    for case in suite(data):
        path = tmp_path / name
        path.write_text(case["yaml"], encoding="utf-8")
        found = reports(path)
        assert all(report.errors for report in found), case["id"]
