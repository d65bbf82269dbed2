"""Results depend on the text alone: not on hash seed, locale, time zone, thread or current folder."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import tracedsl

ROOT = Path(__file__).parent.parent
ERRORS = sorted(path.name for path in (ROOT / "tests" / "errors").glob("*.yaml"))
COMMAND = ["check", "--format", "json", *(f"tests/errors/{name}" for name in ERRORS)]


def output(**variables: str) -> str:
    """Return what `check` prints of all golden inputs under some environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tracedsl", *COMMAND],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and not done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    """The output in the environment of the tests."""
    return output(PYTHONHASHSEED="0")


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "random"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"TZ": "Pacific/Kiritimati"},
        {"PYTHONINTMAXSTRDIGITS": "640"},
        {"PYTHONINTMAXSTRDIGITS": "0"},
        {"PYTHONOPTIMIZE": "2"},
    ],
    ids=str,
)
def test_the_environment_changes_nothing(usual: str, variables: dict[str, str]) -> None:
    assert output(**variables) == usual


def test_no_clock_file_or_network_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "examples" / "discount.trace.yaml").read_text()
    tracedsl.run(text)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("touched")

    for name in ("builtins.open", "socket.socket", "time.time", "pathlib.Path.open"):
        monkeypatch.setattr(name, refuse)
    assert tracedsl.run(text + "# again\n").answer == "67.5"


def test_threads_and_loops_give_equal_results() -> None:
    text = (ROOT / "tests" / "errors" / "a_percent_among_numbers.yaml").read_text()
    alone = repr(tracedsl.check(text).diagnostics)
    with ThreadPoolExecutor(4) as pool:
        assert {repr(report.diagnostics) for report in pool.map(tracedsl.check, [text] * 20)} == {alone}

    async def inside() -> str:
        return repr(tracedsl.check(text).diagnostics)

    assert asyncio.run(inside()) == alone
