"""The commands through their door: arguments in, output and exit code out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tracedsl.cli import BUG, FINDINGS, USAGE, WELL, main

GOOD = """\
expert: arithmetic
trace:
- {op: init, var: price, value: 12}
- {op: compute, compute_op: mul, args: [price, 3], var: total}
- {op: query, var: total}
"""
WRONG = GOOD.replace("[price, 3]", "[prise, 3]")
DOUBTFUL = GOOD.replace("- {op: compute", "- {op: init, var: spare, value: 5}\n- {op: compute")


class Run:
    """What a command did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


@pytest.fixture
def tracedsl(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run a command in an empty folder; `files` are written there first."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"", **files: str) -> Run:
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml").replace("_jsonl", ".jsonl").replace(
                "_toml", ".toml"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


Door = Callable[..., Run]


def test_a_good_file_passes(tracedsl: Door) -> None:
    run = tracedsl("check", "a.yaml", a_yaml=GOOD)
    assert (run.code, run.out, run.err) == (WELL, "All checks passed: 1 document.\n", "")
    assert tracedsl("check", "-q", "a.yaml").out == ""


def test_a_wrong_file_fails_and_is_explained(tracedsl: Door) -> None:
    run = tracedsl("check", "a.yaml", a_yaml=WRONG)
    assert run.code == FINDINGS
    assert run.out.startswith("error[T402]: `prise` is not defined\n --> a.yaml:4:41\n")
    assert run.out.endswith("Found 1 error in 1 document.\n")


def test_warnings_fail_only_when_strict(tracedsl: Door) -> None:
    assert tracedsl("check", "a.yaml", a_yaml=DOUBTFUL).code == WELL
    assert tracedsl("check", "--strict", "a.yaml").code == FINDINGS


def test_codes_are_selected_and_ignored_by_code_prefix_and_name(tracedsl: Door) -> None:
    files = {"a_yaml": DOUBTFUL.replace("[price, 3]", "[prise, 3]")}
    assert tracedsl("check", "--format", "concise", "-q", "a.yaml", **files).out.count("\n") == 1
    for choice, code in (
        (("--select", "T8"), WELL),
        (("--ignore", "T4,T5"), WELL),
        (("--ignore", "undefined-name"), WELL),
        (("--select", "T402"), FINDINGS),
    ):
        assert tracedsl("check", *choice, "a.yaml").code == code
    assert tracedsl("check", "--select", "T999", "a.yaml").code == USAGE
    assert tracedsl("check", "--ignore", "T4", "a.yaml").out.endswith(
        "All checks passed: 1 document; 1 error not shown.\n"
    )
    configured = tracedsl("check", "a.yaml", pyproject_toml='[tool.tracedsl]\nselect = ["C"]\n')
    assert "T402" in configured.out and configured.code == FINDINGS


@pytest.mark.parametrize(
    "options", [("--unsafe",), ("--statistics", "--format", "json"), ("--emit", "ast", "--format", "json")]
)
def test_options_without_effect_are_refused(options: tuple[str, ...], tracedsl: Door) -> None:
    assert tracedsl("check", *options, "a.yaml", a_yaml=GOOD).code == USAGE


def test_a_tab_is_called_a_tab(tracedsl: Door) -> None:
    run = tracedsl("check", "a.yaml", a_yaml=GOOD.replace("- {op: query", "\t- {op: query"))
    assert "a tab indents this line" in run.out and "indent with spaces" in run.out


def test_json_has_the_promised_shape_and_points_into_the_file(tracedsl: Door) -> None:
    text = f"# first\n{GOOD}---\r\n{WRONG}"
    run = tracedsl("check", "--format", "json", "a.yaml", a_yaml=text)
    assert run.code == FINDINGS
    assert run.data["schema_version"] == 1
    assert run.data["summary"] == {"documents": 2, "errors": 1, "warnings": 0, "skipped": 0}
    (found,) = run.data["diagnostics"]
    assert set(found) == {
        "code",
        "name",
        "severity",
        "message",
        "help",
        "file",
        "document",
        "start",
        "end",
        "labels",
        "fix",
    }
    assert (found["code"], found["name"], found["severity"]) == ("T402", "undefined-name", "error")
    assert (found["file"], found["document"], found["fix"]) == ("a.yaml", 2, None)
    assert text[found["start"]["offset"] : found["end"]["offset"]] == "prise"
    assert text.split("\n")[found["start"]["line"] - 1][found["start"]["column"] - 1 :].startswith("prise")
    (label,) = found["labels"]
    assert text[label["start"]["offset"] : label["end"]["offset"]] == "price"


def test_json_points_into_a_row_through_its_escapes(tracedsl: Door) -> None:
    line = json.dumps(
        {"question": "\u201cHow\u201d many \U0001f600?", "trace": "# \u201c\U0001f600\u201d\n" + WRONG, "id": 7}
    )
    text = f"\n{line}\n"
    (found,) = tracedsl("check", "--select", "T4", "--format", "json", "a.jsonl", a_jsonl=text).data["diagnostics"]
    assert (found["document"], found["start"]["line"]) == (1, 2)
    assert text[found["start"]["offset"] : found["end"]["offset"]] == "prise"
    assert line[found["start"]["column"] - 1 :].startswith("prise")


def test_json_lines_and_no_findings(tracedsl: Door) -> None:
    run = tracedsl("check", "--format", "jsonl", "a.yaml", "b.yaml", a_yaml=WRONG, b_yaml=WRONG)
    assert [json.loads(line)["file"] for line in run.out.splitlines()] == ["a.yaml", "b.yaml"]
    assert tracedsl("check", "--format", "json", "c.yaml", c_yaml=GOOD).data["diagnostics"] == []


def test_rows_hold_their_trace_as_text_or_as_an_object(tracedsl: Door) -> None:
    steps = [
        {"op": "init", "var": "a", "value": 3},
        {"op": "compute", "compute_op": "add", "args": ["a", 2], "var": "b"},
        {"op": "query", "var": "b"},
    ]
    one = {"expert": "arithmetic", "trace": steps}
    rows = [
        {"trace": GOOD, "answer": "36", "question": "3 at $12?", "expert": "anything", "extra": [1]},
        {"trace": one, "answer": 5, "pattern": "x"},
        {**one, "seed": 1.5},
        {
            "trace": [
                one,
                {"expert": "arithmetic", "trace": [{"op": "init", "var": "a", "source": "prev.result"}, *steps[1:]]},
            ],
            "answer": "7.0",
        },
        {"composition": [one], "answer": 5},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    run = tracedsl("check", "--ignore", "T7", "a.jsonl", a_jsonl=text)
    assert run.out.count("T608") == 1 and run.code == WELL, run.out
    answers = [document["answer"] for document in tracedsl("run", "--format", "json", "a.jsonl").data["documents"]]
    assert answers == ["36", "5", "5", "7", "5"]


@pytest.mark.parametrize("answer", ["36", "36.0", "$36", '"36.00"', "36%", '"$36.0"'])
def test_the_answer_of_an_example_is_read_in_any_spelling(tracedsl: Door, answer: str) -> None:
    assert tracedsl("check", "a.yaml", a_yaml=f"answer: {answer}\n{GOOD}").code == WELL
    assert (
        tracedsl("check", "a.yaml", a_yaml=f"answer: 1{answer.lstrip('$')}\n{GOOD}".replace('1"', '"1')).code
        == FINDINGS
    )


def test_folders_are_searched_and_what_holds_no_trace_is_counted(tracedsl: Door) -> None:
    files = {
        "d__one_yaml": GOOD,
        "d__deep__two_yaml": "- expert: arithmetic\n  trace: []\n",
        "d__config_yaml": "a: 1\n",
        "d__expert_yaml": "kind: expert\nname: x\n",
        "d__rows_jsonl": json.dumps({"trace": GOOD}) + "\n",
        "d__other_jsonl": '{"question": "?"}\n',
        "d__.hidden__three_yaml": WRONG,
    }
    run = tracedsl("check", "--format", "json", "d", **files)
    assert run.data["summary"]["documents"] == 3 and run.data["summary"]["skipped"] == 3
    assert run.code == FINDINGS
    assert tracedsl("check", "-q", "d/*.yaml").code == FINDINGS  # named by a glob, each file is checked


def test_standard_input_is_yaml_or_rows(tracedsl: Door) -> None:
    assert tracedsl("check", "-", stdin=GOOD.encode()).code == WELL
    assert tracedsl("check", "-", stdin=json.dumps({"trace": GOOD}).encode()).code == WELL
    run = tracedsl("check", "-", "--stdin-filename", "mine.yaml", stdin=WRONG.encode())
    assert " --> mine.yaml:4:41" in run.out


@pytest.mark.parametrize("path", ["missing.yaml", "empty_folder", "missing/*.yaml", "/dev/null", "/dev/zero"])
def test_what_cannot_be_read_is_usage(tracedsl: Door, tmp_path: Path, path: str) -> None:
    (tmp_path / "empty_folder").mkdir()
    run = tracedsl("check", path)
    assert run.code == USAGE and run.err.startswith("tracedsl: ")


def test_an_unreadable_file_does_not_hide_the_others(tracedsl: Door) -> None:
    run = tracedsl("check", "missing.yaml", "a.yaml", a_yaml=WRONG)
    assert run.code == USAGE and "T402" in run.out


def test_a_pipe_is_no_regular_file(tracedsl: Door, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert tracedsl("check", "pipe.yaml").code == USAGE


def test_an_empty_file_is_a_finding(tracedsl: Door) -> None:
    run = tracedsl("check", "--format", "concise", "a.yaml", a_yaml="# nothing\n")
    assert (run.code, "T114" in run.out) == (FINDINGS, True)


def test_fix_changes_only_what_it_must(tracedsl: Door, tmp_path: Path) -> None:
    text = "# keep\r\n" + GOOD.replace("12}", "80,000}  # as it is").replace("\n", "\r\n") + "---\n# and me\n" + GOOD
    run = tracedsl("check", "--fix", "a.yaml", a_yaml=text)
    assert run.code == WELL
    assert (tmp_path / "a.yaml").read_bytes().decode() == text.replace("80,000", "80000")


def test_diff_shows_and_changes_nothing(tracedsl: Door, tmp_path: Path) -> None:
    text = GOOD.replace("12}", "80,000}")
    run = tracedsl("check", "--diff", "a.yaml", a_yaml=text)
    assert run.code == FINDINGS
    assert "-- {op: init, var: price, value: 80,000}\n+- {op: init, var: price, value: 80000}\n" in run.out
    assert (tmp_path / "a.yaml").read_text() == text


def test_unsafe_fixes_delete_what_is_unused_until_nothing_is(tracedsl: Door, tmp_path: Path) -> None:
    text = DOUBTFUL.replace(
        "- {op: query", "- {op: compute, compute_op: add, args: [spare, total], var: more}\n- {op: query"
    )
    assert tracedsl("check", "--fix", "a.yaml", a_yaml=text).code == WELL
    assert (tmp_path / "a.yaml").read_text() == text
    tracedsl("check", "--fix", "--unsafe", "a.yaml")
    assert (tmp_path / "a.yaml").read_text() == GOOD


def test_fix_reaches_into_rows(tracedsl: Door, tmp_path: Path) -> None:
    row = {"id": 1, "trace": GOOD.replace("12}", "80,000}").replace("price", "price"), "note": "caf\u00e9"}
    text = json.dumps(row, ensure_ascii=False) + "\n\n" + json.dumps(row) + "\n"
    assert tracedsl("check", "--fix", "a.jsonl", a_jsonl=text).code == WELL
    assert (tmp_path / "a.jsonl").read_text() == text.replace("80,000", "80000")


def test_a_fix_knows_the_question_and_the_answer_of_its_row(tracedsl: Door) -> None:
    ignoring = GOOD.replace("total}\n", "total}  # tracedsl: ignore[T701] known\n", 1)
    row = json.dumps({"question": "A ball costs 12. How much?", "answer": "36", "trace": ignoring})
    assert tracedsl("check", "--strict", "a.jsonl", a_jsonl=row).code == WELL
    assert tracedsl("check", "--fix", "--diff", "a.jsonl").out == ""


@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl"])
def test_a_mark_of_the_order_of_bytes_moves_nothing(tracedsl: Door, tmp_path: Path, name: str) -> None:
    text = "\ufeff" + GOOD.replace("12}", "80,000}")
    content = json.dumps({"trace": text}, ensure_ascii=False) if name == "a.jsonl" else f"\ufeff{text}"
    (tmp_path / name).write_text(content)
    assert tracedsl("check", "--fix", name).code == WELL
    assert (tmp_path / name).read_text() == content.replace("80,000", "80000")


def test_rows_of_objects_are_rows_on_standard_input_too(tracedsl: Door) -> None:
    row = json.dumps({"id": 1, "trace": yaml.safe_load(GOOD)["trace"], "expert": "arithmetic"})
    assert tracedsl("check", "-", stdin=f"{row}\n{row}\n".encode()).out == "All checks passed: 2 documents.\n"


def test_json_may_escape_an_emoji(tracedsl: Door) -> None:
    asked = json.dumps({"question": "12 \U0001f3be for 3?", **yaml.safe_load(GOOD)})
    assert "\\ud83c" in asked
    assert tracedsl("run", "-", stdin=asked.encode()).out == "36\n"
    wrong = asked.replace('["price"', '["prise"')
    run = tracedsl("check", "--format", "concise", "-", stdin=wrong.encode())
    place = wrong.index('"prise"') + 1
    assert run.out.startswith(f"<stdin>:1:{place}: T402 ")


def test_what_is_wrong_with_a_step_is_told_once(tracedsl: Door) -> None:
    steps = "- {op: init, var: ann.apples, value: 9}\n- {op: init, var: bob.apples, value: 1}\n"
    text = f"expert: entity_track\ntrace:\n{steps}- {{op: transfer, from: ann.apples, to: bob.apples, amount: 4%}}\n"
    run = tracedsl("check", "--format", "concise", "-", stdin=f"{text}- {{op: query, var: bob.apples}}\n".encode())
    assert run.out.count("T501") == 1


def test_statistics_count_by_code_and_by_expert(tracedsl: Door) -> None:
    run = tracedsl(
        "check",
        "--statistics",
        "a.yaml",
        a_yaml=f"{WRONG}---\n{WRONG}---\n{DOUBTFUL.replace('arithmetic', 'comparison')}",
    )
    lines = [line.split() for line in run.out.splitlines()]
    assert lines[0] == ["2", "T402", "undefined-name"] and lines[1] == ["1", "T803", "unused-init"]
    assert lines[3:] == [["arithmetic", "2", "0", "2", "0"], ["comparison", "1", "1", "0", "1"]]


def test_stages_are_emitted_as_json(tracedsl: Door) -> None:
    tree = tracedsl("check", "--emit", "ast", "a.yaml", a_yaml=GOOD).data
    assert [step["kind"] for step in tree["steps"]] == ["Init", "Compute", "Query"]
    graph = tracedsl("check", "--emit", "graph", "a.yaml").data
    assert [node["kind"] for node in graph["nodes"]] == ["input", "input", "apply"] and graph["result"] == 2


def test_a_comment_ignores_a_warning_of_its_step(tracedsl: Door) -> None:
    marked = DOUBTFUL.replace("value: 5}", "value: 5}  # tracedsl: ignore[T803] mentioned only")
    assert tracedsl("check", "--strict", "a.yaml", a_yaml=marked).code == WELL
    error = WRONG.replace("var: total}", "var: total}  # tracedsl: ignore[T402]")
    run = tracedsl("check", "--format", "concise", "a.yaml", a_yaml=error)
    assert run.code == FINDINGS and "T402" in run.out and "T904" in run.out


def test_configuration_is_found_and_checked(tracedsl: Door) -> None:
    config = (
        '[tool.tracedsl]\nstrict = true\nignore = ["T803"]\nexperts = ["mine"]\n[tool.tracedsl.limits]\nsteps = 3\n'
    )
    expert = "kind: expert\nname: doubling\noperations:\n  twice:\n    slots: {what: number}\n    defines: 2 * what\n"
    mine = "expert: doubling\ntrace:\n- {op: init, var: a, value: 4}\n- {op: twice, what: a, var: b}\n- {op: query, var: b}\n"
    run = tracedsl("run", "a.yaml", a_yaml=mine, pyproject_toml=config, mine__doubling_yaml=expert)
    assert (run.code, run.out) == (WELL, "8\n")
    assert tracedsl("check", "-q", "b.yaml", b_yaml=DOUBTFUL).code == FINDINGS  # four steps, three allowed
    assert tracedsl("check", "-q", "--limit", "steps=4", "b.yaml").code == WELL
    assert tracedsl("check", "b.yaml", pyproject_toml="[tool.tracedsl]\nstrikt = true\n").code == USAGE
    assert tracedsl("check", "b.yaml", pyproject_toml="[tool.tracedsl\n").code == USAGE
    assert (
        tracedsl("check", "--config", "other.toml", "b.yaml", other_toml="[tool.tracedsl]\nstrict = true\n").code
        == FINDINGS
    )


@pytest.mark.parametrize("option", ["steps", "steps=", "steps=-1", "steps=0", "step=5", "steps=5x", "steps=\u0661"])
def test_a_limit_that_is_none_is_usage(tracedsl: Door, option: str) -> None:
    assert tracedsl("limits", "--limit", option).code == USAGE


def test_run_prints_the_answer(tracedsl: Door) -> None:
    assert tracedsl("run", "a.yaml", a_yaml=GOOD).out == "36\n"
    assert tracedsl("run", "--values", "a.yaml").out == "price = 12\ntotal = 36\n36\n"
    run = tracedsl("run", "a.yaml", "b.yaml", b_yaml=WRONG)
    assert (run.code, run.out) == (FINDINGS, "a.yaml#1: 36\nb.yaml#1: no answer\n")
    assert "T402" in run.err


def test_run_as_json_has_the_promised_shape(tracedsl: Door) -> None:
    text = "answer: 1\n" + GOOD.replace("value: 12", "value: 1/9, unit: dollars")
    run = tracedsl("run", "--format", "json", "a.yaml", "b.yaml", a_yaml=text, b_yaml=WRONG)
    assert run.code == FINDINGS
    good, wrong = run.data["documents"]
    assert set(good) == {"file", "document", "ok", "answer", "type", "unit", "sub_traces", "diagnostics"}
    assert (good["ok"], good["answer"], good["type"], good["diagnostics"]) == (True, "1/3", "number", [])
    assert good["sub_traces"] == [
        {"expert": "arithmetic", "name": None, "answer": "1/3", "values": {"price": "1/9", "total": "1/3"}}
    ]
    assert (wrong["ok"], wrong["answer"], wrong["sub_traces"]) == (False, None, [])
    assert [fault["code"] for fault in wrong["diagnostics"]] == ["T402"]


def test_percents_and_units_are_told(tracedsl: Door) -> None:
    text = "expert: arithmetic\ntrace:\n- {op: init, var: a, value: 20%}\n- {op: compute, compute_op: add, args: [a, 5%], var: b}\n- {op: query, var: b}\n"
    (document,) = tracedsl("run", "--format", "json", "a.yaml", a_yaml=text).data["documents"]
    assert (document["answer"], document["type"]) == ("25%", "percent")
    text = text.replace("20%", "20, unit: apples/day").replace("5%", "a")
    (document,) = tracedsl("run", "--format", "json", "a.yaml", a_yaml=text).data["documents"]
    assert (document["answer"], document["type"], document["unit"]) == ("40", "number", "apple/day")


COMMENTED = """\
# about the file
---
# about the trace
expert: arithmetic   # which
# before the steps
trace:
  # before the first
  - op: init         # how
    # what
    var: price
    value: 12
  - {op: compute, args: [price, 3], compute_op: mul, var: total}   # beside
  - {op: query, "var": total}
# at the end
"""
FORMATTED = """\
# about the file
---
# about the trace
expert: arithmetic  # which
# before the steps
trace:
# before the first
# how
# what
- {op: init, var: price, value: 12}
- {op: compute, compute_op: mul, args: [price, 3], var: total}  # beside
- {op: query, var: total}
# at the end
"""


def test_fmt_writes_canonical_text_and_keeps_comments(tracedsl: Door, tmp_path: Path) -> None:
    assert tracedsl("fmt", "--check", "a.yaml", a_yaml=COMMENTED).code == FINDINGS
    assert (tmp_path / "a.yaml").read_text() == COMMENTED
    assert tracedsl("fmt", "--diff", "a.yaml").code == FINDINGS
    assert tracedsl("fmt", "a.yaml").code == WELL
    assert (tmp_path / "a.yaml").read_text() == FORMATTED
    assert tracedsl("fmt", "--check", "a.yaml").code == WELL
    assert tracedsl("fmt", "-", stdin=COMMENTED.encode()).out == FORMATTED


def test_fmt_leaves_what_it_cannot_read(tracedsl: Door, tmp_path: Path) -> None:
    text = f"{COMMENTED}---\ntrace: [\n---\n{COMMENTED}"
    run = tracedsl("fmt", "a.yaml", a_yaml=text)
    assert run.code == FINDINGS and "T104" in run.err
    assert "trace: [\n" in (tmp_path / "a.yaml").read_text()


def test_fmt_formats_the_traces_of_rows(tracedsl: Door, tmp_path: Path) -> None:
    row = {"id": 1, "trace": GOOD.replace("{op: query, var: total}", "{var: total, op: query}"), "z": [1, 2]}
    tracedsl("fmt", "a.jsonl", a_jsonl=json.dumps(row) + "\n")
    assert json.loads((tmp_path / "a.jsonl").read_text()) == {**row, "trace": GOOD}


def test_experts_are_listed_and_checked(tracedsl: Door) -> None:
    assert {"percent_off", "consume"} <= set(tracedsl("experts").out.replace(":", " ").split())
    (data,) = tracedsl("experts", "percentage", "--format", "json").data["experts"]
    assert data["operations"][1]["defines"] == "base * (1 - rate / 100)"
    assert tracedsl("experts", "nobody").code == USAGE
    expert = "kind: expert\nname: doubling\noperations:\n  twice:\n    slots: {what: number}\n    defines: 2 * what\n"
    assert tracedsl("experts", "--check", "e.yaml", e_yaml=expert).code == WELL
    assert tracedsl("experts", "--check", "e.yaml", e_yaml=expert.replace("what\n", "whit\n")).code == FINDINGS


def test_a_repeated_expert_or_step_is_refused(tracedsl: Door) -> None:
    expert = "kind: expert\nname: {0}\noperations:\n  {1}:\n    slots: {{what: number}}\n    defines: 2 * what\n"
    for name, step in (("percentage", "twice"), ("mine", "consume"), ("mine", "init")):
        run = tracedsl("check", "--experts", "d", "a.yaml", a_yaml=GOOD, d__e_yaml=expert.format(name, step))
        assert run.code == USAGE and "T353" in run.err


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("mermaid", "flowchart TD\n"),
        ("dot", "digraph trace {\n"),
        ("svg", "<svg "),
        ("text", "total  mul = "),
        ("json", "{"),
    ],
)
def test_graphs_are_drawn(tracedsl: Door, form: str, start: str) -> None:
    run = tracedsl("graph", "a.yaml", "--to", form, a_yaml=GOOD)
    assert run.code == WELL and run.out.startswith(start) and "price" in run.out


def test_a_limit_that_is_moved_is_moved_for_the_linter_too(tracedsl: Door) -> None:
    trace = GOOD.replace("12}", "1" * 37 + "}").replace("[price, 3]", "[price, 1]")
    row = json.dumps({"question": f"It is {'1' * 37}.", "trace": trace})
    assert "C502" in tracedsl("lint", "a.jsonl", a_jsonl=row).out
    assert "C502" not in tracedsl("lint", "--limit", "digits=50", "a.jsonl").out


def test_a_seed_has_at_most_63_bits(tracedsl: Door) -> None:
    run = tracedsl("walk", "--seed", "9" * 23, "-o", "w.jsonl")
    assert run.code == USAGE and "at most 63 bits" in run.err


def test_limits_are_listed(tracedsl: Door) -> None:
    assert "steps          1,000" in tracedsl("limits").out
    assert tracedsl("limits", "--limit", "steps=7", "--format", "json").data["limits"]["steps"] == 7


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(tracedsl: Door, shell: str) -> None:
    run = tracedsl("completion", shell)
    assert run.code == WELL and "--strict" in run.out.replace("-l strict", "--strict")


def test_colour_is_on_only_where_it_is_wanted(tracedsl: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in tracedsl("check", "a.yaml", a_yaml=WRONG).out
    assert "\x1b[" in tracedsl("check", "--color", "always", "a.yaml").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in tracedsl("check", "a.yaml").out


def test_usage_version_and_help(tracedsl: Door) -> None:
    assert tracedsl().code == USAGE
    assert tracedsl("chek").code == USAGE
    assert tracedsl("--version").out.startswith("tracedsl ")
    assert "exit codes" in tracedsl("check", "--help").out
    assert tracedsl("explain").code == USAGE
    assert "did you mean T402" in tracedsl("explain", "T4O2").err


def test_a_bug_of_ours_has_a_code_of_its_own(tracedsl: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("tracedsl.cli.check.examine_item", broken)
    run = tracedsl("check", "a.yaml", a_yaml=GOOD)
    assert run.code == BUG and "this is a bug in tracedsl" in run.err


def test_help_imports_nothing_heavy_and_check_no_framework(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    for arguments, unwanted in (
        (["--help"], {"lark", "yaml", "json"}),
        (["check", str(path)], {"torch", "transformers", "trl", "pydantic", "networkx", "shtab"}),
    ):
        code = f"import sys; from tracedsl.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not unwanted & set(done.stderr.split())


def test_a_reader_that_stops_early_is_no_bug(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("---\n".join([WRONG] * 2000))
    done = subprocess.run(
        f"{sys.executable} -m tracedsl check {path} | head -n 1", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("error[T402]") and done.stderr == ""


def test_files_that_cannot_be_rewritten_whole_are_left(tracedsl: Door, tmp_path: Path) -> None:
    latin = COMMENTED.encode() + b"---\n# caf\xe9\n" + GOOD.encode()
    (tmp_path / "latin.yaml").write_bytes(latin)
    large = (COMMENTED + "---\n# " + "x" * 200_000 + "\n" + GOOD + "---\n" + COMMENTED).encode()
    (tmp_path / "large.yaml").write_bytes(large)
    for command in (["fmt"], ["check", "--fix"]):
        run = tracedsl(*command, "--limit", "bytes=2000", "latin.yaml", "large.yaml")
        assert run.err.count("left as it is") == 2
    assert (tmp_path / "latin.yaml").read_bytes() == latin
    assert (tmp_path / "large.yaml").read_bytes() == large


def test_documents_keep_their_ends_and_marks(tracedsl: Door, tmp_path: Path) -> None:
    flow = GOOD.replace("{op: query, var: total}", "{var: total, op: query}")
    text = f"\ufeff{flow}...\n{flow}...\ntrace: [\n...\n# between\n---\n{flow}"
    tracedsl("fmt", "a.yaml", a_yaml=text)
    assert (
        tmp_path / "a.yaml"
    ).read_text() == f"\ufeff{GOOD}...\n---\n{GOOD}...\ntrace: [\n...\n# between\n---\n{GOOD}"


def row(**columns: object) -> str:
    """Return a row."""
    return json.dumps(columns) + "\n"


OBJECT = {
    "expert": "arithmetic",
    "trace": [
        {"op": "init", "var": "a", "value": 3},
        {"op": "compute", "compute_op": "add", "args": ["a", 2], "var": "b"},
        {"op": "query", "var": "b"},
    ],
}


def test_further_columns_of_a_row_are_ignored_whatever_they_hold(tracedsl: Door) -> None:
    deep: object = "x"
    for _ in range(40):
        deep = [deep]
    further = {"deep": deep, "long": list(range(30_000)), "odd": "\x7f\u2028", "k" * 2000: 1, "emoji": "\U0001f600"}
    text = row(question="3 \U0001f600 and 2", trace=OBJECT, answer=5, **further) + row(trace=GOOD, **further)
    text += f'{{"meta": {{"a": 1, "a": 2}}, "id": {"9" * 5000}, "trace": {json.dumps(DOUBTFUL)}}}\n'
    run = tracedsl("check", "--format", "concise", "a.jsonl", a_jsonl=text)
    assert run.code == WELL and run.out.count("T803") == 1, run.out


@pytest.mark.parametrize("trace", ["5", "null", "true", "[]", "{}", "[1, 2]", '""', "12.5"])
def test_a_row_whose_trace_is_none_is_a_finding(tracedsl: Door, trace: str) -> None:
    for command in ("check", "run"):
        run = tracedsl(command, "--format", "json", "a.jsonl", a_jsonl=f'{{"trace": {trace}, "question": "how"}}\n')
        assert run.code == FINDINGS and run.data
    assert "left as it is" in tracedsl("fmt", "a.jsonl").err + "left as it is"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"answer": "seven"}, "T511"),
        ({"answer": [36]}, "T511"),
        ({"answer": True}, "T511"),
        ({"question": [1]}, "T204"),
        ({"answer": 36.0}, None),
    ],
)
def test_the_columns_of_a_row_are_read(tracedsl: Door, columns: dict[str, object], code: str | None) -> None:
    run = tracedsl("check", "--format", "concise", "-q", "a.jsonl", a_jsonl=row(trace=GOOD, **columns))
    assert (code in run.out) if code else run.out == ""


def test_what_is_too_large_is_no_blank(tracedsl: Door) -> None:
    text = "# " + "x" * 200_000 + f"\n{WRONG}---\n{GOOD}"
    run = tracedsl("check", "--format", "concise", "--limit", "bytes=2000", "a.yaml", a_yaml=text)
    assert "T111" in run.out and "2 documents" in run.out
    assert "T111" in tracedsl("check", "--limit", "bytes=2001", "a.yaml", a_yaml="\u20ac" * 3000 + "\n").out


def test_fixes_fit_the_style_they_are_made_in(tracedsl: Door, tmp_path: Path) -> None:
    block = "expert: arithmetic\ntrace:\n- {op: init, var: a, value: 3}\n- op: mul\n  args: [a, a]\n  var: b\n- {op: query, var: b}\n"
    tracedsl("check", "--fix", "a.yaml", a_yaml=block)
    assert (tmp_path / "a.yaml").read_text() == block
    first = json.dumps(OBJECT)
    second = first.replace('"value": 3', '"from": "prev.result"').replace(": ", ":").replace(", ", ",")
    run = tracedsl("check", "--fix", "b.yaml", b_yaml=f"[{first},\n{second}]\n")
    assert run.code == WELL and '"source":"prev.result"' in (tmp_path / "b.yaml").read_text()


def test_an_error_elsewhere_does_not_cost_a_comment(tracedsl: Door, tmp_path: Path) -> None:
    text = DOUBTFUL.replace("value: 5}", "value: 5}  # tracedsl: ignore[T803] why").replace("[price, 3]", "[prise, 3]")
    run = tracedsl("check", "--fix", "--format", "concise", "a.yaml", a_yaml=text)
    assert "T904" not in run.out and (tmp_path / "a.yaml").read_text() == text


def test_comments_behind_dashes_and_block_scalars_are_kept(tracedsl: Door) -> None:
    text = "question: |  # asked\n  How many?\nexpert: arithmetic\ntrace:\n- {op: init, var: a, value: 3}\n-  # why\n  op: compute\n  compute_op: add\n  args: [a, 2]\n  var: b\n- {op: query, var: b}\n"
    lines = tracedsl("fmt", "-", stdin=text.encode()).out.splitlines()
    assert lines[0] == 'question: "How many?\\n"  # asked'
    assert lines[lines.index("# why") + 1].startswith("- {op: compute")


def test_standard_input_is_formatted_like_a_file(tracedsl: Door) -> None:
    rows = row(id=1, trace=GOOD.replace("12}", "12 }"), z="\u00e9") + "\n" + row(trace=GOOD)
    run = tracedsl("fmt", "-", stdin=rows.encode())
    assert [json.loads(line) for line in run.out.splitlines() if line] == [
        {"id": 1, "trace": GOOD, "z": "\u00e9"},
        {"trace": GOOD},
    ]
    text = f"# alone\n---\n{GOOD}...\ntrace: [\n"
    assert tracedsl("fmt", "-", stdin=text.encode()).out == text
    assert tracedsl("fmt", "--check", "-", stdin=COMMENTED.encode()).code == FINDINGS
    assert tracedsl("fmt", "--diff", "-", stdin=COMMENTED.encode()).out.startswith("--- <stdin>\n")
    assert tracedsl("check", "-", stdin=json.dumps(OBJECT).encode() + f"\n---\n{GOOD}".encode()).code == WELL


def test_line_ends_are_kept(tracedsl: Door, tmp_path: Path) -> None:
    tracedsl("fmt", "a.yaml", a_yaml=COMMENTED.replace("\n", "\r\n"))
    assert (tmp_path / "a.yaml").read_bytes().decode() == FORMATTED.replace("\n", "\r\n")
    assert tracedsl("fmt", "--check", "a.yaml").code == WELL


def test_a_diff_is_a_patch_that_applies(tracedsl: Door, tmp_path: Path) -> None:
    text = 'question: "a\u2028b\x85c"\n' + GOOD.replace("12}", "80,000}")
    patch = tracedsl("check", "--diff", "a.yaml", a_yaml=text).out
    assert patch.count("\n") == 3 + 7 and "No newline" not in patch


def test_a_folder_hides_no_broken_trace(tracedsl: Door) -> None:
    files = {"d__a_yaml": "trace: [\n", "d__b_yaml": "expert: &a x\ntrace: *a\n", "d__c_jsonl": '{"trace": \n'}
    run = tracedsl("check", "--format", "json", "d", **files)
    assert {fault["code"] for fault in run.data["diagnostics"]} == {"T104", "T106", "T113"}


def test_nothing_to_check_is_never_well(tracedsl: Door) -> None:
    assert tracedsl("check", "a.jsonl", a_jsonl="").code == USAGE
    assert tracedsl("check", "b.yaml", "typo*.yaml", b_yaml=GOOD).code == USAGE
    assert "All checks passed" not in tracedsl("check", "missing.yaml").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "x" * 300 + ".yaml"],
        ["check", "--experts", "d", "a.yaml"],
        ["check", "--config", "latin.toml", "a.yaml"],
        ["check", "--config", "three.toml", "a.yaml"],
        ["check", "--config", "strict.toml", "a.yaml"],
        ["experts", "--check", "."],
        ["check", "--config", ".", "a.yaml"],
    ],
)
def test_faults_of_the_surroundings_are_usage(tracedsl: Door, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "d").mkdir()
    for name in ("d/e.yaml", "latin.toml"):
        (tmp_path / name).write_bytes(b"# tracedsl caf\xe9\n")
    run = tracedsl(
        *arguments, a_yaml=GOOD, three_toml="[tool]\ntracedsl = 3\n", strict_toml='[tool.tracedsl]\nstrict = "no"\n'
    )
    assert run.code == USAGE and run.err.startswith("tracedsl: "), run.err


