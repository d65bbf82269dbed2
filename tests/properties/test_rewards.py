"""The laws of scores: total, bounded, never lower with a mistake less, never full for another function."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests import strategies as own
from tests.properties.test_mutations import KINDS, PATTERNS, mutants
from tests.properties.test_totality import texts
from tests.strategies import NOWHERE
from tests.test_equiv import trace
from tracedsl import strategies
from tracedsl.graph import Input
from tracedsl.limits import DEFAULT
from tracedsl.pipeline import examine_text
from tracedsl.rebinding import Verdict, compare
from tracedsl.reward import PARTS, Outcome, score, shipped_policies
from tracedsl.reward.tallies import score_row
from tracedsl.source import Source
from tracedsl.syntax import parse_source
from tracedsl.syntax.ast import Composition, Document, Trace, traces
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

POLICIES = tuple(shipped_policies())
QUESTION = "A machine makes 49 items a day. How many does it make in 5 days, at 20 % more?"
GOLD = trace("rate=49 total=mul(rate,5)")


def is_total(text: str) -> None:
    """Score a text by every policy, as the command does too."""
    for policy in POLICIES:
        found = score(text, answer=245, gold=GOLD, question=QUESTION, policy=policy)
        assert found.value is not None and math.isfinite(found.value) and 0 <= found.value <= 1 and not found.internal
        assert found.parts.keys() == set(PARTS) and isinstance(found.outcome, Outcome)
        assert found.value == shipped_policies()[policy].value(found.outcome)
    row = score_row(text, {"answer": "245", "trace": GOLD}, shipped_policies()["meaning"], default(), DEFAULT)
    assert not row.score.internal and (row.failure is None) == (row.score.outcome is Outcome.SAME_FUNCTION)


wrapped = st.builds(
    lambda text, before, fence, after: f"{before}{fence}{text}{fence}{after}",
    st.one_of(texts, own.documents.map(format_document)),
    st.sampled_from(("", "I multiply.\n", "expert: ", "```\n1\n```\n", "\n")),
    st.sampled_from(("", "```\n", "```yaml\n", "~~~\n", "`")),
    st.sampled_from(("", "\n", "So it is 245.", "```", "{")),
)


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=60), texts, wrapped))
def test_any_text_gets_a_finite_value(text: str) -> None:
    is_total(text)


@given(st.binary(max_size=80))
def test_text_like_bytes_gets_one_too(raw: bytes) -> None:
    is_total(raw.decode("latin-1"))
    is_total(f"expert: arithmetic\ntrace:\n- {raw.decode('utf-8', 'surrogateescape')}")


def test_the_yaml_test_suite_gets_values(data: Path) -> None:
    for line in (data / "yaml_test_suite.jsonl").read_text(encoding="utf-8").splitlines():
        text = next(value for key, value in json.loads(line).items() if key in ("yaml", "in", "tree"))
        is_total(text)
        is_total(f"```\n{text}\n```\n{GOLD}")


@given(st.one_of(own.bodies, own.examples()))
def test_any_gold_trace_is_judged_or_not(document: Document) -> None:
    text = format_document(document)
    for question in (None, "", QUESTION):
        found = score(text, gold=text, question=question, policy="meaning")
        assert not found.internal and found.value in (1, None)
        assert score(GOLD, gold=text, question=question, policy="meaning").internal is False


#: Mistakes, each of another kind, as changes of a trace's text.
def _expert(text: str) -> str:
    return text.replace("expert: ", "expert: no_", 1)


def _undefined(text: str) -> str:
    return _before_query(text, "{op: compute, compute_op: add, args: [nowhere, nowhere], var: more}")


def _given(text: str) -> str:
    """Ask for the last quantity that is brought in."""
    head, query, _ = text.rpartition("{op: query, var: ")
    given_last = head.rpartition("{op: init, var: ")[2].partition(",")[0]
    return f"{head}{query}{given_last}}}\n"


def _number(text: str) -> str:
    head, value, tail = text.partition("value: ")
    return f"{head}{value}977{tail}" if value else text


def _before_query(text: str, step: str) -> str:
    head, query, tail = text.rpartition("{op: query")
    indent = head.rpartition("\n")[2]
    return f"{head}{step}\n{indent}{query}{tail}"


def _torn(text: str) -> str:
    return text[:-6]


def _twice(text: str) -> str:
    return f"```\n{text}```\n```\n{text}```\n"


MISTAKES = (_number, _given, _undefined, _expert, _torn, _twice)


def written(text: str, mistakes: list[Any]) -> str:
    """Return a trace with mistakes."""
    for mistake in MISTAKES:
        text = mistake(text) if mistake in mistakes else text
    return text


@settings(max_examples=200)
@given(
    st.sampled_from(PATTERNS).flatmap(strategies.examples), st.sets(st.sampled_from(MISTAKES), min_size=1), st.data()
)
def test_a_mistake_less_never_scores_less(drawn: Any, chosen: set[Any], data: st.DataObject) -> None:
    """Two mistakes may cancel out: a value that is right by luck is left aside."""
    mended = data.draw(st.sampled_from(sorted(chosen, key=MISTAKES.index)))
    more, fewer = (written(drawn.trace, [*each]) for each in (chosen, chosen - {mended}))
    row = {"answer": str(drawn.answer), "gold": drawn.trace, "question": drawn.question, "expert": "any"}
    for policy in POLICIES:
        worse, better = (score(text, policy=policy, **row) for text in (more, fewer))
        assume(worse.outcome not in (Outcome.RIGHT_VALUE, Outcome.SAME_FUNCTION))
        assert worse.value is not None and better.value is not None
        assert worse.value <= better.value, (policy, more, fewer)
    assert chosen - {mended} or better.value == 1


@settings(max_examples=200)
@given(st.sampled_from(PATTERNS).flatmap(strategies.examples), st.sampled_from(KINDS), st.data())
def test_no_mutant_that_is_another_function_is_paid_in_full(drawn: Any, kind: str, data: st.DataObject) -> None:
    document = parse_source(Source(drawn.trace), default()).document
    assert isinstance(document, Trace | Composition)
    parts = traces(document)
    place = data.draw(st.integers(0, len(parts) - 1))
    found = mutants(parts[place], kind)
    assume(found)
    mutant = data.draw(st.sampled_from(found))
    whole = (*parts[:place], mutant, *parts[place + 1 :])
    text = format_document(Composition(whole, NOWHERE) if isinstance(document, Composition) else mutant)
    one, two = (examine_text(Source(each), default()).execution for each in (drawn.trace, text))
    value = score(text, gold=drawn.trace, question=drawn.question, policy="meaning").value
    if one is None or two is None or two.answer is None:
        assert value is not None and value <= 0.5
        return
    verdict = compare(one, two, default().lexicon.constants).verdict
    if verdict in (Verdict.DIFFERENT, Verdict.VALUE):
        assert value is not None and value < 1, text
    constants = default().lexicon.constants  # which `equiv` leaves as they are, also where the question states them
    if verdict is Verdict.SAME and not any(
        isinstance(node, Input) and node.value in constants for node in one.graph.nodes
    ):
        assert value == 1 or kind == "number", text
