"""One row for each fault that another implementation of the language was shown to have.

The number is the row of the list of demonstrated faults; the expectation is what was wanted:
an answer, or the codes of the report.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from tracedsl import check, run


def arithmetic(*steps: str, expert: str = "arithmetic") -> str:
    """Return a trace of some steps written without `op:` boilerplate."""
    return f"expert: {expert}\ntrace:\n" + "".join(f"- {{{step}}}\n" for step in steps)


def init(var: str, value: str) -> str:
    """Return an init step."""
    return f"op: init, var: {var}, value: {value}"


def compute(op: str, args: str, var: str) -> str:
    """Return a compute step."""
    return f"op: compute, compute_op: {op}, args: [{args}], var: {var}"


def query(var: str) -> str:
    """Return a query."""
    return f"op: query, var: {var}"


def binary(op: str, a: str, b: str) -> str:
    """Return a trace that applies one operation to two inits."""
    return arithmetic(init("a", a), init("b", b), compute(op, "a, b", "c"), query("c"))


def unary(op: str, a: str) -> str:
    """Return a trace that applies one operation to an init."""
    return arithmetic(init("a", a), compute(op, "a", "c"), query("c"))


def entity(*steps: str) -> str:
    """Return a trace of entity_track."""
    return arithmetic(*steps, expert="entity_track")


def answered(answer: str, trace: str) -> str:
    """Return an example that states an answer."""
    return f'answer: "{answer}"\n{trace}'


def composed(*traces: str) -> str:
    """Return a composition."""
    return "".join("- " + trace.replace("\n", "\n  ").rstrip(" ") for trace in traces)


def second(source: str) -> str:
    """Return the second part of a composition: 1000 times a source."""
    return arithmetic(f"op: init, var: p, source: {source}", init("k", "1000"), compute("mul", "p, k", "r"), query("r"))


SUM = binary("add", "5", "6")
CONSUME = "op: consume, entity: a, amount: "
ANSWERS = [
    ("1", binary("add", "0.1", "0.2"), "0.3"),
    ("2", binary("mul", "1.1", "1.1"), "1.21"),
    ("3", binary("sub", "1", "0.005"), "0.995"),
    ("5", composed(binary("sub", "1", "0.005"), second("prev.result")), "995"),
    ("6", binary("add", str(2**53), "1"), str(2**53 + 1)),
    ("20: giving everything away is policy: it runs", entity(init("a", "18"), "op: transfer, from: a, to: b, amount: a", query("b")), "18"),
    ("20: an entity from nothing", entity("op: add_entity, entity: b, amount: 18", query("b")), "18"),
    ("21: consume 0", entity(init("a", "18"), CONSUME + "0", query("a")), "18"),
    ("21: transfer 0", entity(init("a", "18"), "op: transfer, from: a, to: b, amount: 0", query("a")), "18"),
    ("21: self-transfer", entity(init("a", "18"), "op: transfer, from: a, to: a, amount: 4", query("a")), "18"),
    ("34: grouped, quoted", binary("add", '"80,000"', "1"), "80001"),
    ("34: grouped, block style", "expert: arithmetic\ntrace:\n- op: init\n  var: a\n  value: 80,000\n- {op: compute, compute_op: add, args: [a, 1], var: c}\n- {op: query, var: c}\n", "80001"),
    ("34: currency", binary("add", "$5", "1"), "6"),
    ("34: fraction", binary("add", "1/2", "1/3"), "5/6"),
    ("34: mixed number", binary("add", "2 1/2", "1"), "3.5"),
    ("34: percent", arithmetic(init("a", "200"), init("r", "50%"), "op: percent_of, base: a, rate: r, var: c", query("c"), expert="percentage"), "100"),
    ("35: a leading zero", binary("add", "010", "0"), "10"),
    ("35: y and n are names", arithmetic(init("y", "1"), init("n", "2"), compute("add", "y, n", "z"), query("z")), "3"),
    ("37: a quoted number", entity('op: init, var: a, value: "5"', CONSUME + '"2"', query("a")), "3"),
]  # fmt: skip
FINDINGS = [
    ("4", answered("0.0099", binary("sub", "0.005", "0.001")), {"T510"}),
    ("7: overflow of floats is none", binary("mul", "1e308", "10"), {"T207"}),
    ("7: infinity", binary("add", ".inf", "1"), {"T207"}),
    ("7: nan", binary("add", ".nan", "1"), {"T207"}),
    ("7: nan as a name", arithmetic(init("a", "1"), compute("add", "a, nan", "c"), query("c")), {"T402"}),
    ("8", binary("div", "5", "0"), {"T504"}),
    ("9", arithmetic(init("a", "5"), compute("div", "a, 0", "b"), compute("div", "1, b", "c"), query("c")), {"T504"}),
    ("10: remainder", binary("mod", "5", "0"), {"T504"}),
    ("10: root of -1", unary("sqrt", "-1"), {"T506"}),
    ("10: division of one", unary("div", "5"), {"T306"}),
    ("11: division of three", arithmetic(init("a", "100"), compute("div", "a, 2, 5", "c"), query("c")), {"T306"}),
    ("11: root of three", arithmetic(init("a", "9"), compute("sqrt", "a, 1, 2", "c"), query("c")), {"T306"}),
    ("12: an integer of 401 digits", binary("add", "1" + "0" * 400, "1"), {"T212"}),
    ("12: ten to the 400th is in bounds", answered("1", binary("pow", "10", "400")), {"T510"}),
    ("12: ten to the 4000th is not", binary("pow", "10", "4000"), {"T508"}),
    ("13", binary("pow", "-8", "1/3"), {"T507"}),
    ("14: a field twice", arithmetic("op: init, var: a, value: 5, value: 7", compute("add", "a, 1", "c"), query("c")), {"T105"}),
    ("14: a key twice", SUM + "trace: []\n", {"T105"}),
    ("15: a misspelt field", arithmetic("op: init, var: a, valeu: 5", compute("add", "a, 1", "c"), query("c")), {"T206"}),
    ("15: from on an init", composed(SUM, second("prev.result").replace("source:", "from:")), {"T903"}),
    ("16", arithmetic("op: init, var: a", compute("add", "a, 1", "c"), query("c")), {"T205"}),
    ("17: plus zero", arithmetic(init("a", "18"), compute("add", "a, 0", "c"), query("c")), {"T801"}),
    ("17: a sum of one", unary("add", "18"), {"T306"}),
    ("17: a maximum of one", unary("max", "18"), {"T306"}),
    ("17: the maximum with zero", arithmetic(init("a", "18"), compute("max", "a, 0", "c"), query("c")), {"T801"}),
    ("17: a sum of a literal", arithmetic(compute("add", "18, 0", "c"), query("c")), {"T801"}),
    ("18", arithmetic(query("a"), init("a", "5")), {"T224", "T223", "T403"}),
    ("19: an init after the query", SUM + "- {op: init, var: c, value: 5}\n", {"T223", "T401"}),
    ("19: an init of a computed name", arithmetic(init("a", "5"), compute("add", "a, 1", "c"), init("c", "9"), query("c")), {"T401"}),
    ("20: giving everything away is doubtful", entity(init("a", "18"), "op: transfer, from: a, to: b, amount: a", query("b")), {"T801"}),
    ("21: an init again after compute", arithmetic(init("a", "5"), compute("add", "a, 1", "b"), init("a", "6"), query("b")), {"T401"}),
    ("22 as the language sees it: nothing to query", arithmetic(query("zzz")), {"T224", "T402"}),
    ("22: no query", arithmetic(init("a", "5"), compute("add", "a, 1", "b")), {"T221"}),
    ("22: no steps", "expert: arithmetic\ntrace: []\n", {"T224"}),
    ("23: two queries", SUM + "- {op: query, var: a}\n", {"T222"}),
    ("23: steps after the query", SUM + "- {op: compute, compute_op: add, args: [c, 1], var: d}\n", {"T223"}),
    ("24", arithmetic(init("apples", "5"), compute("add", "appels, 1", "b"), query("b")), {"T402"}),
    ("25: prev in the first", composed(second("prev.result"), SUM), {"T602"}),
    ("25: beyond the end", composed(SUM, second("sub9.result")), {"T604"}),
    ("25: below", composed(SUM, second("sub2.result"), SUM), {"T603"}),
    ("25: another word", composed(SUM, second("previous.result")), {"T604"}),
    ("25: itself", composed(SUM, second("sub1.result")), {"T603"}),
    ("25: in a single trace", second("prev.result"), {"T602"}),
    ("26", composed(SUM, second("sub0.resultXYZ")), {"T601"}),
    ("27", composed(SUM.replace("- {op: query, var: c}\n", ""), second("prev.result")), {"T221"}),
    ("30: single", SUM.replace("op: compute, compute_op: add", "op: addd"), {"T302"}),
    ("30: composed", composed(SUM.replace("op: compute, compute_op: add", "op: addd"), second("prev.result")), {"T302"}),
    ("31: a percent step in arithmetic", arithmetic(init("a", "5"), "op: percent_of, base: a, rate: a, var: c", query("c")), {"T303"}),
    ("31: a percent step in entity_track", entity(init("a", "5"), "op: percent_of, base: a, rate: a, var: c", query("c")), {"T303"}),
    ("31: consume in arithmetic", arithmetic(init("a", "5"), CONSUME + "1", query("a")), {"T303"}),
    ("32: documented: percentage computes nothing", SUM.replace("arithmetic", "percentage"), {"T305"}),
    ("32: documented: entity_track computes", SUM.replace("arithmetic", "entity_track"), set()),
    ("32: documented: comparison computes", SUM.replace("arithmetic", "comparison"), set()),
    ("33", arithmetic("op: init, var: a, value: 80,000", compute("add", "a, 1", "c"), query("c")), {"T115"}),
    ("35: base 60", binary("add", "1:30", "1"), {"T207"}),
    ("35: base 60, quoted", binary("add", '"1:30"', "1"), {"T207"}),
    ("35: yes", binary("add", "yes", "1"), {"T207"}),
    ("35: no as a name", arithmetic(init("no", "5"), compute("add", "no, 1", "c"), query("c")), {"T211"}),
    ("36: a reference as a value", arithmetic(init("a", "5"), compute("add", "a, 1", "s"), init("b", "s"), compute("add", "b, 1", "c"), query("c")), {"T208"}),
    ("36: a calculation as a value", binary("add", "4 * 18", "1"), {"T209"}),
    ("38", entity(init("a", "5"), CONSUME + "5.009", query("a")), {"T505"}),
    ("39: a negative transfer", entity(init("a", "5"), "op: transfer, from: a, to: b, amount: -6", query("a")), {"T505"}),
    ("39: more than all off is arithmetic", arithmetic(init("a", "100"), init("r", "150"), "op: percent_off, base: a, rate: r, var: c", query("c"), expert="percentage"), set()),
    ("40", entity("op: transfer, from: x, to: b, amount: 0.005", query("b")), {"T402"}),
    ("41", arithmetic(init("a", "5"), compute("add", "a, 1", "c"), "op: state, assertions: {nosuch: 0}", query("c")), {"T402"}),
    ("42: commas", answered("80,000", binary("add", "79999", "1")), set()),
    ("42: currency", answered("$18", binary("add", "9", "9")), set()),
    ("44: billion laughs", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + SUM, {"T106"}),
    ("45: 30,000 steps", arithmetic(*(init(f"a{index}", "1") for index in range(30_000))), {"T111"}),
    ("46: 5,000 brackets", "[" * 5000, {"T112"}),
    ("47: a trace that contains itself", "&t\nexpert: arithmetic\ntrace: [*t]\n", {"T106"}),
    ("48: a tag", binary("add", "!!python/object:os.system 5", "1"), {"T107"}),
    ("48: two documents in a text", SUM + "---\n" + SUM, {"T116"}),
    ("51: a sub-trace that is not used", composed(SUM, binary("mul", "5", "6")), {"T607"}),
    ("51: repeated sub-traces", composed(*[SUM] * 10), {"T607"}),
    ("52: one line for an unknown op", SUM.replace("op: compute, compute_op: add", "op: discombobulate"), {"T302"}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text", "answer"), ANSWERS, ids=[row for row, _, _ in ANSWERS])
def test_it_runs_to_the_exact_answer(row: str, text: str, answer: str) -> None:
    result = run(text)
    assert result.ok and result.answer == answer, result.report.diagnostics


@pytest.mark.parametrize(("row", "text", "codes"), FINDINGS, ids=[row for row, _, _ in FINDINGS])
def test_it_reports(row: str, text: str, codes: set[str]) -> None:
    report = check(text)
    assert {fault.code for fault in report.diagnostics} == codes, report.diagnostics
    assert all("\n" not in fault.message and len(fault.message) < 200 for fault in report.diagnostics)


def test_the_wanted_words() -> None:
    """Some rows want more than a code."""
    (misspelt,) = check(FINDINGS[[row for row, *_ in FINDINGS].index("15: a misspelt field")][1]).diagnostics
    assert misspelt.help == "did you mean `value`?"
    (undefined,) = check(FINDINGS[[row for row, *_ in FINDINGS].index("24")][1]).diagnostics
    assert undefined.help == "did you mean `apples`?" and undefined.span.start > 0
    (foreign,) = check(FINDINGS[[row for row, *_ in FINDINGS].index("31: consume in arithmetic")][1]).diagnostics
    assert foreign.help.startswith("this step belongs to entity_track; split the trace into a composition")
    (spelling,) = check(FINDINGS[[row for row, *_ in FINDINGS].index("15: from on an init")][1]).diagnostics
    assert spelling.fix is not None and spelling.fix.safe


#: Found by people who tried to break it: honest traces that must pass, and the codes of the others.
TRIED = [
    ("sixty minutes are not sixty miles", arithmetic(init("v", "60"), init("t", "30"), compute("div", "t, 60", "h"), compute("mul", "v, h", "d"), query("d")), set()),
    ("equal inputs are two inputs", arithmetic(init("a", "10"), init("b", "10"), init("c", "7"), compute("sub", "a, b", "d"), compute("add", "d, c", "e"), query("e")), set()),
    ("a maximum of two", arithmetic(init("a", "24"), init("b", "3"), compute("max", "a, b", "c"), query("c")), set()),
    ("a minimum with one", arithmetic(init("a", "1"), init("b", "9"), compute("min", "a, b", "c"), query("c")), set()),
    ("a small remainder", binary("mod", "3", "100"), set()),
    ("one times one", arithmetic(init("a", "1"), compute("mul", "a, 1", "c"), query("c")), {"T801"}),
    ("one less itself", arithmetic(init("a", "1"), compute("sub", "a, a", "c"), query("c")), {"T802"}),
    ("one and one", arithmetic(init("a", "1"), init("b", "1"), compute("add", "a, b", "c"), query("c")), set()),
    ("a receiver takes part", entity(init("a", "5"), init("b", "3"), "op: transfer, from: a, to: b, amount: 2", query("a")), set()),
    ("a misspelt op", arithmetic(init("a", "5"), "opp: compute, compute_op: mul, args: [a, 3], var: r", query("r")), {"T205"}),
    ("from and value", composed(SUM, second("prev.result").replace("source: prev.result", "from: prev.result, value: 4")), {"T903", "T215"}),
    ("two numbers without a space", '{"expert":"arithmetic","trace":[{"op":"compute","compute_op":"add","args":[100,200],"var":"c"},{"op":"query","var":"c"}]}', set()),
    ("a million with commas", arithmetic("op: init, var: a, value: 1,000,000", compute("add", "a, 1", "c"), query("c")), {"T115"}),
    ("a torn amount", entity(init("a", "90000"), "op: consume, entity: a, amount: 80,000", query("a")), {"T115"}),
    ("a torn given", arithmetic("op: given, values: {a: 80,000}", compute("add", "a, 1", "c"), query("c")), {"T115"}),
    ("a percent for an amount", entity(init("a", "50%"), "op: consume, entity: a, amount: 20%", query("a")), {"T501"}),
    ("a bad amount is one fault", entity(init("a", "5"), "op: consume, entity: a, amount: 5 apples", query("a")), {"T210", "T207"} & {"T207"}),
    ("a step that uses itself", arithmetic(init("a", "5"), compute("add", "r, a", "r"), query("r")), {"T402"}),
    ("used before it is there", entity("op: consume, entity: a, amount: 2", init("a", "5"), query("a")), {"T403"}),
    ("a line separator in a comment", "# a\u2028b\n" + SUM, {"T103", "T104"}),
    ("no number over zero", arithmetic(init("a", "1/0"), compute("add", "a, 1", "c"), query("c")), {"T207"}),
    ("steps without a trace", "- {op: init, var: a, value: 5}\n- {op: query, var: a}\n", {"T201"}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text", "codes"), TRIED, ids=[row for row, _, _ in TRIED])
def test_what_was_tried(row: str, text: str, codes: set[str]) -> None:
    assert {fault.code for fault in check(text).diagnostics} == codes


@pytest.mark.parametrize(
    "pair",
    [
        "sizes/size",
        "boxes/box",
        "calories/calorie",
        "heroes/hero",
        "gases/gas",
        "feet/foot",
        "days/day",
        "lenses/lens",
        "berries/berry",
        "prizes/prize",
        "headaches/headache",
        "axes/axe",
    ],
)
def test_singular_and_plural_are_one_unit(pair: str) -> None:
    many, one = pair.split("/")
    text = SUM.replace("value: 5", f"value: 5, unit: {many}").replace("value: 6", f"value: 6, unit: {one}")
    assert check(text).diagnostics == () and run(text).unit == one


def test_a_long_decimal_stays_one() -> None:
    steps = [
        init("a", "1000"),
        init("k", "1.05"),
        compute("pow", "k, 20", "g"),
        compute("mul", "a, g", "r"),
        query("r"),
    ]
    answer = str(run(arithmetic(*steps)).answer)
    assert Fraction(answer) == 1000 * Fraction(21, 20) ** 20 and "/" not in answer
