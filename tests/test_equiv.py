"""Do two traces compute the same function: examples of every verdict, and the command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tracedsl.cli import FINDINGS, USAGE, WELL, main
from tracedsl.executor import Execution
from tracedsl.numbers import show
from tracedsl.pipeline import examine_text
from tracedsl.rebinding import Comparison, Verdict, compare
from tracedsl.source import Source
from tracedsl.vocabulary import default

SAME, VALUE, DIFFERENT, UNDEFINED = Verdict


def trace(short: str, expert: str = "arithmetic") -> str:
    """Return a trace: `a=3 b=mul(a,4)` gives `a` and computes `b`, which is asked if it is the last.

    A step in angle brackets stands as it is, `?a` asks for `a`.
    """
    lines, asked = [f"expert: {expert}", "trace:"], ""
    for word in re.findall(r"<[^>]*>|\S+", short):
        if word.startswith("?"):
            asked = word[1:]
        elif word.startswith("<"):
            lines.append(f"- {{{word[1:-1]}}}")
        else:
            asked, _, value = word.partition("=")
            call = re.fullmatch(r"(\w+)\((.*)\)", value)
            made = f"compute, compute_op: {call[1]}, args: [{call[2].replace(',', ', ')}]" if call else "init"
            lines.append(f"- {{op: {made}, var: {asked}{'' if call else f', value: {value}'}}}")
    return "\n".join([*lines, f"- {{op: query, var: {asked}}}"]) + "\n"


def executed(text: str) -> Execution:
    """Return the execution of a text that runs."""
    execution = examine_text(Source(text), default()).execution
    assert execution is not None, text
    return execution


def compared(first: str, second: str) -> Comparison:
    """Compare two traces, whole or in short."""
    one, two = (executed(text if "expert:" in text else trace(text)) for text in (first, second))
    return compare(one, two, default().lexicon.constants)


def counter_example(found: Comparison) -> tuple[dict[str, str], str, str]:
    """Return what a witness says, as text."""
    witness = found.witness
    assert witness is not None and witness.first is not None and witness.second is not None
    tried = {bound.name or show(bound.value): show(bound.tried) for bound in witness.bound}
    return tried, show(witness.first), show(witness.second)


GOLD = "price=49 count=5 c=mul(price,count)"
LONG = "a=30 b=45 c=19 d=add(a,b) e=mul(d,c) f=sub(e,b) g=div(f,a)"

#: First, second, and the verdicts there and back.
CASES = [
    # The usual cheats: the right value, but not by the function.
    (GOLD, "a=245 c=add(a,0)", VALUE, VALUE),
    (GOLD, "a=245 c=mul(a,1)", VALUE, VALUE),
    (GOLD, "a=240 count=5 c=add(a,count)", VALUE, VALUE),
    (GOLD, "a=245 count=5 d=sub(count,count) c=add(a,d)", VALUE, VALUE),
    (GOLD, "a=245 price=49 d=div(price,price) c=mul(a,d)", VALUE, VALUE),
    (GOLD, "price=49 count=5 d=mul(price,count) e=245 c=mul(e,1)", VALUE, VALUE),
    (GOLD, "price=49 d=mul(price,4) c=add(d,price)", VALUE, VALUE),
    (GOLD, "count=5 c=mul(count,49,1)", SAME, SAME),
    (GOLD, "price=49 count=5 c=sub(price,count)", DIFFERENT, DIFFERENT),
    # Honest variants.
    (GOLD, "n=5 p=49 c=mul(n,p) d=add(c,0)", SAME, SAME),
    (GOLD, "n=5 p=49 d=div(1,n) c=div(p,d)", SAME, SAME),
    (LONG, "b=45 a=30 c=19 d=add(b,a) e=mul(c,d) f=sub(e,b) g=div(f,a)", SAME, SAME),
    (LONG, "a=30 b=45 c=19 d=mul(a,c) e=mul(b,c) h=add(d,e) f=sub(h,b) g=div(f,a)", SAME, SAME),
    (LONG, "a=30 b=45 c=19 d=add(a,b) e=mul(d,c) f=sub(e,c) g=sub(f,26) h=div(g,a)", VALUE, VALUE),
    # Constants and parts of one stay, if the result depends on anything else.
    ("a=85 b=div(a,60)", "a=85 b=mul(a,1/60)", SAME, SAME),
    ("a=60 b=mul(a,1/2)", "a=60 b=div(a,2)", SAME, SAME),
    ("a=45 b=mul(a,12)", "a=45 b=mul(a,10) c=mul(a,2) d=add(b,c)", SAME, VALUE),
    ("a=12 b=2 c=mul(a,b)", "a=12 b=add(a,a)", SAME, SAME),
    ("a=12 b=2 c=mul(a,b)", "a=30 c=sub(a,6)", VALUE, VALUE),
    ("a=12 b=2 c=mul(a,b)", "a=24 c=add(a,0)", VALUE, VALUE),
    ("a=45 b=12 c=sub(a,a) d=mul(b,2) e=add(c,d)", "a=45 b=30 c=sub(a,a) d=sub(b,6) e=add(c,d)", VALUE, VALUE),
    # Equal numbers: the first trace says which are one.
    ("blue=2 half=2 w=div(blue,half) t=add(blue,w)", "blue=2 w=mul(blue,0.5) t=add(blue,w)", SAME, SAME),
    ("blue=2 half=2 w=div(blue,half) t=add(blue,w)", "blue=2 t=add(blue,1)", VALUE, SAME),
    ("blue=3 third=3 w=div(blue,third) t=add(blue,w)", "blue=3 t=add(1,blue)", VALUE, SAME),
    ("a=5 x=8 y=9 b=mul(a,x) c=mul(a,y) d=add(b,c)", "x=8 y=9 b=mul(5,x) c=mul(5,y) d=add(b,c)", SAME, VALUE),
    ("a=5 b=5 c=20 d=mul(a,c) e=sub(d,b)", "x=5 z=5 c=20 d=mul(z,c) e=sub(d,x)", SAME, SAME),
    ("a=5 b=5 c=20 d=mul(a,c) e=sub(d,b)", "a=5 b=5 c=20 d=mul(b,c) e=sub(d,a)", VALUE, VALUE),
    ("a=5 b=5 c=20 d=mul(a,c) e=sub(d,b)", "a=5 c=20 d=mul(a,c) e=sub(d,a)", VALUE, SAME),
    # Percents are numbers like others.
    (trace("p=80 r=20% <op: percent_off, base: p, rate: r, var: c> ?c", "percentage"), "p=80 r=20 a=mul(p,r) b=div(a,100) c=sub(p,b)", SAME, SAME),
    # Operations that look at order or wholeness.
    ("a=3 b=4 c=mul(a,a) d=mul(b,b) e=add(c,d) f=sqrt(e)", "a=3 b=4 c=pow(a,2) d=pow(b,2) e=add(d,c) f=sqrt(e)", SAME, SAME),
    ("a=3 b=4 c=mul(a,a) d=mul(b,b) e=add(c,d) f=sqrt(e)", "a=3 b=4 c=add(b,1)", VALUE, VALUE),
    ("a=9 b=7 c=add(a,b) d=sqrt(c)", "a=9 b=7 c=add(b,a) d=sqrt(c)", SAME, SAME),
    ("a=25 b=sqrt(a)", "a=25 b=sub(a,20)", VALUE, VALUE),
    ("a=16 b=sqrt(a) c=sqrt(b)", "a=16 b=mul(a,a) c=sqrt(b) d=div(c,8)", VALUE, VALUE),
    ("a=5 b=3 c=pow(a,b)", "a=5 b=3 c=sub(b,1) d=pow(a,c) e=mul(d,a)", SAME, SAME),
    ("a=5 b=3 c=pow(a,b)", "a=5 b=mul(a,a,a)", VALUE, SAME),
    ("a=5 b=pow(a,2)", "a=5 b=mul(a,a)", SAME, SAME),
    ("a=6 b=5 d=40 e=mul(a,b) c=min(e,d)", "a=6 b=5 d=40 e=mul(a,b) f=mul(e,1)", VALUE, VALUE),
    ("a=6 b=5 d=40 e=mul(a,b) c=min(e,d)", "a=6 b=5 d=40 e=mul(b,a) c=min(d,e)", SAME, SAME),
    ("a=6 b=5 d=40 c=max(a,b,d)", "a=6 b=5 d=40 e=max(b,d) c=max(a,e)", SAME, SAME),
    ("a=17 b=5 c=div(a,b) d=floor(c)", "a=17 b=5 c=floordiv(a,b)", SAME, SAME),
    ("a=17 b=5 c=div(a,b) d=ceil(c)", "a=17 b=5 c=floordiv(a,b) d=add(c,1)", VALUE, VALUE),
    ("a=17 b=5 c=div(a,b) d=floor(c) e=mul(d,b) f=sub(a,e)", "a=17 b=5 c=mod(a,b)", SAME, SAME),
    ("a=10 b=5 c=sub(b,a) d=abs(c)", "a=10 b=5 c=sub(a,b)", SAME, SAME),  # the order of the numbers is kept
    ("a=-10 b=abs(a)", "a=-10 b=sub(0,a)", SAME, SAME),
    # What must hold for a step holds at every point.
    (trace("bob=20 <op: consume, entity: bob, amount: 5> <op: consume, entity: bob, amount: 8> ?bob", "entity_track"), "bob=20 a=add(5,8) c=sub(bob,a)", SAME, SAME),
    (trace("bob=20 <op: consume, entity: bob, amount: 5> <op: consume, entity: bob, amount: 15> ?bob", "entity_track"), "bob=20 a=sub(5,5)", VALUE, VALUE),
    (trace("a=9 <op: transfer, from: a, to: b, amount: 4> <op: add_entity, entity: b, amount: 3> ?b", "entity_track"), "a=4 b=3 c=add(a,b)", SAME, SAME),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "there", "back"), CASES)
def test_two_traces_compare(first: str, second: str, there: Verdict, back: Verdict) -> None:
    assert (compared(first, second).verdict, compared(second, first).verdict) == (there, back)


COMPOSED = """\
- expert: percentage
  name: house
  trace:
  - {op: init, var: price, value: 80000}
  - {op: init, var: rate, value: 150}
  - {op: percent_of, base: price, rate: rate, var: gain}
  - {op: query, var: gain}
