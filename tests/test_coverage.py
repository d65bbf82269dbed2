"""Coverage: problems against declared patterns, up to names, numbers and the order of terms."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_importers import BAKER, SALE, TRAIN, corpus, imported
from tracedsl import strategies
from tracedsl.cli import main
from tracedsl.coverage import Catalogue, Level, catalogue_of
from tracedsl.drawing import draw
from tracedsl.forms import Form, first_difference, form_of, formula
from tracedsl.graph import Graph
from tracedsl.inputs import items
from tracedsl.limits import DEFAULT
from tracedsl.patterns.curriculum import shipped
from tracedsl.picture import Look, to_svg, to_text
from tracedsl.pipeline import examine_item, examine_row, examine_text
from tracedsl.sampling import Drawn
from tracedsl.source import Source
from tracedsl.vocabulary import default

DATA = os.environ.get("TRACEDSL_DATA", "")
PATTERNS = sorted(shipped().patterns)
CATALOGUE: Catalogue = catalogue_of(shipped().patterns.values(), default())


def graph(*steps: str) -> Graph:
    inits = [f"{{op: init, var: {name}, value: {value}}}" for name, value in zip("abcd", (12, 3, 5, 7), strict=True)]
    body = [f"{{op: compute, {step}}}" for step in steps]
    asked = steps[-1].rpartition("var: ")[2]
    text = "".join(f"- {step}\n" for step in (*inits, *body, f"{{op: query, var: {asked}}}"))
    found = examine_text(Source(f"expert: arithmetic\ntrace:\n{text}"), default()).graph
    assert found is not None
    return found


def form(*steps: str) -> Form:
    return form_of(graph(*steps))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("compute_op: add, args: [a, b, c], var: x",),
            ("compute_op: add, args: [c, b], var: y", "compute_op: add, args: [y, a], var: x"),
        ),
        (
            ("compute_op: sub, args: [a, b], var: y", "compute_op: sub, args: [y, c], var: x"),
            ("compute_op: add, args: [b, c], var: y", "compute_op: sub, args: [a, y], var: x"),
        ),
        (
            ("compute_op: div, args: [a, b], var: y", "compute_op: div, args: [y, c], var: x"),
            ("compute_op: mul, args: [c, b], var: y", "compute_op: div, args: [a, y], var: x"),
        ),
        (
            ("compute_op: mul, args: [a, b], var: y", "compute_op: add, args: [a, y], var: x"),
            ("compute_op: mul, args: [c, d], var: y", "compute_op: add, args: [y, d], var: x"),
        ),
    ],
)
def test_one_form_however_it_is_written(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert form(*one).exact == form(*other).exact


def test_sharing_a_number_is_another_form() -> None:
    assert (
        form("compute_op: mul, args: [a, b], var: y", "compute_op: add, args: [a, y], var: x").exact
        != form("compute_op: mul, args: [a, b], var: y", "compute_op: add, args: [c, y], var: x").exact
    )


def test_forms_are_shown_as_formulas() -> None:
    shown = formula(form("compute_op: sub, args: [a, b], var: y", "compute_op: mul, args: [y, c], var: x"))
    assert shown == "a * (b - c)"
    assert formula(form("compute_op: max, args: [a, b], var: x")) == "max(a, b)"


def test_levels() -> None:
    full = graph("compute_op: mul, args: [a, b], var: y", "compute_op: add, args: [y, c], var: x")
    structural = graph("compute_op: mul, args: [a, b], var: y", "compute_op: max, args: [y, c], var: x")
    partial = graph(
        "compute_op: mul, args: [a, b], var: y",
        "compute_op: add, args: [y, c], var: z",
        "compute_op: mod, args: [z, d], var: x",
    )
    none = graph(
        "compute_op: min, args: [a, b], var: y",
        "compute_op: max, args: [c, d], var: z",
        "compute_op: mod, args: [y, z], var: w",
        "compute_op: pow, args: [w, d], var: v",
        "compute_op: max, args: [v, y], var: x",
    )
    assert [CATALOGUE.cover(each).level for each in (full, structural, partial, none)] == [
        Level.FULL,
        Level.STRUCTURAL,
        Level.PARTIAL,
        Level.NONE,
    ]


@settings(max_examples=60)
@given(
    st.sampled_from(PATTERNS).filter(lambda name: shipped().patterns[name].chain is None).flatmap(strategies.examples)
)
def test_a_pattern_covers_its_own_examples(drawn: Drawn) -> None:
    found = examine_text(Source(drawn.trace), default()).graph
    assert found is not None and CATALOGUE.cover(found).level is Level.FULL


def test_the_command_tells_levels_gaps_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, BAKER, SALE)
    capsys.readouterr()
    assert main(["coverage", "--each", str(tmp_path / "out.jsonl")]) == 0
    shown = capsys.readouterr().out
    assert "out.jsonl#1: FULL by half_again" in shown and "2 problems" in shown and "interleaved inits" in shown
    assert main(["coverage", "--format", "json", str(tmp_path / "out.jsonl")]) == 0
    data = json.loads(capsys.readouterr().out)
    assert sum(data["levels"].values()) == 2 and data["schema_version"] == 1 and data["missing"]
    assert main(["coverage", "--format", "svg", str(tmp_path / "out.jsonl")]) == 0
    drawn = ElementTree.fromstring(capsys.readouterr().out)
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "FULL" in texts and "1 (50.0 %)" in texts
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}rect"))) > 8
    assert main(["coverage", str(tmp_path / "none.jsonl")]) == 2


@pytest.mark.parametrize("op", ["add", "mul", "sub", "max"])
def test_what_would_be_too_large_to_write_out_has_a_form_all_the_same(op: str) -> None:
    """A value joined with itself forty times has a form of 2 ** 40 terms, a chain of 900 one nested 900 deep."""
    doubled = [f"compute_op: {op}, args: [x{n - 1}, x{n - 1}], var: x{n}" for n in range(1, 41)]
    steps = ["compute_op: add, args: [a, b], var: x0", *doubled]
    assert form(*steps) == form(*steps) != form(*steps, f"compute_op: {op}, args: [x40, a], var: y")
    chain = [f"compute_op: {'sub' if n % 2 else 'max'}, args: [x{n - 1}, {n % 5}], var: x{n}" for n in range(1, 900)]
    deep = graph("compute_op: add, args: [a, b], var: x0", *chain)
    assert form_of(deep).depth == 900 and "more than" in formula(form_of(deep))
    assert CATALOGUE.cover(deep).level in Level
    assert first_difference(deep, deep) == deep.result
    assert to_text(draw(deep)).count("\n") >= 900


def test_the_first_node_that_no_gold_node_computes_is_found() -> None:
    gold = graph("compute_op: sub, args: [a, b], var: e", "compute_op: mul, args: [e, c], var: f")
    wired = graph("compute_op: sub, args: [b, a], var: e", "compute_op: mul, args: [e, c], var: f")
    commuted = graph("compute_op: sub, args: [a, b], var: e", "compute_op: mul, args: [c, e], var: f")
    assert first_difference(wired, gold) == 4
    assert first_difference(commuted, gold) == commuted.result == 5
    assert draw(wired, wrong=4).boxes[4].look is Look.WRONG and "#c03030" in to_svg(draw(wired, wrong=4))


def forms_of_train() -> Counter[str]:
    rows = corpus("gsm8k", *TRAIN)[0]
    graphs = [examine_row(Source(row["trace"]), row["question"], row["answer"], default()).graph for row in rows]
    return Counter(form_of(graph).exact for graph in graphs if graph is not None)


@pytest.mark.skipif(not DATA, reason="TRACEDSL_DATA is not set")
def test_the_seeds_ten_problems_have_forms_that_train_has_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has the form of a declared pattern that five problems of train have as well."""
    with (Path(DATA) / "seed10.yaml").open("rb") as stream:
        graphs = [examine_item(item, default()).graph for item in items(stream, "seed10.yaml", DEFAULT)]
    known = [set(catalogue_of([each], default()).exact) for each in shipped().patterns.values()]
    train = forms_of_train()
    for graph in graphs:
        assert graph is not None and CATALOGUE.cover(graph).level is Level.FULL
        exact = form_of(graph).exact
        assert max(sum(train[form] for form in forms) for forms in known if exact in forms) >= 5


def test_no_mix_trains_on_probes() -> None:
    probes = [pattern for pattern in shipped().patterns.values() if "probe" in pattern.tags]
    assert probes and not any(mix.takes(probe.tags) for mix in shipped().mixes.values() for probe in probes)
