"""Golden pairs: each file of tests/errors beside the whole report that it earns.

`UPDATE_GOLDEN=1 pytest tests/test_errors.py` rewrites the reports; read the difference.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from tracedsl.diagnostics import CATALOGUE, Diagnostic
from tracedsl.inputs import items
from tracedsl.limits import DEFAULT
from tracedsl.lints.corpus import row_facts, usual_context
from tracedsl.lints.declarations import check_file
from tracedsl.lints.rules import lint
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_item
from tracedsl.reading import read_tree
from tracedsl.render.text import render_concise, render_full
from tracedsl.reward import extract, load_policies, shipped_policies
from tracedsl.source import Source
from tracedsl.vocabulary import declared_kind, default, load_expert

FOLDER = Path(__file__).parent / "errors"

_SUB_TRACE = """\
- expert: arithmetic
  trace:
  - {op: init, var: a, value: 4}
  - {op: compute, compute_op: add, args: [a, 3], var: b}
  - {op: query, var: b}
"""

#: Inputs too large to keep as files.
GENERATED = {
    "a_composition_of_sixty_six.yaml": _SUB_TRACE * 66,
    "a_list_of_forty_thousand_numbers.yaml": f"expert: arithmetic\ntrace: [{'7, ' * 40_000}7]\n",
    "a_trace_of_more_than_a_thousand_steps.yaml": "expert: arithmetic\ntrace:\n"
    + "".join(f"- {{op: init, var: a{index}, value: {index}}}\n" for index in range(1002))
    + "- {op: query, var: a0}\n",
}
INPUTS = sorted([path.name for path in FOLDER.iterdir() if path.suffix != ".err"] + list(GENERATED))


def report(name: str, raw: bytes) -> str:
    """Return what `check --format full` says of a file, and its concise form."""
    source = Source(raw.decode("utf-8", "replace"), name)
    if name.startswith("a_corpus_"):
        facts = list(row_facts(io.BytesIO(raw), name, default(), shipped()))
        found = [(each.diagnostic, each.source) for each in lint(facts, usual_context(shipped(), default()))]
    elif name.startswith("a_completion_"):
        extracted = extract(source.text)
        found = [(extracted, source)] if isinstance(extracted, Diagnostic) else []
    elif raw.startswith(b"kind: rewards"):
        found = [(fault, source) for fault in load_policies(source, shipped_policies()).faults]
    elif raw.startswith(b"kind: patterns"):
        found = [(each.diagnostic, each.source) for each in check_file(source, default()).findings]
    elif declared_kind(read_tree(source).root):
        found = [(fault, source) for fault in load_expert(source, default()).diagnostics]
    else:
        reports = [examine_item(item, default()) for item in items(io.BytesIO(raw), name, DEFAULT)]
        found = [(fault, each.source) for each in reports for fault in each.diagnostics]
    whole = "\n\n".join(render_full(fault, where) for fault, where in found)
    return f"{whole}\n\n{chr(10).join(render_concise(fault, where) for fault, where in found)}\n"


@pytest.mark.parametrize("name", INPUTS)
def test_report_is_the_golden_one(name: str) -> None:
    raw = GENERATED[name].encode() if name in GENERATED else (FOLDER / name).read_bytes()
    golden, found = FOLDER / f"{name}.err", report(name, raw)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_code_has_a_golden_report() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.err"))
    assert set(re.findall(r"^(?:error|warning)\[(\w+)\]", text, re.MULTILINE)) == set(CATALOGUE)


def test_no_golden_report_lacks_its_input() -> None:
    assert sorted(path.name.removesuffix(".err") for path in FOLDER.glob("*.err")) == INPUTS
