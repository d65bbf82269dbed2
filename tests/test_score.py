"""Scores: the cheat table, extraction, policies, failure classes, and the command."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import tracedsl
from tests.test_equiv import executed, trace
from tracedsl.cli import BUG, FINDINGS, USAGE, WELL, main
from tracedsl.corpora import plan
from tracedsl.diagnostics import Diagnostic
from tracedsl.equivalence import evaluate
from tracedsl.patterns.curriculum import shipped
from tracedsl.reward import Extracted, Score, extract, load_policies, score, scoring, shipped_policies
from tracedsl.reward.failures import Failure, smallest_edit
from tracedsl.source import Source
from tracedsl.vocabulary import default

QUESTION = "A machine makes 49 items a day. How many items does it make in 5 days?"
GOLD = trace("rate=49 days=5 total=mul(rate,days)")

#: Completions that reach 245, or try to.
TRACES = {
    "gold": GOLD,
    "other names and order": trace("n=5 per_day=49 t=mul(n,per_day)"),
    "gold + 0": trace("rate=49 days=5 made=mul(rate,days) total=add(made,0)"),
    "gold in a sum": trace("rate=49 four=mul(rate,4) days=5 one=sub(days,4) more=mul(rate,one) total=add(four,more)"),
    "init 245 and query it": trace("a=245 ?a"),
    "init 49 and query it": trace("rate=49 days=5 total=mul(rate,days) ?rate"),
    "245 + 0": trace("a=245 total=add(a,0)"),
    "245 * 1": trace("a=245 total=mul(a,1)"),
    "240 + 5": trace("a=240 days=5 total=add(a,days)"),
    "245 + (5 - 5)": trace("a=245 days=5 none=sub(days,days) total=add(a,none)"),
    "245 * (49 / 49)": trace("a=245 rate=49 one=div(rate,rate) total=mul(a,one)"),
    "a = a + 0": trace("a=245 a=add(a,0)"),
    "245 * 1 behind the true chain": trace("rate=49 days=5 t=mul(rate,days) a=245 total=mul(a,1)"),
    "49 * 4 + 49": trace("rate=49 most=mul(rate,4) total=add(most,rate)"),
    "49 + 5": trace("rate=49 days=5 total=add(rate,days)"),
    "no trace": "It makes 245 items.",
    "every number": "245, 49, 5, 54",
    "nothing": "",
}

#: What each is worth by `graded`, `graded_run3` and `meaning`.
WORTH = {
    "gold": (1, 1, 1),
    "other names and order": (1, 1, 1),
    "gold + 0": (1, 1, 1),
    "gold in a sum": (1, 1, 1),  # its 4 is no number of the question, and matters to nothing
    "init 245 and query it": (0.5, 0.7, 0.5),
    "init 49 and query it": (0.5, 0.7, 0.5),
    "245 + 0": (1, 1, 0.7),
    "245 * 1": (1, 1, 0.7),
    "240 + 5": (1, 1, 0.7),
    "245 + (5 - 5)": (1, 1, 0.7),
    "245 * (49 / 49)": (1, 1, 0.7),
    "a = a + 0": (0.5, 0.5, 0.5),
    "245 * 1 behind the true chain": (1, 1, 0.7),
    "49 * 4 + 49": (1, 1, 0.7),
    "49 + 5": (0.7, 0.7, 0.7),
    "no trace": (0, 0, 0),
    "every number": (0, 0, 0),
    "nothing": (0, 0, 0),
}


@pytest.mark.parametrize("name", TRACES)
def test_no_cheat_is_paid_for_its_meaning(name: str) -> None:
    found = [
        score(TRACES[name], answer="245", gold=GOLD, question=QUESTION, policy=policy).value
        for policy in ("graded", "graded_run3", "meaning")
    ]
    assert tuple(found) == WORTH[name]


@pytest.mark.parametrize("answer", [245, 245.0, "245", " 245", "245.00", "$245", Fraction(490, 2)])
def test_an_answer_is_a_number_however_it_is_written(answer: Any) -> None:
    assert score(GOLD, answer=answer).value == 1
    assert score(TRACES["49 + 5"], answer=answer).value == 0.7


def test_a_score_tells_its_parts() -> None:
    found = score(TRACES["245 + 0"], answer=245, gold=GOLD, question=QUESTION, policy="meaning")
    assert found.parts == {"parsed": 1, "expert": None, "valid": 1, "correct": 1, "equivalent": 0}
    assert (found.answer, found.expert, found.outcome, found.error) == ("245", "arithmetic", "right_value", None)
    assert {fault.code for fault in found.diagnostics} == {"T701", "T801"}


FENCED = f"```yaml\n{GOLD}```"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOLD, None),
        (GOLD.rstrip("\n"), None),
        (FENCED, None),
        (f"I multiply: 49 * 5.\n\n{FENCED}\n \n", None),
        (f"First:\n{GOLD}\n\n", None),
        (f"~~~\n{GOLD}~~~\n", None),
        (f"```python\nprint(49 * 5)\n```\n{FENCED}", None),
        (f"```python\nprint(49 * 5)\n```\n{GOLD}", None),
        (json.dumps({"expert": "arithmetic", "trace": []}), None),
        (json.dumps({"expert": "arithmetic", "trace": []}, indent=2), None),
        (json.dumps({"expert": "arithmetic", "trace": []}, indent=4), None),
        ('[\n{"expert": "a", "trace": []},\n{"expert": "b", "trace": []}\n]', None),
        ("- name: first\n  expert: a\n  trace:\n  - {op: query, var: a}\n- name: second\n  expert: b\n  trace: []\n", None),
        ("- expert: a\n  trace:\n  - {op: query, var: a}\n- expert: b\n  trace: []\n", None),
        (GOLD.replace("\n", "\r\n"), None),
        (f"\ufeff{GOLD}", None),
        (f"{GOLD}...\n", None),
        ("-\n  expert: a\n  trace:\n  - {op: query, var: a}\n-\n  expert: b\n  trace: []\n", None),
        (f"{GOLD}...\nSo it is 245.", "T124"),
        ("It is 245.", "T121"),
        ("", "T121"),
        ("```\n245\n```", "T121"),
        (f"Thus an expert: arithmetic.\n{QUESTION}", "T121"),
        (FENCED[:-3], "T122"),
        (FENCED[:-2], "T122"),
        (GOLD[:-10], "T122"),
        (GOLD[: GOLD.index("[rate") + 3], "T122"),
        ("expert: arithmetic\ntrace:", "T122"),
        ("expert: arithmetic\ntrace:\n-", "T122"),
        (f"{FENCED}\n{FENCED}", "T123"),
        (f"{FENCED}\n{GOLD}", "T123"),
        (f"{GOLD}\n{FENCED}", "T123"),
        (f"{GOLD}{GOLD}", "T123"),
        (f"```\n{GOLD}\n{GOLD}```", "T123"),
        (f"{FENCED}\nSo it is 245.", "T124"),
        (f"{GOLD}So it is 245.", "T124"),
        (f"{GOLD}\nI hope that this helps!", "T124"),
        (f"{GOLD}\nAnswer: 245", "T124"),
        (f"{GOLD}\n**245**", "T124"),
        (f"{GOLD}\n```", "T124"),
        (f"{GOLD}# The answer is 245.\n# Thus.", "T124"),
        (f"{GOLD}question: What is 49 times 5?", "T124"),
        (f"```\n{GOLD}answer: 245\n```", "T124"),
    ],
)  # fmt: skip
def test_exactly_one_trace_is_extracted(text: str, code: str | None) -> None:
    found = extract(text)
    if code is None:
        assert isinstance(found, Extracted)
        assert text[found.start :].startswith(found.text) and "expert" in found.text and "```" not in found.text
    else:
        assert isinstance(found, Diagnostic) and found.code == code
        assert score(text, answer="245").value == 0
    assert tracedsl.extract is extract


def test_two_traces_score_nothing_in_either_order() -> None:
    wrong = trace("rate=49 days=5 total=add(rate,days)")
    for first, second in ((GOLD, wrong), (wrong, GOLD), (GOLD, GOLD)):
        assert score(f"```\n{first}```\n\n```\n{second}```", answer=245).value == 0


def test_comments_and_a_stated_answer_change_nothing() -> None:
    cheat = TRACES["245 + 0"]
    ignored = cheat.replace("]", "], ").replace("], ,", "],").replace("}\n", "}  # tracedsl: ignore[T701, T801]\n")
    plain, other = (
        score(text, answer=245, gold=GOLD, question=QUESTION, policy="meaning") for text in (cheat, ignored)
    )
    assert other.value == plain.value == 0.7
    assert {fault.code for fault in plain.diagnostics} == {"T701", "T801"}
    assert {fault.code for fault in plain.diagnostics} <= {fault.code for fault in other.diagnostics}
    stated = score(f"question: 245?\nanswer: 1\n{GOLD}", answer=245, gold=GOLD, question=QUESTION, policy="meaning")
    assert stated.value == 1


PERCENTAGE = trace("p=80 r=25% <op: percent_off, base: p, rate: r, var: c> ?c", "percentage")


def test_experts_count_only_where_the_row_fixes_them() -> None:
    question, plain = "A coat of $80 is 25% off. What does it cost?", trace("p=80 c=mul(p,0.75)")
    assert score(plain, gold=PERCENTAGE, question=question, policy="meaning").value == 1
    assert score(plain, gold=PERCENTAGE, question=question, expert="percentage").value == 0.3
    assert score(plain, answer=60, expert="percentage").value == 0.3
    assert score(plain, answer=60, expert="arithmetic").value == 1
    both = (
        "".join(f"- {each}" for each in (plain, plain.replace("p=80", "p=1")))
        .replace("\n", "\n  ")
        .replace("  - e", "- e")
    )
    assert score(both.rstrip() + "\n", answer=60, expert="composition").value == 1


@pytest.mark.parametrize(
    ("question", "gold", "same", "other"),
    [
        # A value of several roles is tried in each.
        ("A robe takes 2 bolts of blue fiber and half that much white. How many?", "b=2 h=2 w=div(b,h) t=add(b,w)",
         ["b=2 w=mul(b,0.5) t=add(w,b)", "b=2 t=mul(b,3/2)"], ["b=2 t=add(b,1)"]),
        # What follows from a percent, from cents, from a magnitude, from a fraction.
        ("A coat of $80 is 20% off.", "p=80 r=20 a=mul(p,r) b=div(a,100) c=sub(p,b)",
         ["p=80 c=mul(p,0.8)", "p=80 q=80 a=mul(p,q) c=div(a,100)", "p=80 c=mul(4/5,p)"], ["p=80 c=sub(p,16)"]),
        ("Pens cost 58 cents. 20 pens?", "p=58 n=20 a=mul(p,n) b=div(a,100)", ["p=0.58 n=20 b=mul(p,n)"], ["p=11.6 b=mul(p,1)"]),
        ("He earns 5 thousand in each of three years.", "a=5000 b=3 c=mul(a,b)", ["a=5 b=mul(a,1000) c=mul(b,3)"], ["a=15000 c=mul(a,1)"]),
        ("Of 20 apples 3/5 are red.", "a=20 b=3/5 c=mul(a,b)", ["a=20 n=mul(a,3) c=div(n,5)", "a=20 c=mul(a,0.6)"], ["a=20 c=sub(a,8)"]),
        ("Of 20 apples 1/2 are red.", "a=20 b=1/2 c=mul(a,b)", ["a=20 c=div(a,2)"], ["a=20 c=sub(a,10)"]),
        ("Half of 20 apples are red.", "a=20 b=2 c=div(a,b) d=sub(a,c)", ["a=20 d=div(a,2)", "a=20 d=mul(a,1/2)"], ["a=20 d=sub(a,10)"]),
        # Literals are numbers like others; a constant of the list stands for itself.
        ("Ann runs 3 miles a day. How many in a week?", "a=3 b=mul(a,7)", ["a=3 n=7 b=mul(n,a)"], ["a=21 b=mul(a,1)", "a=3 b=add(a,18)"]),
        ("Ann buys 5 pens at $5.", "a=5 b=5 c=mul(a,b)", ["c=mul(5,5)", "x=5 y=5 c=mul(y,x)"], ["a=5 c=mul(a,a)", "a=20 c=add(a,5)"]),
        # Where all numbers are constants they are the problem's.
        ("How many minutes has a day?", "h=24 m=60 t=mul(h,m)", ["m=60 t=mul(m,24)"], ["t=mul(1440,1)", "h=24 t=add(h,1416)"]),
        ("Half an hour twice a day, and a fifth of that?", "h=30 t=2 a=mul(h,t) f=5 b=div(a,f) c=add(a,b)", [], ["t=2 c=mul(t,36)"]),
        ("It was 7 degrees and fell by 10.", "a=7 b=10 c=sub(a,b)", ["a=7 b=-10 c=add(a,b)"], ["a=-3 c=mul(a,1)"]),
    ],
)  # fmt: skip
def test_numbers_have_roles(question: str, gold: str, same: list[str], other: list[str]) -> None:
    for text in (gold, *same):
        assert score(trace(text), gold=trace(gold), question=question, policy="meaning").value == 1, text
    for text in other:
        assert score(trace(text), gold=trace(gold), question=question, policy="meaning").value == 0.7, text


def test_any_reading_of_the_gold_trace_will_do() -> None:
    question, first, second = (
        "Ann has 4 cats, 2 dogs and 2 birds.",
        "a=4 b=2 c=add(a,b)",
        "b=2 d=2 s=add(b,d) c=add(s,2)",
    )
    assert score(trace(second), gold=trace(first), question=question, policy="meaning").value == 0.7
    readings = [trace(first), trace(second)]
    assert score(trace(second), gold=trace(first), question=question, readings=readings, policy="meaning").value == 1


def test_where_numbers_come_from_can_be_said() -> None:
    """The 2 of the gold trace may be the bolts or the half; its row says which."""
    question, gold = "One takes 2 bolts, the next half of 30 bolts.", trace("a=30 f=2 c=div(a,f)")
    half = [{"var": "f", "value": "2", "ground": "scale", "span": [28, 32]}]
    bolts = [{"var": "f", "value": "2", "ground": "digits", "span": [10, 11]}]
    options: dict[str, Any] = {"gold": gold, "question": question, "policy": "meaning"}
    assert score(trace("a=30 c=mul(a,1/2)"), grounding=half, **options).value == 1
    assert score(trace("a=30 c=mul(a,1/2)"), grounding=bolts, **options).value == 0.7
    assert score(gold, grounding=bolts, **options).value == 1


@pytest.mark.parametrize(
    "row",
    [
        {"gold": trace("a=49 b=5.5 c=mul(a,b)"), "question": QUESTION},
        {"gold": "nothing", "question": QUESTION, "answer": 245},
        {"gold": GOLD, "question": QUESTION, "answer": 246},
        {"gold": None, "question": QUESTION, "answer": 245},
        {"answer": "about 245"},
        {"answer": float("nan")},
        {},
    ],
    ids=str,
)
def test_what_cannot_be_judged_is_never_paid_by_its_value(row: dict[str, Any]) -> None:
    found = score(GOLD, policy="meaning", **row)
    assert found.value is None and found.error and not found.internal


def test_an_error_of_ours_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(scoring, "judge", broken)
    found = score(GOLD, answer=245)
    assert found.value is None and found.internal and "RuntimeError: a bug" in (found.error or "")


def test_a_policy_that_is_not_there_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="there is no policy 'gradd'; there are graded, graded_run3, meaning"):
        score(GOLD, answer=245, policy="gradd")


OWN = """\
kind: rewards
policies:
  harsh:
    summary: all or nothing
    compares: function
    rewards: {unparsed: -1, wrong_expert: 0, invalid: 0, short_circuit: 0, wrong_answer: 0, right_value: 0, same_function: 1}
  milder:
    extends: harsh
    rewards: {right_value: 1/4}