def test_a_byte_order_mark_counts_as_a_character(tracedsl: Door) -> None:
    text = f"\ufeff{WRONG}---\n{WRONG}"
    for found in tracedsl("check", "--format", "json", "a.yaml", a_yaml=text).data["diagnostics"]:
        assert text[found["start"]["offset"] : found["end"]["offset"]] == "prise"


@pytest.mark.parametrize(
    "change",
    [
        ("kind: expert", "kind: trace"),
        ("what: number", "op: number"),
        ("what: number", "x y: number"),
        ("name: doubling", "name: null"),
        ("    defines: 2 * what\n", "    updates: {}\n"),
        ("    defines", "    aliases: {what: what}\n    defines"),
    ],
)
def test_an_expert_that_cannot_work_is_not_sound(tracedsl: Door, change: tuple[str, str]) -> None:
    expert = "kind: expert\nname: doubling\noperations:\n  twice:\n    slots: {what: number}\n    defines: 2 * what\n"
    assert (
        tracedsl("experts", "--check", "e.yaml", "f.yaml", e_yaml=expert, f_yaml=expert.replace(*change)).code
        == FINDINGS
    )


def test_the_caret_of_a_long_line_is_seen(tracedsl: Door) -> None:
    lines = tracedsl(
        "check", "a.jsonl", a_jsonl=row(note="x" * 300, trace={**OBJECT, "expert": "arithmetics"})
    ).out.splitlines()
    at = next(index for index, line in enumerate(lines) if "^" in line)
    assert lines[at - 1][lines[at].index("^") :].startswith('"arithmetics"')


