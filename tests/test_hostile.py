"""Hostile inputs: each ends in a coded diagnostic after bounded work, in a child under a memory limit."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

import pytest

from tracedsl import check
from tracedsl.limits import DEFAULT
from tracedsl.pipeline import Report

_MEMORY = 512 * 1024 * 1024
_HEAD = "expert: arithmetic\ntrace:\n"
_TAIL = "- {op: compute, compute_op: add, args: [a, 1], var: c}\n- {op: query, var: c}\n"


def value(text: str) -> str:
    """Return a trace whose one init has a value of this text."""
    return f"{_HEAD}- {{op: init, var: a, value: {text}}}\n{_TAIL}"


def squares(count: int) -> str:
    """Return a chain of squarings, each twice as long as the one before."""
    steps = (f"- {{op: compute, compute_op: mul, args: [s{i}, s{i}], var: s{i + 1}}}\n" for i in range(count))
    return f"{_HEAD}- {{op: init, var: s0, value: 7}}\n{''.join(steps)}- {{op: query, var: s{count}}}\n"


_LAUGHS = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9))

#: Inputs and a code that each must earn.
INPUTS: dict[str, tuple[str | bytes, str]] = {
    "17 brackets": ("[" * 17, "T112"),
    "1,000 brackets": ("[" * 1000, "T112"),
    "100,000 brackets": ("[" * 100_000, "T112"),
    "1,000,000 brackets": ("[" * 1_000_000, "T112"),
    "100,000 braces": ("{a: " * 100_000, "T112"),
    "a deep block": ("".join(" " * i + "a:\n" for i in range(500)), "T112"),
    "billion laughs": (f"a: &a [lol]\n{_LAUGHS}", "T106"),
    "a node that contains itself": ("&a [*a]", "T106"),
    "a chain of merge keys": ("".join(f"- &k{i}\n  <<: [*k{i - 1}, *k{i - 1}]\n" for i in range(1, 23)), "T106"),
    "a merge key": (value("1, <<: {value: 2}"), "T108"),
    "the tag int": (value("!!int '12'"), "T107"),
    "the tag binary": (value("!!binary aGk="), "T107"),
    "the tag set": (value("!!set {a, b}"), "T107"),
    "a python tag": (value("!!python/object/apply:os.system [ls]"), "T107"),
    "a local tag": (value("!mine 3"), "T107"),
    "the non-specific tag": (value("! 3"), "T107"),
    "a key twice": (_HEAD + "- {op: init, op: query}\n", "T105"),
    "no": (value("no"), "T207"),
    "off": (value("off"), "T207"),
    "a tilde": (value("~"), "T207"),
    "an octal number": (value("0o17"), "T207"),
    "underscores": (value("1_000"), "T207"),
    "a hexadecimal number": (value("0x1F"), "T207"),
    "an exponent": (value("1e3"), "T207"),
    "a date": (value("2026-01-01"), "T207"),
    "600 KB of base 60": (value('"' + "1" + ":30" * 200_000 + '"'), "T207"),
    "33 digits": (value("9" * 33), "T212"),
    "4,300 digits": (value("9" * 4300), "T212"),
    "4,301 digits": (value("9" * 4301), "T212"),
    "a million digits": (value("9" * 1_000_000), "T212"),
    "a million hexadecimal digits": (value("0x" + "f" * 1_000_000), "T207"),
    "a huge exponent": (value("1e999999"), "T207"),
    "a huger exponent": (value("1e9999999"), "T207"),
    "arabic digits": (value("'\u0661\u0662'"), "T207"),
    "nan": (value(".nan"), "T207"),
    "infinity": (value("-.inf"), "T207"),
    "24 squarings": (squares(24), "T508"),
    "900 squarings": (squares(900), "T508"),
    "10,000 squarings": (squares(10_000), "T111"),
    "a huge power": (value("10").replace("add", "pow").replace("[a, 1]", "[a, 99999999999]"), "T508"),
    "a huge negative power": (value("10").replace("add", "pow").replace("[a, 1]", "[a, -99999999999]"), "T508"),
    "NUL": (value("1\0"), "T102"),
    "a control character": (value("1\x1b[2J"), "T102"),
    "invalid UTF-8": (b"\xff\xfe\x00", "T101"),
    "half a surrogate": (b"\xed\xa0\x80: 1", "T101"),
    "an escaped surrogate": ('question: "\\ud800"\n' + value("1"), "T104"),
    "UTF-16": (value("1").encode("utf-16"), "T101"),
    "UTF-16 without a mark": (value("1").encode("utf-16-le"), "T102"),
    "a name that reads from right to left": (value("1").replace("var: a", "var: a\u202eb"), "T210"),
    "a name of no width": (value("1").replace("var: a", "var: a\u200bb"), "T210"),
    "a Cyrillic name": (value("1").replace("var: a", "var: \u0430"), "T210"),
    "a fullwidth name": (value("1").replace("var: a", "var: \uff41"), "T210"),
    "a next-line character": (value("1").replace("\n", "\x85", 1), "T103"),
    "a line separator": (value("1").replace("\n", "\u2028", 1), "T103"),
    "a text of 10 MB": ("question: " + "a" * 10_000_000 + "\n" + value("1"), "T111"),
    "10 MB of steps": (_HEAD + "- {op: init, var: a, value: 1}\n" * 330_000, "T111"),
    "1 MB of numbers": (_HEAD[:-1] + " [" + "0," * 500_000 + "0]", "T111"),
    "1 MB of anchors": ("[" + "&a 0," * 190_000 + "0]", "T106"),
    "1 MB of faults": (_HEAD + "- {x: 1}\n" * 1000, "T205"),
    "a directive": ("%YAML 1.1\n---\n" + value("1"), "T110"),
    "a complex key": ("? {a: b}\n: c\n", "T109"),
    "a list as a key": ("[a]: 1\n", "T109"),
    "a lone CR": (value("1").replace("\n", "\r"), "T103"),
    "nothing": ("", "T114"),
    "a long line of commas": (value("{" + "," * 1000 + "}"), "T104"),
    "a number that is not one": (value("'" + "1 " * 100_000 + "'"), "T207"),
    "5,000 fractions added": (_HEAD + "- {op: compute, compute_op: add, args: [" + ", ".join(f"1/{n}" for n in range(10_001, 15_001)) + "], var: c}\n- {op: query, var: c}\n", "T508"),
    "squares under an absolute value": (squares(100).replace("mul", "div").replace("- {op: query, var: s100}", "- {op: compute, compute_op: abs, args: [s100], var: c}\n- {op: query, var: c}"), "T802"),
    "5,000 zeros": (value("0." + "0" * 5000 + "1"), "T212"),
    "a list of torn numbers": (_HEAD + f"- {{op: compute, compute_op: add, args: [{','.join(['100', '000'] * 4500)}], var: c}}\n{_TAIL}", "T115"),
    "a million underscores": (value("1" + "_" * 990_000 + "x"), "T207"),
    "130,000 codes to ignore": (f"question: none\n{_HEAD}" + f"- {{op: compute, compute_op: add, args: [{', '.join(map(str, range(1000, 4000)))}], var: c}} # tracedsl: ignore[{','.join(f'Z{n}' for n in range(130_000))}]\n- {{op: query, var: c}}\n", "T904"),
    "numbers that a long question does not state": (f"question: {' '.join(f'{n} %' for n in range(10, 3000))}\n{_HEAD}" + f"- {{op: compute, compute_op: add, args: [{', '.join(f'{n}.5' for n in range(10_000, 15_000))}], var: c}}\n- {{op: query, var: c}}\n", "T701"),
    "a calculation that is not one": (value("'" + "1+" * 100_000 + "'"), "T207"),
}  # fmt: skip

_CHILD = """
import io, json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from tests.test_hostile import INPUTS, examined, work
print(json.dumps([[name, [sorted({{f.code for f in r.diagnostics}}) for r in examined(name)], work(examined(name))] for name in INPUTS]))
"""


def examined(name: str) -> list[Report]:
    """Check an input as a file of its bytes."""
    import io

    from tracedsl.inputs import items
    from tracedsl.pipeline import examine_item
    from tracedsl.vocabulary import default

    text = INPUTS[name][0]
    raw = text if isinstance(text, bytes) else text.encode()
    return [examine_item(item, default()) for item in items(io.BytesIO(raw), "hostile.yaml", DEFAULT)]


def work(reports: list[Report]) -> dict[str, int]:
    """Return the work that the reports took, added up."""
    counted = [asdict(report.work) for report in reports]
    return {key: sum(each[key] for each in counted) for key in counted[0]}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[list[list[str]], dict[str, int]]]:
    """What a child process with little memory makes of every input."""
    code = _CHILD.format(memory=_MEMORY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: (codes, counted) for name, codes, counted in json.loads(done.stdout)}


@pytest.mark.parametrize("name", INPUTS)
def test_it_ends_in_a_coded_diagnostic(name: str, outcomes: dict[str, tuple[list[list[str]], dict[str, int]]]) -> None:
    codes, _ = outcomes[name]
    assert INPUTS[name][1] in {code for each in codes for code in each}, codes


@pytest.mark.parametrize("name", INPUTS)
def test_its_work_is_bounded(name: str, outcomes: dict[str, tuple[list[list[str]], dict[str, int]]]) -> None:
    _, counted = outcomes[name]
    assert counted["events"] <= DEFAULT.nodes + 1
    assert counted["steps"] <= DEFAULT.steps
    assert counted["operations"] <= DEFAULT.steps
    assert counted["bits"] <= DEFAULT.bits


def test_work_is_linear_in_the_steps() -> None:
    def chain(count: int) -> str:
        steps = (f"- {{op: compute, compute_op: add, args: [s{i}, 1], var: s{i + 1}}}\n" for i in range(count))
        return f"# for the tree reader\n{_HEAD}- {{op: init, var: s0, value: 7}}\n{''.join(steps)}- {{op: query, var: s{count}}}\n"

    small, middle, large = (check(chain(count)).work for count in (50, 100, 200))
    assert large.operations == 2 * middle.operations == 200
    assert large.events - middle.events == 2 * (middle.events - small.events) > 1000


def test_a_limit_can_be_raised_and_is_then_met_at_its_new_place() -> None:
    text = squares(13)
    limits = DEFAULT.with_settings({"bits": 100_000})
    assert [fault.code for fault in check(text).diagnostics] == ["T508"]
    assert check(text, limits=limits).answer is not None
    with pytest.raises(ValueError, match="no limit `bit`"):
        DEFAULT.with_settings({"bit": 1})


def test_memory_stays_small_over_many_rows(
    tmp_path_factory: pytest.TempPathFactory, run_limited: Callable[..., int]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    row = json.dumps({"question": "x" * 400, "trace": value("1")}) + "\n"
    with path.open("w") as file:
        file.writelines([row] * 20_000)
    assert run_limited("check", str(path), "--quiet", "--ignore", "T7") == 0


@pytest.fixture
def run_limited() -> Callable[..., int]:
    """Run the command in a child with little memory and return its exit code."""

    def run(*arguments: str) -> int:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY // 2, _MEMORY // 2))

        command = [sys.executable, "-m", "tracedsl", *arguments]
        done = subprocess.run(command, capture_output=True, preexec_fn=limit, check=False)
        assert not done.stderr, done.stderr
        return done.returncode

    return run
