"""Every fenced command and trace of the documentation, and every example, is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny
from tracedsl import check
from tracedsl.cli import main
from tracedsl.lints.declarations import check_file
from tracedsl.source import Source
from tracedsl.vocabulary import default

ROOT = Path(__file__).parent.parent
HERE = {**os.environ, "PYTHONPATH": str(ROOT)}
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (page, kind, text) for page in PAGES for _, kind, text in FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
]


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples, as the current folder."""
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", folder)
    monkeypatch.chdir(folder)
    return folder


def blocks(kind: str) -> list[str]:
    """Return the fenced blocks of a kind."""
    return [text for _, found, text in BLOCKS if found == kind]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {kind for _, kind, _ in BLOCKS} == {"yaml", "console", "sh", "python", "text"}


@pytest.mark.parametrize("text", blocks("console"))
def test_a_console_block_prints_what_it_says(text: str, examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, expected = command.partition("\n")
        name, *arguments = shlex.split(line)
        assert name == "tracedsl"
        if arguments[0] == "solve":
            tiny.needs_base()
        main(arguments)
        assert capsys.readouterr().out == expected


@pytest.mark.parametrize("text", blocks("yaml"))
def test_a_yaml_block_is_a_trace_or_a_sound_expert(text: str) -> None:
    source = Source(text)
    if text.startswith("kind:"):
        assert check_file(source, default()).findings == ()
    else:
        assert check(text).document is not None


@pytest.mark.parametrize("text", blocks("python"))
def test_a_python_block_runs(text: str, examples: Path) -> None:
    subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore::ResourceWarning", "-c", text], check=True
    )


@pytest.mark.parametrize("command", [line for text in blocks("sh") for line in text.splitlines()])
def test_a_make_command_has_a_target(command: str) -> None:
    tool, target = command.split()
    assert tool == "make"
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_demo_runs(tmp_path: Path) -> None:
    tool = tmp_path / "tracedsl"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tracedsl "$@"\n')
    tool.chmod(0o755)
    script = (ROOT / "examples" / "demo.sh").read_text().replace("$PWD/$tracedsl", "$tracedsl")
    copy = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", copy)
    (copy / "demo.sh").write_text(script)
    done = subprocess.run(
        ["sh", str(copy / "demo.sh"), str(tool)],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "TRACEDSL_MODELS": str(tmp_path),
        },  # no model to wait for
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error[T402]" in done.stdout and "67.5" in done.stdout


def test_the_library_example_runs(examples: Path) -> None:
    done = subprocess.run([sys.executable, "library.py"], capture_output=True, text=True, check=True, env=HERE)
    assert done.stdout.splitlines()[0] == "28/3"


def test_only_the_example_with_a_mistake_has_one(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--experts", "experts", "--format", "concise", "."]) == 1
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:-1]] == ["misspelt.trace.yaml"]


def test_the_tree_in_the_readme_is_the_tree() -> None:
    tree = next(text for page, kind, text in BLOCKS if page == "README.md" and kind == "text")
    above = ROOT
    for line in tree.splitlines():
        folder = (above if line.startswith(" ") else ROOT) / line.split()[0]
        assert folder.is_dir(), folder
        above = above if line.startswith(" ") else folder
