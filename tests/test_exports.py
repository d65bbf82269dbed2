"""Exports: what the checker lets through every form lets through; llguidance's parametric one nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import llguidance
import llguidance.hf
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import tiny
from tests.test_decoding import texts
from tracedsl import check, strategies
from tracedsl.cli import main
from tracedsl.decoding import Constraint, Language, Options, from_bytes, walk
from tracedsl.exports import Wanted, rules, to_gbnf, to_json_schema, to_lark, to_llguidance, to_regex
from tracedsl.numbers import Number
from tracedsl.vocabulary import default

NUMBERS = tuple(map(Number, (1, 2, 20)))
POOLS = {
    "all experts": (("a", "b", "price", "pri"), None),
    "entities": (("x", "y", "box.red"), ("entity_track",)),
    "two names": (("a", "b"), ("percentage", "arithmetic")),
}


@cache
def tokenizer() -> Any:
    return tiny.byte_tokenizer()


@cache
def engine() -> Any:
    return llguidance.hf.from_tokenizer(tokenizer())


class Guided:
    """A text under llguidance, byte by byte."""

    def __init__(self, grammar: str) -> None:
        self.matcher = llguidance.LLMatcher(engine(), llguidance.LLMatcher.grammar_from_lark(grammar))
        assert not self.matcher.is_error(), self.matcher.get_error()

    def allowed(self) -> tuple[set[int], bool]:
        """Return the bytes that may come, and whether the text may end."""
        bias = np.frombuffer(self.matcher.compute_logit_bias(), dtype=np.uint8)
        assert not self.matcher.is_error()
        ids = set(np.flatnonzero(bias).tolist())
        return {_byte(each) for each in ids - {tokenizer().eos_token_id}}, tokenizer().eos_token_id in ids

    def take(self, text: str) -> bool:
        ids = tokenizer().encode(text)
        return bool(self.matcher.try_consume_tokens(ids) == len(ids))

    def accepts(self, text: str) -> bool:
        return self.take(text) and bool(self.matcher.is_accepting())


@cache
def _byte(token: int) -> int:
    return int(tokenizer().decode([token]).encode("utf-8", "surrogateescape")[0]) if token > 1 else -1


def options(pool: str) -> Options:
    names, experts = POOLS[pool]
    closed = {"labels": False, "percents": False, "execute": False, "operands": 4}
    return Options(names=names, experts=experts, numbers=NUMBERS, **closed)  # type: ignore[arg-type]


@cache
def parametric(pool: str) -> str:
    names, experts = POOLS[pool]
    return to_llguidance(default(), Wanted(experts, names, NUMBERS, operands=4))


@cache
def written(pool: str, count: int = 12) -> tuple[str, ...]:
    """Random texts of the checker over a pool."""
    constraint = Constraint(from_bytes(), options(pool), budget=600)
    return tuple(walk(constraint, f"{pool}:{index}").text for index in range(count))


def mutants(text: str, seed: int, count: int = 10) -> list[tuple[str, str]]:
    """Return damaged texts, each with the kind of its damage."""
    random, found = Random(seed), []
    lines = text.split("\n")
    words = sorted(set(re.findall(r"[a-z_.]+", text)))
    for _ in range(count):
        at = random.randrange(len(lines))
        match random.randrange(5):
            case 0:
                found.append(("step left out", "\n".join(lines[:at] + lines[at + 1 :])))
            case 1:
                found.append(("step twice", "\n".join(lines[: at + 1] + lines[at:])))
            case 2:
                other = random.randrange(len(lines))
                swapped = [*lines]
                swapped[at], swapped[other] = lines[other], lines[at]
                found.append(("steps exchanged", "\n".join(swapped)))
            case 3:
                old, new = random.choice(words), random.choice(words)
                places = [each.start() for each in re.finditer(rf"\b{re.escape(old)}\b", text)]
                if places:
                    place = random.choice(places)
                    found.append(("word replaced", text[:place] + new + text[place + len(old) :]))
            case _:
                place = random.randrange(len(text))
                found.append(("letter lost", text[:place] + text[place + 1 :]))
    return [(kind, each) for kind, each in found if each != text]


def takes(language: Language, text: str) -> bool:
    state = language.start().steps(text.encode())
    return state is not None and state.complete


@pytest.mark.parametrize("pool", POOLS)
def test_llguidance_accepts_exactly_what_the_checker_accepts(pool: str) -> None:
    language, grammar, judged = Language(options=options(pool)), parametric(pool), Counter[bool]()
    for index, text in enumerate(written(pool)):
        assert Guided(grammar).accepts(text)
        for kind, other in mutants(text, index):
            accepted = takes(language, other)
            assert Guided(grammar).accepts(other) == accepted, (kind, other)
            judged[accepted] += 1
    assert judged[True] and judged[False]


@pytest.mark.parametrize("pool", POOLS)
def test_llguidance_offers_exactly_the_bytes_that_the_checker_offers(pool: str) -> None:
    language, grammar = Language(options=options(pool)), parametric(pool)
    for text in written(pool)[:3]:
        guided, state = Guided(grammar), language.start()
        for letter in text[:700]:
            assert guided.allowed() == (set(state.allowed), state.complete), text
            following = state.step(ord(letter))
            assert following is not None and guided.take(letter)
            state = following
        assert len(text) > 700 or guided.allowed()[1]


@cache
def readers() -> dict[str, Any]:
    """Every other form with something that reads it: a text to whether it is accepted."""
    xgrammar = pytest.importorskip("xgrammar")
    form = rules(default(), Wanted())
    gbnf, lark, pattern = to_gbnf(form), to_lark(form), re.compile(to_regex(form))
    schema = to_json_schema(default(), Wanted())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    compiled = xgrammar.GrammarCompiler(xgrammar.TokenizerInfo.from_huggingface(tokenizer())).compile_grammar(
        xgrammar.Grammar.from_ebnf(gbnf)
    )

    def by_xgrammar(text: str) -> bool:
        matcher = xgrammar.GrammarMatcher(compiled)
        return bool(matcher.accept_string(text) and matcher.accept_token(tokenizer().eos_token_id))

    def by_schema(text: str) -> bool:
        try:
            return bool(validator.is_valid(yaml.safe_load(text)))
        except (yaml.YAMLError, ValueError):
            return False

    return {
        "lark, read by llguidance": lambda text: Guided(lark).accepts(text),
        "gbnf, read by llguidance": lambda text: Guided(_converted(gbnf)).accepts(text),
        "gbnf, read by xgrammar": by_xgrammar,
        "regex": lambda text: pattern.fullmatch(text) is not None,
        "json-schema": by_schema,
    }


@cache
def _converted(gbnf: str) -> str:
    from llguidance.gbnf_to_lark import any_to_lark

    return str(any_to_lark(gbnf))


FORMS = ("lark, read by llguidance", "gbnf, read by llguidance", "gbnf, read by xgrammar", "regex", "json-schema")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_accepts_what_the_checker_accepts(form: str) -> None:
    accepts = readers()[form]
    assert all(map(accepts, texts()[:25]))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15)
@given(data=st.data())
def test_every_form_accepts_what_can_be_written(form: str, data: st.DataObject) -> None:
    text = data.draw(strategies.traces(decodable=True)).removesuffix("\n")
    if Language().start().steps(text.encode()) is not None:
        assert readers()[form](text)


def test_false_accepts_are_counted_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """The forms know no names: what they let through is printed, and must be refused where it is of the form alone."""
    tried, let = Counter[str](), {form: Counter[str]() for form in FORMS}
    for index, text in enumerate(texts()[:20]):
        for kind, other in mutants(text, index, 6):
            if check(other + "\n").errors:
                tried[kind] += 1
                for form, accepts in readers().items():
                    let[form][kind] += accepts(other)
    with capsys.disabled():
        for form, counts in let.items():
            shown = ", ".join(f"{kind} {counts[kind]} of {tried[kind]}" for kind in sorted(tried))
            print(f"\n  false accepts of {form}: {shown}", end="")
    assert sum(let["regex"].values()) < sum(tried.values())
    assert all(let[form]["letter lost"] < tried["letter lost"] / 2 for form in FORMS)


def test_a_bound_on_steps_and_pools_of_names_and_numbers_are_kept() -> None:
    wanted = Wanted(("arithmetic",), ("a", "b", "c"), (Number(3),), 3)
    pattern = re.compile(to_regex(rules(default(), wanted)))
    two = "expert: arithmetic\ntrace:\n- {op: compute, compute_op: add, args: [3, 3], var: a}\n- {op: query, var: a}"
    assert pattern.fullmatch(two)
    longer = two.replace("\n- {op: compute", "\n- {op: init, var: b, value: 3}\n- {op: compute")
    assert pattern.fullmatch(longer)
    assert not pattern.fullmatch(longer.replace("\n- {op: compute", "\n- {op: init, var: c, value: 3}\n- {op: compute"))
    assert not pattern.fullmatch(two.replace("[3, 3]", "[3, 4]"))
    assert not pattern.fullmatch(two.replace("var: a", "var: d"))
    schema = jsonschema.Draft202012Validator(to_json_schema(default(), wanted))
    assert schema.is_valid(yaml.safe_load(longer)) and not schema.is_valid(yaml.safe_load(two.replace("a}", "d}")))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "llguidance"], "needs a pool of names"),
        (["--to", "llguidance", "--names", "a,b", "--numbers", "20%"], "give a number that is none"),
        (["--to", "llguidance", "--names", "a,b", "--max-steps", "4"], "cannot bound steps"),
        (["--to", "llguidance", "--names", ",".join(f"n{at}" for at in range(40))], "at most 26 names"),
        (["--names", "a,yes"], "'yes' is a word of YAML"),
        (["--names", "a,1b"], "'1b' is none"),
        (["--names", "a"], "a pool needs two names"),
        (["--numbers", "1,x"], "'x' is none"),
        (["--max-steps", "1"], "two steps or more"),
        (["--expert", "algebra"], "there is no expert 'algebra'"),
        (["--names", f"a,{'b' * 200}"], "is longer than"),
        (["--limit", "steps=3"], "bounds steps by --max-steps alone"),
    ],
)
def test_what_cannot_be_exported_is_said(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grammar", *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("form", ["lark", "gbnf", "regex", "json-schema", "llguidance"])
def test_the_command_prints_each_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grammar", "--to", form, "--names", "a,b", "--numbers", "1,1/3"]) == 0
    shown = capsys.readouterr().out
    assert "percent_off" in shown
    if form == "json-schema":
        assert json.loads(shown)["title"] == "tracedsl document"


def test_engines_that_decode_by_a_schema_take_ours_and_nothing_else() -> None:
    xgrammar, testing = pytest.importorskip("xgrammar"), pytest.importorskip("xgrammar.testing")
    schema = json.dumps(to_json_schema(default(), Wanted(("arithmetic",))))
    assert not llguidance.LLMatcher(engine(), llguidance.LLMatcher.grammar_from_json_schema(schema)).get_error()
    grammar = xgrammar.Grammar.from_json_schema(schema)

    def takes(*steps: dict[str, Any]) -> bool:
        text = json.dumps({"expert": "arithmetic", "trace": [*steps, {"op": "query", "var": "b"}]})
        return bool(testing._is_grammar_accept_string(grammar, text))

    init, add = {"op": "init", "var": "a", "value": 3}, {"op": "compute", "compute_op": "add"}
    assert takes(init, {**add, "args": ["a", 2], "var": "b"})
    assert takes({"op": "init", "var": "a", "source": "prev.result"}, {**add, "args": ["a", 2], "var": "b"})
    assert not takes({"op": "delete_all", "value": "x"})
    assert not takes({"hello": "world"})
    assert not takes({**init, "source": "prev.result"})
    assert not takes({"op": "init", "var": "a"})


def test_lark_itself_reads_the_form_that_is_named_after_it() -> None:
    import lark

    read = lark.Lark(to_lark(rules(default(), Wanted(operands=4))))
    assert read.parse(texts()[0])


def test_an_operation_may_be_called_as_another_with_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mixer.yaml").write_text(
        "kind: expert\nname: mixer\nsummary: mixes\ncompute: [add]\noperations:\n"
        "  mix: {summary: two, slots: {left: number, right: number}, defines: left + right}\n"
        "  mix_1: {summary: one, slots: {only: number}, defines: only * 2}\n"
    )
    call = ["grammar", "--to", "llguidance", "--experts", str(tmp_path), "--expert", "mixer", "--names", "a,b"]
    assert main(call) == 0
    assert not llguidance.LLMatcher(engine(), capsys.readouterr().out).get_error()