"""  # fmt: skip


def test_a_policy_of_ones_own() -> None:
    loaded = load_policies(Source(OWN), shipped_policies())
    assert loaded.faults == () and list(loaded.policies) == ["harsh", "milder"]
    values = [
        score(text, gold=GOLD, question=QUESTION, policy=loaded.policies["milder"]).value
        for text in ("", TRACES["49 + 5"], TRACES["245 + 0"], GOLD)
    ]
    assert values == [-1, 0, 0.25, 1]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("right_value: 1/4", "right_value: 2", {"C010"}),
        ("right_value: 1/4", "right_value: much", {"T207"}),
        ("right_value: 1/4", "best: 1", {"T357"}),
        ("extends: harsh", "extends: harsch", {"T354"}),
        ("kind: rewards", "kind: reward", {"T354"}),
        ("same_function: 1", "right_value: 1", {"T105", "T356"}),
        ("rewards: {right_value: 1/4}", "rewards: 3", {"T204"}),
        (OWN, "kind: rewards\n", {"T356"}),
        (OWN, "", {"T114"}),
    ],
)
def test_what_is_wrong_with_a_policy_is_pointed_at(old: str, new: str, codes: set[str]) -> None:
    faults = load_policies(Source(OWN.replace(old, new)), shipped_policies()).faults
    assert {fault.code for fault in faults} == codes


def test_the_command_for_experts_checks_policies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.yaml"
    for text, code, said in ((OWN, WELL, "2 policies are sound"), (OWN.replace("1/4", "2"), FINDINGS, "error[C010]")):
        path.write_text(text, encoding="utf-8")
        assert main(["experts", "--check", str(path)]) == code
        assert said in capsys.readouterr().out
    path.write_text(OWN, encoding="utf-8")
    assert main(["generate", "--experts", str(tmp_path), "--n", "1", "-o", "-"]) == WELL


#: What is written where (3 + 5) * 7 is right.
FAILURES = [
    ("a=3 b=5 c=8 d=add(a,b) e=mul(d,c)", Failure.WRONG_NUMBER),
    ("a=3 b=5 c=7 d=sub(b,a) e=mul(d,c)", Failure.WRONG_OPERATION),
    ("a=3 b=5 c=7 d=add(a,c) e=mul(d,b)", Failure.WRONG_WIRING),
    ("a=3 b=5 c=7 d=add(a,b) e=mul(a,c)", Failure.WRONG_WIRING),
    ("a=3 b=5 c=7 d=add(a,b) e=mul(d,d)", Failure.WRONG_WIRING),
    ("a=3 c=7 e=mul(a,c)", Failure.MISSING_STEP),
    ("a=3 b=5 d=add(a,b)", Failure.MISSING_STEP),
    ("a=3 b=5 c=7 d=add(a,b) e=mul(d,c) f=sub(e,b)", Failure.EXTRA_STEP),
    ("a=3 b=5 c=7 d=add(a,b) f=sub(d,a) e=mul(f,c)", Failure.EXTRA_STEP),
]


@pytest.mark.parametrize(("text", "failure"), FAILURES)
def test_failures_are_classed_by_the_smallest_edit(text: str, failure: Failure) -> None:
    gold = executed(trace("a=3 b=5 c=7 d=add(a,b) e=mul(d,c)")).graph
    assert smallest_edit(executed(trace(text)).graph, gold) is failure


def test_a_domain_step_is_one_step_and_an_entity_one_wire() -> None:
    off = executed(PERCENTAGE).graph
    assert smallest_edit(executed(PERCENTAGE.replace("_off", "_of")).graph, off) is Failure.WRONG_OPERATION
    assert smallest_edit(executed(PERCENTAGE.replace("25", "20")).graph, off) is Failure.WRONG_NUMBER
    moved = trace(
        "a=9 <op: transfer, from: a, to: b, amount: 4> <op: consume, entity: b, amount: 3> ?b", "entity_track"
    )
    graph = executed(moved).graph
    assert smallest_edit(executed(moved.replace("query, var: b", "query, var: a")).graph, graph) is Failure.WRONG_WIRING
    assert (
        smallest_edit(
            executed(moved.replace("from: a, to: b", "from: b, to: a").replace("var: a,", "var: b,")).graph, graph
        )
        in Failure
    )


def test_long_graphs_are_classed_by_their_counts() -> None:
    def chain(count: int, op: str = "add") -> str:
        return "s0=7 " + " ".join(f"s{i + 1}={op}(s{i},3)" for i in range(count))

    gold = executed(trace(chain(200))).graph
    assert smallest_edit(executed(trace(chain(190))).graph, gold) is Failure.MISSING_STEP
    assert smallest_edit(executed(trace(chain(300))).graph, gold) is Failure.EXTRA_STEP
    assert smallest_edit(executed(trace(chain(200, "sub"))).graph, gold) is Failure.WRONG_OPERATION
    assert smallest_edit(executed(trace(chain(200).replace("7", "8", 1))).graph, gold) is Failure.WRONG_NUMBER
    assert (
        smallest_edit(executed(trace(chain(200).replace("add(s9,3)", "add(3,s9)"))).graph, gold) is Failure.WRONG_WIRING
    )


# Corpora, and the environment.


@cache
def rows(mix: str, count: int) -> tuple[dict[str, Any], ...]:
    """Return rows of a mix."""
    return tuple(plan(shipped(), default(), mix).rows(11, count))


def scored(row: dict[str, Any], text: str, policy: str) -> Score:
    """Score a text by a row."""
    columns: dict[str, Any] = {n: row.get(n) for n in ("answer", "question", "expert", "grounding", "readings")}
    return score(text, gold=row["trace"], policy=policy, **columns)


@pytest.mark.parametrize("mix", ["full", "run8"])
@pytest.mark.parametrize("policy", ["graded", "meaning"])
def test_every_generated_row_scores_its_own_trace_full(mix: str, policy: str) -> None:
    assert {scored(row, row["completion"][0]["content"], policy).value for row in rows(mix, 300)} == {1}


def test_most_imported_rows_are_judged_and_those_score_their_own_trace_full(data: Path, tmp_path: Path) -> None:
    lines = (data / "gsm8k_train_1.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[::8]
    path, out = tmp_path / "some.jsonl", tmp_path / "rows.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    assert main(["import", "gsm8k", str(path), "-o", str(out)]) == WELL
    imported = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    found = [scored(row, row["trace"], "meaning") for row in imported]
    assert {each.value for each in found} == {1, None} and not any(each.internal for each in found)
    assert sum(each.value is None for each in found) <= 0.15 * len(found) > 50


def values() -> list[tuple[float | None, str | None]]:
    """Return the scores of the cheats and of some rows, with the codes."""
    found = [score(text, answer=245, gold=GOLD, question=QUESTION, policy="meaning") for text in TRACES.values()]
    found += [scored(row, row["trace"].replace("add", "sub"), "meaning") for row in rows("full", 100)]
    return [(each.value, " ".join(fault.code for fault in each.diagnostics)) for each in found]


def test_threads_processes_and_loops_give_equal_scores() -> None:
    alone = values()
    with ThreadPoolExecutor(4) as pool:
        assert all(found == alone for found in pool.map(lambda _: values(), range(4)))

    async def inside() -> Any:
        return values()

    assert asyncio.run(inside()) == alone
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert processes.apply(values) == alone


def test_scoring_imports_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "trl", "numpy", "hypothesis", "datasets"}
    code = f"import sys, tracedsl; tracedsl.score({GOLD!r}, answer=245); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout == "set()\n"


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many equal numbers, and a text with as many ways to tie them: what is computed stays below a bound."""
    done, true = [0], evaluate

    def counting(shape: Any, slots: Any, compute: Any) -> Any:
        done[0] += len(shape)
        return true(shape, slots, compute)

    monkeypatch.setattr("tracedsl.rebinding.readings.evaluate", counting)
    question = " and ".join(["5 apples"] * 60)
    steps = " ".join(f"s{i}=add({f's{i - 1}' if i else 'a'},5)" for i in range(900))
    gold, other = trace(f"a=5 {steps}"), trace(f"a=5 {steps} t=min(s899,4505)")
    assert score(other, gold=gold, question=question, policy="meaning").value == 0.7
    assert 10_000 < done[0] < 4_000_000