def test_warnings_beside_steps_can_be_ignored_and_by_name(tracedsl: Door) -> None:
    part = GOOD.replace("\n", "\n  ").rstrip()
    text = f"- {part}\n".replace(
        "expert: arithmetic", "expert: arithmetic  # noqa # tracedsl: ignore[single-composition] one for now"
    )
    assert tracedsl("check", "--strict", "a.yaml", a_yaml=text).code == WELL


def test_a_misspelt_kind_is_no_expert_that_is_left_out(tracedsl: Door) -> None:
    run = tracedsl("check", "--experts", "own", "a.yaml", a_yaml=GOOD, own__zoo_yaml="kind: exprt\nname: zoo\n")
    assert run.code == USAGE and "did you mean `expert`?" in run.err


def test_one_fix_that_would_break_a_trace_keeps_no_other_back(tracedsl: Door, tmp_path: Path) -> None:
    """Deleting the only step that writes is not done; the names of its fields and the unused init are mended."""
    text = (
        "expert: entity_track\ntrace:\n- {op: init, var: ann.apples, value: 9}\n- {op: init, var: z, value: 5}\n"
        "- {op: transfer, from_entity: ann.apples, to_entity: ann.apples, amount: 4}\n- {op: query, var: ann.apples}\n"
    )
    tracedsl("check", "--fix", "--unsafe", "a.yaml", a_yaml=text)
    fixed = (tmp_path / "a.yaml").read_text()
    assert "from: ann.apples, to: ann.apples" in fixed and "var: z" not in fixed
