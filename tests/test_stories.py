"""The library of stories: sound, proved at every level, named apart from all other patterns."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tracedsl.cli import main
from tracedsl.corpora import Plan, plan, prove
from tracedsl.diagnostics.curricula import PATTERN
from tracedsl.patterns.curriculum import library, shipped
from tracedsl.patterns.mixes import LEVELS
from tracedsl.rows import step_names
from tracedsl.sampling import draw_example, seeded
from tracedsl.vocabulary import default

FOLDER = Path(__file__).parent.parent / "experts" / "stories"
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def stories() -> Plan:
    """Return the mix made ready."""
    return plan(shipped(), default(), "stories")


def test_all_patterns_are_drawn_and_none_is_another_ones() -> None:
    known = library("stories")
    assert set(known) == {pattern.name for pattern in stories().order}
    assert not set(known) & set(shipped().patterns)
    assert len(FILES) == 16 and len(known) > 1_000
    assert sum(len(pattern.questions) for pattern in known.values()) > 3_000


@pytest.mark.parametrize("level", LEVELS)
def test_every_story_is_proved_at_every_level(level: str) -> None:
    """At least twice each; a pattern that is too narrow for a level raises."""
    made = stories()
    for at, pattern in enumerate(library("stories").values()):
        for index in range(2):
            drawn = draw_example(pattern, made.tastes[pattern.group, level], seeded(17, at, index))
            prove(pattern, drawn, made.prover, strict=True)


def test_no_wording_stands_twice() -> None:
    texts = Counter(each.text for pattern in library("stories").values() for each in pattern.questions)
    assert [text for text, count in texts.items() if count > 1] == []


def test_problems_are_short_and_long() -> None:
    """As GSM8K's are: half of them compute two or three times."""
    sizes = Counter(
        sum(name not in ("init", "query") for name in step_names(row["trace"])) for row in stories().rows(0, 2_000)
    )
    assert sizes[1] > 200 and sizes[2] + sizes[3] > 1_000 and sizes[4] > 150 and max(sizes) >= 5


def test_ones_own_patterns_stand_beside_a_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = PATTERN.replace("  two_prices:", "  own_price:\n    tags: [homework]")
    own += "---\nkind: mixes\nmixes:\n  hw: {extends: stories, include: [homework]}\n"
    (tmp_path / "own.yaml").write_text(own)
    assert main(["generate", "--experts", str(tmp_path), "--mix", "hw", "--n", "3", "-o", "-"]) == 0
    assert capsys.readouterr().out.count('"pattern": "own_price"') == 3
    assert main(["generate", "--mix", "stories", "--n", "3", "--pattern", "money_nothing", "-o", "-"]) == 2
    assert len(told := capsys.readouterr().err) < 400 and "others" in told


@pytest.mark.parametrize("name", ["parts", "short"])
def test_a_file_checks_as_one_of_a_users_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experts", "--check", str(FOLDER / f"{name}.yaml")]) == 0
    assert "patterns are sound" in capsys.readouterr().out


@pytest.mark.long
def test_nothing_is_found_that_spoils_corpora(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(FOLDER)]) == 0
    assert "No findings in 16 files of declarations." in capsys.readouterr().out
