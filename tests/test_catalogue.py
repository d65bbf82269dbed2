"""The catalogue: codes are stable, every text fits its fields, every example does what it says."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from tracedsl.cli.explain import examine_example, explanation
from tracedsl.diagnostics import CATALOGUE, Diagnostic, Severity, near, visible

RELEASED = Path(__file__).parent / "codes.txt"
KINDS = list(CATALOGUE.values())


def by_code(kind: type[Diagnostic]) -> str:
    """Return the code, to name a test case."""
    return kind.code


def test_a_released_code_keeps_its_meaning() -> None:
    """`codes.txt` only ever grows."""
    lines = [f"{kind.code} {kind.name} {kind.severity}" for kind in sorted(KINDS, key=by_code)]
    released = RELEASED.read_text(encoding="utf-8").splitlines()
    assert [line for line in released if line not in lines] == []
    assert lines == released, "add the new codes to tests/codes.txt"


def test_codes_and_names_are_unique_and_the_number_tells_the_stage() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) == len({kind.code for kind in KINDS})
    for kind in KINDS:
        stage = int(kind.code[1])
        assert kind.code[0] in "TC" and stage <= 9
        if kind.code[0] == "T":
            assert (kind.severity is Severity.WARNING) >= (stage >= 7)
        else:
            assert (kind.severity is Severity.WARNING) == (stage >= 1)


@pytest.mark.parametrize("kind", KINDS, ids=by_code)
def test_every_hole_of_a_template_is_a_field(kind: type[Diagnostic]) -> None:
    templates = [
        kind.title,
        kind.label,
        kind.advice,
        kind.otherwise,
        kind.expected,
        kind.found,
        kind.cure,
        *kind.places.values(),
    ]
    holes = {hole for template in templates for _, hole, _, _ in string.Formatter().parse(template) if hole}
    fields = {name for each in kind.__mro__ for name in getattr(each, "__annotations__", {})}
    assert holes <= fields
    assert set(kind.places) <= fields


@pytest.mark.parametrize("kind", KINDS, ids=by_code)
def test_the_example_earns_the_code_and_the_other_does_not(kind: type[Diagnostic]) -> None:
    assert kind in {type(fault) for report in examine_example(kind, kind.example) for fault in report.diagnostics}
    assert [fault for report in examine_example(kind, kind.instead) for fault in report.diagnostics] == []


@pytest.mark.parametrize("kind", KINDS, ids=by_code)
def test_explain_shows_the_report_of_its_example(kind: type[Diagnostic]) -> None:
    text = explanation(kind)
    assert text.startswith(f"{kind.code} {kind.name} ({kind.severity})\n\n")
    assert f"{kind.severity}[{kind.code}]: " in text
    assert "Instead:" in text
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("kind", KINDS, ids=by_code)
def test_every_error_has_a_help_that_says_what_to_do(kind: type[Diagnostic]) -> None:
    faults = [
        fault for report in examine_example(kind, kind.example) for fault in report.diagnostics if type(fault) is kind
    ]
    assert all(fault.help and "{" not in fault.help.replace("{op", "").replace("{SLOT", "") for fault in faults)


def test_a_diagnostic_cannot_be_changed() -> None:
    (report,) = examine_example(CATALOGUE["T402"], CATALOGUE["T402"].example)
    with pytest.raises(AttributeError, match="cannot be changed"):
        report.diagnostics[0].span = (0, 0)  # type: ignore[misc, assignment]


def test_near_names_are_few_and_the_nearest_first() -> None:
    assert near("totl", ["total", "toll", "tax", "tot", "t1", "tool", "totals"])[0] in {"total", "tot"}
    assert len(near("totl", ["total", "toll", "tot", "tool", "totals", "totla"])) == 4
    assert near("xyz", ["total"]) == ()


def test_what_does_not_print_is_escaped() -> None:
    assert visible("a\u202eb\x1b[31m") == "a\\u202eb\\x1b[31m"