- expert: arithmetic
  trace:
  - {op: init, var: gain, source: prev.result}
  - {op: init, var: repairs, value: 50000}
  - {op: compute, compute_op: sub, args: [gain, repairs], var: profit}
  - {op: query, var: profit}
"""


def test_a_composition_is_the_same_as_one_trace() -> None:
    flat = "p=80000 r=150 c=50000 d=mul(p,r) e=div(d,100) f=sub(e,c)"
    assert compared(COMPOSED, flat) == compared(flat, COMPOSED) == Comparison(SAME)
    other = compared(COMPOSED, "p=80000 c=50000 d=sub(p,c) e=add(d,40000)")
    assert counter_example(other) == ({"house.price": "4", "house.rate": "2", "sub1.repairs": "3"}, "-2.92", "40001")


def test_a_counter_example_is_short() -> None:
    assert counter_example(compared(GOLD, "a=245 c=add(a,0)")) == ({"price": "3", "count": "2"}, "6", "245")
    assert counter_example(compared("a=49 c=mul(a,5)", "a=245 c=add(a,0)")) == ({"a": "3", "5": "2"}, "6", "245")
    assert counter_example(compared(GOLD, GOLD.replace("49", "48"))) == ({"price": "49", "count": "5"}, "245", "240")


def test_only_agreement_at_random_rationals_is_sampled() -> None:
    rest = "a=17 b=5 c=div(a,b) d=floor(c) e=mul(d,b) f=sub(a,e)"
    assert compared(rest, "a=17 b=5 c=mod(a,b)").sampled
    assert not compared(rest, rest.replace("e=mul(d,b)", "e=mul(b,d)")).sampled
    assert not compared(rest, "a=17 b=5 c=sub(a,15)").sampled
    assert not compared(GOLD, "n=5 p=49 d=div(1,n) c=div(p,d)").sampled


def test_what_has_no_value_elsewhere_is_not_comparable() -> None:
    root = "a=3 b=mul(a,a) c=add(b,16) d=sqrt(c)"  # no other whole number gives one
    assert compared(root, root.replace("sqrt(c)", "abs(c) e=sqrt(d)")) == Comparison(UNDEFINED)
    assert compared(root, root) == Comparison(SAME)
    one_sided = compared(root, "a=3 b=add(a,2)")
    assert one_sided.verdict is VALUE and one_sided.witness is not None and one_sided.witness.first is None


def test_a_trace_with_a_fault_of_values_is_not_comparable() -> None:
    assert compared(GOLD, "a=1 b=div(a,0)") == compared("a=1 b=div(a,0)", GOLD) == Comparison(UNDEFINED)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a=-1 b=pow(a,2)", "a=-1 b=pow(a,2305843009213693952)"),  # one function in the field
        ("a=5 b=2305843009213693951 c=div(a,b)", "a=5 b=2305843009213693951 c=1 d=div(c,b) e=mul(d,a)"),
        ("a=5 b=mul(a,1/2305843009213693951)", "a=5 b=1/2305843009213693951 c=mul(a,b)"),
    ],
)  # fmt: skip
def test_numbers_that_the_field_takes_for_others_are_not_left_to_it(first: str, second: str) -> None:
    assert compared(first, second).verdict is (VALUE if "pow" in first else SAME)


def test_an_exponentially_long_chain_is_not_left_to_the_field() -> None:
    chain = " ".join(f"s{i}=mul({f's{i - 1}' if i else 'a'},{f's{i - 1}' if i else 'a'})" for i in range(61))
    assert compared(f"a=-1 {chain}", "a=-1 b=mul(a,a)").verdict is VALUE


@pytest.mark.parametrize("last", ["add", "min", "floor"])
def test_large_traces_of_equal_numbers_end(last: str) -> None:
    steps = " ".join(f"s{i}=add({f's{i - 1}' if i else 'a'},5)" for i in range(950))
    call = "floor(s949)" if last == "floor" else f"{last}(s949,4000,a)"
    first = f"a=9 {steps} r={call}"
    second = f"a=9 {steps} q=add({call.partition('(')[2][:-1]},0) p=mul(q,1) r={call}"
    assert compared(first, second).verdict is SAME
    assert compared(first, second.replace("r=", "t=") + " r=abs(t)").verdict is SAME


def test_thousands_of_equal_numbers_end() -> None:
    given = "{" + ", ".join(f"n{i}: 5" for i in range(1500)) + "}"
    first = trace(f"<op: given, values: {given}> r=add({','.join(f'n{i}' for i in range(1500))})")
    second = trace(f"a=9 r=add({','.join(['5'] * 1500)}) t=floor(r)")
    assert compared(first, second).verdict is compared(second, first).verdict is SAME


class Run:
    """What the command did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def equiv(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on two texts, as YAML unless they are rows."""
    monkeypatch.chdir(tmp_path)

    def run(first: str, second: str, *options: str) -> Run:
        names = []
        for name, text in zip("ab", (first, second), strict=True):
            path = Path(f"{name}.jsonl" if text.startswith("{") else f"{name}.yaml")
            path.write_text(text, encoding="utf-8")
            names.append(str(path))
        code = main(["equiv", *names, *options])
        return Run(code, *capsys.readouterr())

    return run


FIRST = trace(GOLD)
OTHER, CHEAT = trace("n=5 p=49 c=mul(n,p)"), trace("count=5 a=240 c=add(a,count)")
WRONG, BROKEN = trace("price=49 count=5 c=sub(price,count)"), FIRST.replace("[price,", "[prise,")
MANY = trace("a=3 b=4 c=5 d=6 e=8 f=9 g=10 h=add(a,b,c,d,e,f,g)")


def row(text: str, **columns: str) -> str:
    """Return a row with a trace."""
    return json.dumps({"trace": text, **columns}) + "\n"


@pytest.mark.parametrize(
    ("first", "second", "line"),
    [
        (FIRST, OTHER, "same function"),
        (trace("a=17 b=5 c=floordiv(a,b)"), trace("a=17 b=5 c=div(a,b) d=floor(c)"), "same function (sampled)"),
        (FIRST, CHEAT, "same value only: with price = 3 and count = 2: 6 against 242"),
        (trace("a=49 b=mul(a,5)"), CHEAT, "same value only: with a = 3 and 2 for 5: 6 against 242"),
        (FIRST, WRONG, "different: with price = 49 and count = 5: 245 against 44"),
        (FIRST, BROKEN, "not comparable: b.yaml:5:41: T402 `prise` is not defined"),
        (BROKEN, FIRST, "not comparable: a.yaml:5:41: T402 `prise` is not defined"),
        (FIRST, "expert: [", "not comparable: b.yaml:1:9: T104 this is not well-formed YAML: did not find expected node content"),
        (MANY, trace("a=45 b=add(a,0)"), "same value only: with a = 2, b = 3, c = 4, d = 5, e = 6, f = 7 and 1 more: 35 against 45"),
        (trace("a=45 b=sub(a,a)"), trace("a=45 b=mul(a,0)"), "same value only: no number of the first was found to change its result"),
    ],
)  # fmt: skip
def test_one_pair_is_one_line(equiv: Any, first: str, second: str, line: str) -> None:
    run = equiv(first, second)
    assert (run.out, run.err) == (f"{line}\n", "")
    assert run.code == (WELL if line.startswith("same function") else FINDINGS)


def test_of_several_pairs_those_that_differ_are_shown_and_all_are_counted(equiv: Any) -> None:
    run = equiv("---\n".join([FIRST] * 5), "---\n".join([OTHER, CHEAT, WRONG, BROKEN, FIRST]))
    assert run.code == FINDINGS
    assert run.out == (
        "b.yaml#2: same value only: with price = 3 and count = 2: 6 against 242\n"
        "b.yaml#3: different: with price = 49 and count = 5: 245 against 44\n"
        "b.yaml#4: not comparable: b.yaml:26:41: T402 `prise` is not defined\n"
        "5 pairs: same function 2, same value only 1, different 1, not comparable 1.\n"
    )
    run = equiv(
        f"{FIRST}---\n{trace('a=17 b=5 c=floordiv(a,b)')}", f"{OTHER}---\n{trace('a=17 b=5 c=div(a,b) d=floor(c)')}"
    )
    assert (run.code, run.out) == (
        WELL,
        "2 pairs: same function 2 (1 sampled), same value only 0, different 0, not comparable 0.\n",
    )


def test_rows_are_compared_with_documents(equiv: Any) -> None:
    run = equiv(row(FIRST, question="?", answer="245") + row(FIRST), f"{OTHER}---\n{CHEAT}")
    assert run.out.splitlines()[-1].startswith("2 pairs: same function 1, same value only 1")


def test_pairs_by_question_in_whatever_order_with_both_graphs(equiv: Any) -> None:
    first = row(FIRST, question="a", answer="245") + row(FIRST, question="b", answer="245")
    second = row(WRONG, question="b", answer="54") + row(FIRST, question="c", answer="245") + row(OTHER, question="a")
    run = equiv(first, second, "--by-question", "--graphs")
    assert run.code == 1 and run.out.endswith(
        "2 pairs: same function 1, same value only 0, different 1, not comparable 0.\n"
    )
    assert run.out.count("└─") == 2 == run.out.count("├─") and "c  mul = 245" in run.out
    assert "no question of" in equiv(first, row(FIRST, question="z"), "--by-question").err


def test_a_stated_answer_is_for_check_to_compare(equiv: Any) -> None:
    run = equiv(row(FIRST, question="49 and 5", answer="245"), row(WRONG, question="49 and 5", answer="245"))
    assert run.out == "different: with price = 49 and count = 5: 245 against 44\n"


def test_the_report_as_json(equiv: Any) -> None:
    run = equiv("---\n".join([FIRST] * 3), "---\n".join([OTHER, CHEAT, BROKEN]), "--format", "json")
    data = json.loads(run.out)
    assert run.code == FINDINGS and data["schema_version"] == 1
    assert data["counts"] == {"same function": 1, "same value only": 1, "different": 0, "not comparable": 1}
    same, value, undefined = data["pairs"]
    assert same == {
        "first": {"file": "a.yaml", "document": 1},
        "second": {"file": "b.yaml", "document": 1},
        "verdict": "same function",
        "sampled": False,
        "witness": None,
        "error": None,
    }
    numbers = [{"name": "price", "value": "49", "tried": "3"}, {"name": "count", "value": "5", "tried": "2"}]
    assert value["witness"] == {"numbers": numbers, "first": "6", "second": "242"}
    assert undefined["error"]["code"] == "T402" and undefined["error"]["start"]["line"] == 19


def test_files_of_different_length_are_a_usage_error(equiv: Any) -> None:
    run = equiv(FIRST, f"{FIRST}---\n{FIRST}")
    assert (run.code, run.out) == (USAGE, "")
    assert run.err == "tracedsl: a.yaml has 1 document and b.yaml has 2 documents; they are compared pair by pair\n"


def test_what_cannot_be_read_is_a_usage_error(equiv: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(FIRST)
    Path("none.jsonl").write_text("\n")
    for names, error in (
        (("a.yaml", "b.yaml"), "cannot read b.yaml: no such file"),
        (("b.yaml", "a.yaml"), "cannot read b.yaml: no such file"),
        ((".", "a.yaml"), "cannot read .: not a regular file"),
        (("-", "a.yaml"), "`equiv` reads its files twice, so it takes no standard input"),
        (("none.jsonl", "none.jsonl"), "no documents in none.jsonl and none.jsonl"),
    ):
        assert main(["equiv", *names]) == USAGE
        assert capsys.readouterr().err == f"tracedsl: {error}\n"


def test_a_verdict_is_the_same_in_every_run(tmp_path: Path) -> None:
    first = trace("a=6 b=5 d=40 e=mul(a,b) c=min(e,d)")
    second = trace("a=6 b=5 d=40 e=mul(a,b) f=mul(e,1)")
    (tmp_path / "a.yaml").write_text(f"{first}---\n{first}")
    (tmp_path / "b.yaml").write_text(f"{second}---\n{first}")
    command = [sys.executable, "-m", "tracedsl", "equiv", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    seen = {
        subprocess.run(command, capture_output=True, check=False, env={**here, "PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1 and b"same value only" in seen.pop()