# The command.


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Score some rows by the command."""
    path = tmp_path / "rows.jsonl"

    def run(lines: list[dict[str, Any]], *options: str) -> tuple[int, str, str]:
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        code = main(["score", str(path), *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


COMPLETIONS = [
    {"question": QUESTION, "answer": "245", "trace": GOLD, "expert": "arithmetic", "pattern": "rate", "completion": text}
    for text in (GOLD, TRACES["245 + 0"], TRACES["49 + 5"], TRACES["init 49 and query it"], GOLD[:-9], "no", GOLD.replace("arithmetic", "comparison"))
]  # fmt: skip


def test_the_command_counts(command: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = command(COMPLETIONS, "--policy", "meaning", "--format", "json")
    data = json.loads(out)
    assert code == WELL and data["schema_version"] == 1 and data["policy"] == "meaning"
    assert data["all"] == {
        "rows": 7,
        "parsed": 5,
        "valid": 4,
        "correct": 3,
        "equivalent": 1,
        "not_judged": 0,
        "reward": pytest.approx((1 + 0.7 + 0.7 + 0.5 + 0 + 0 + 0.3) / 7),
    }
    assert data["experts"].keys() == {"arithmetic"} and data["patterns"].keys() == {"rate"}
    assert data["failures"] == {
        "short-circuit": 2,
        "wrong operation": 1,
        "truncated": 1,
        "parse": 1,
        "wrong expert": 1,
    }
    assert data["codes"]["T404"] == data["codes"]["T122"] == data["codes"]["T121"] == 1
    assert [row["value"] for row in data["rows"]] == [1, 0.7, 0.7, 0.5, 0, 0, 0.3]
    text = command(COMPLETIONS)[1]
    assert "by expert\n  arithmetic     7" in text and "T404 init-only-query" in text and "not judged" in text


def test_the_command_takes_other_fields_messages_and_policies(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    lines = [
        {
            "answer": 245,
            "trace": GOLD,
            "question": QUESTION,
            "out": [{"role": "assistant", "content": TRACES["245 * 1"]}],
        }
    ]
    code, out, _ = command(lines, "--field", "out", "--policy", str(tmp_path / "own.yaml"), "--format", "json")
    assert code == WELL and json.loads(out)["all"]["reward"] == 0.25


@pytest.mark.parametrize(
    ("lines", "options", "said"),
    [
        ([{"answer": "1"}], [], "there is no text in the column `completion`"),
        ([{"completion": GOLD, "question": [1]}], [], "the column `question`"),
        ([{"completion": GOLD, "grounding": ["a"]}], [], "the column `grounding`"),
        (
            [{"completion": GOLD, "grounding": [{"var": "a", "value": "3", "span": ["x", 1]}]}],
            [],
            "the column `grounding`",
        ),
        ([{"completion": GOLD, "readings": [5]}], [], "the column `readings`"),
        ([], [], "there is no row"),
        ([{"completion": GOLD}], ["--policy", "best"], "there is no policy 'best'"),
        ([{"completion": GOLD}], ["--policy", "nowhere.yaml"], "cannot read nowhere.yaml"),
    ],
)
def test_what_cannot_be_scored_is_a_usage_error(
    lines: list[dict[str, Any]], options: list[str], said: str, command: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = command(lines, *options)
    assert code == USAGE and said in err


def test_a_bug_of_ours_is_told_and_no_zero(
    command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracedsl.reward.tallies.classify", lambda *_: 1 // 0)
    code, out, err = command(COMPLETIONS[:1], "--format", "json")
    assert code == BUG and "ZeroDivisionError" in err
    assert json.loads(out)["internal_errors"] == 1 and json.loads(out)["all"]["reward"] is None
