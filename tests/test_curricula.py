"""Patterns, mixes and corpora: every row is proved, reproducible, and says what it should."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracedsl import format as to_canonical
from tracedsl.cli import main
from tracedsl.corpora import Plan, Row, plan
from tracedsl.datasets import read_splits, split_of
from tracedsl.masking import masked, skeleton
from tracedsl.numbers import Number, read_number
from tracedsl.patterns.curriculum import shipped
from tracedsl.patterns.lexicon import Part, first_word, word_list
from tracedsl.patterns.mixes import schedule
from tracedsl.pipeline import Report, examine_row
from tracedsl.source import Source
from tracedsl.syntax.ast import Compute, Domain, Init, Trace, steps, traces
from tracedsl.vocabulary import default

ROOT = Path(__file__).parent.parent
MIXES = tuple(shipped().mixes)
SEED_PATTERNS = 30
CHECKSUMS = Path(__file__).parent / "checksums.json"


@cache
def ready(mix: str) -> Plan:
    """Return a mix made ready."""
    return plan(shipped(), default(), mix)


@cache
def rows(mix: str, count: int = 250, seed: int = 0) -> tuple[Row, ...]:
    """Return the first rows of a mix."""
    return tuple(ready(mix).rows(seed, count))


def report(row: Row, mix: str) -> Report:
    """Check a row against the vocabulary of its mix."""
    return examine_row(Source(row["trace"]), row["question"], row["answer"], ready(mix).vocabulary)


@pytest.mark.parametrize("mix", MIXES)
def test_every_row_passes_the_strict_check(mix: str) -> None:
    for row in rows(mix):
        found = report(row, mix)
        allowed = {"T901"} if ready(mix).mix.formulas else set()
        assert {fault.code for fault in found.diagnostics} == allowed, row
        assert found.answer is not None and Number(found.answer.value) == read_number(row["answer"])


@pytest.mark.parametrize("mix", ["run1", "run2", "run3"])
def test_past_runs_need_their_overlay(mix: str) -> None:
    codes = {
        f.code for row in rows(mix) for f in examine_row(Source(row["trace"]), "", row["answer"], default()).errors
    }
    assert codes == {"T305"}


def test_two_styles_of_yaml_say_the_same() -> None:
    """The steps of run 7c that hold a list stand on several lines; canonical, its rows are those of run 7."""
    found = [row["trace"] for row in rows("run7c")]
    assert [to_canonical(text) for text in found] == [row["trace"] for row in rows("run7")]
    assert all("{op: compute" not in text for text in found)
    assert all(text.count("- op: compute\n") == len(re.findall(r"\n +compute_op: ", text)) for text in found)


def test_a_row_depends_on_nothing_but_its_mix_seed_and_index() -> None:
    again = plan(shipped(), default(), "full")
    for index in (97, 3, 1204, 0):
        assert again.row(5, index) == again.row(5, index) == ready("full").row(5, index)
    assert ready("full").row(5, 3) != ready("full").row(6, 3)


def checksums() -> dict[str, str]:
    """Return a checksum of the first rows of each mix."""
    return {mix: hashlib.sha256("".join(map(json.dumps, rows(mix))).encode()).hexdigest() for mix in MIXES}


def test_bytes_are_the_golden_ones() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        CHECKSUMS.write_text(json.dumps(checksums(), indent=1) + "\n", encoding="utf-8")
    assert checksums() == json.loads(CHECKSUMS.read_text(encoding="utf-8"))


def other_pythons() -> list[str]:
    """Return every other Python from 3.11 on that is present."""
    names = [f"python3.{minor}" for minor in range(11, 20)]
    found = [path for name in names if (path := shutil.which(name)) is not None]
    versions = Path.home() / ".pyenv" / "versions"
    found += sorted(str(path) for path in versions.glob("3.1[1-9].*/bin/python")) if versions.is_dir() else []
    runs = [path for path in found if not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode]
    return [sys.executable, *runs]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
@pytest.mark.parametrize("python", other_pythons())
def test_bytes_do_not_depend_on_the_python_or_the_hash_seed(python: str, hash_seed: str) -> None:
    site = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), site]), "PYTHONHASHSEED": hash_seed, "PATH": os.defpath}
    ran = subprocess.run(
        [python, "-m", "tracedsl", "generate", "--mix", "full", "--n", "60", "--jobs", "1", "-o", "-"],
        capture_output=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.decode() == "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows("full", 60))


def test_the_seed_has_thirty_patterns_in_their_shapes() -> None:
    seed = [pattern for pattern in shipped().patterns.values() if "seed" in pattern.tags]
    assert Counter(pattern.group for pattern in seed) == {
        "arithmetic": 9,
        "entity_track": 5,
        "rate_equation": 4,
        "comparison": 4,
        "percentage": 4,
        "composition": 4,
    }
    lengths = {row["pattern"]: [len(part.steps) for part in parts(row)] for row in rows("run8")}
    assert len(lengths) == SEED_PATTERNS
    assert all(lengths[name] == [4, 4] for name in lengths if shipped().patterns[name].group == "composition")
    assert all(lengths[name] == [5] for name in lengths if shipped().patterns[name].group == "comparison")
    assert [lengths[name][0] for name in ("simple_transfer", "consume_sequence", "find_and_lose")] == [3, 4, 4]
    interleaved = [name for name in lengths if "interleaved" in shipped().patterns[name].tags]
    assert sorted(interleaved) == ["chained_mul_sum", "interleaved_mul_mul", "parallel_merge"]


def parts(row: Row) -> tuple[Trace, ...]:
    document = examine_row(Source(row["trace"]), row["question"], row["answer"], default()).document
    assert document is not None
    return traces(document)


def kinds(row: Row) -> list[str]:
    document = examine_row(Source(row["trace"]), row["question"], row["answer"], default()).document
    assert document is not None
    return ["init" if isinstance(s, Init) else "op" for s in steps(document) if isinstance(s, Init | Compute | Domain)]


def test_full_goes_beyond_the_seed() -> None:
    corpus = rows("full", 3000)
    traces_ = [row["trace"] for row in corpus]
    questions = " ".join(row["question"] for row in corpus)
    lengths = Counter(trace.count("\n- {") for trace in traces_)
    assert {8, 9, 10, 12, 14} <= set(lengths) and {11, 13, 15} & set(lengths)
    assert any(trace.count("expert:") == 3 for trace in traces_)
    assert any("source: sub0.result" in trace for trace in traces_)
    assert any("source: cost.result" in trace for trace in traces_)
    for written in (
        r"\d\.\d",
        r"\d \d/\d",
        r"\d%",
        r"\d,\d{3}",
        r"\btwenty-",
        r" half ",
        r"three quarters",
        r" percent ",
    ):
        assert re.search(written, questions), written
    assert sum("op" in kinds(row)[: kinds(row).index("op")] for row in corpus[:50]) == 0
    assert any(kinds(row)[kinds(row).index("op") :].count("init") for row in corpus[:50])
    assert {row["template"] for row in corpus} >= {0, 1, 2}


def test_levels_are_really_wired() -> None:
    numbers: dict[str, list[Fraction]] = {"easy": [], "hard": []}
    deep: dict[str, list[int]] = {"easy": [], "hard": []}
    for row in rows("full", 3000):
        if row["level"] in numbers:
            if row["pattern"] == "nested_groups":
                numbers[row["level"]].append(Fraction(row["answer"]))
            if row["pattern"] == "chain_of_belongings":
                deep[row["level"]].append(row["trace"].count("\n- {"))
    assert max(numbers["easy"]) < sum(numbers["hard"]) / len(numbers["hard"])
    assert sum(deep["easy"]) / len(deep["easy"]) + 1 < sum(deep["hard"]) / len(deep["hard"])


def test_distractors_and_noise_come_in_their_shares() -> None:
    corpus = rows("full", 3000)
    asides = [row for row in corpus if re.search("years ago|degrees outside|chairs in the kitchen", row["question"])]
    assert 0.02 < len(asides) / len(corpus) < 0.1
    lower = [row for row in corpus if row["question"] == row["question"].lower()]
    assert 0.005 < len(lower) / len(corpus) < 0.03


def test_names_follow_the_naming_of_the_mix() -> None:
    comparison = {
        mix: next(r["trace"] for r in rows(mix) if r["pattern"] == "times_more") for mix in ("run4", "run5", "run6")
    }
    assert "var: multiplier" in comparison["run4"] and "var: difference" in comparison["run4"]
    assert "var: x," in comparison["run5"] and "args: [x, y]" in comparison["run5"]
    assert "var: factor," in comparison["run6"] and re.search(r"var: [a-z]+\.[a-z]+, value", comparison["run6"])


def test_the_lexicon_is_large_and_its_parts_are_disjoint() -> None:
    known = {part: word_list(part).kinds for part in Part}
    assert len({first_word(word) for word in known[Part.ALL]["person"]}) >= 500
    things = ("goods", "small", "food", "harvest", "animals", "trees")
    assert len({first_word(word) for kind in things for word in known[Part.ALL][kind]}) >= 200
    for kind, words in known[Part.ALL].items():
        train, held = ({first_word(word) for word in known[part][kind]} for part in (Part.TRAIN, Part.HELD))
        assert train | held == {first_word(word) for word in words} and not train & held and held, kind


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 30), min_size=1, max_size=9))
def test_after_any_number_of_rows_every_pattern_is_within_one_of_its_share(weights: dict[str, int]) -> None:
    order = schedule({name: Fraction(weight) for name, weight in weights.items()})
    total, seen = sum(weights.values()), Counter[str]()
    for count, name in enumerate(order, 1):
        seen[name] += 1
        assert all(abs(seen[each] - Fraction(count * weight, total)) < 1 for each, weight in weights.items())
    assert all(seen[name] * total == len(order) * weight for name, weight in weights.items())


def test_splits_are_by_problem() -> None:
    splits = read_splits("train=.7,dev=.1,test=.2")
    owners: dict[str, set[str]] = {}
    for row in rows("full", 3000):
        owners.setdefault(masked(row["question"]), set()).add(split_of(row["question"], splits))
    assert all(len(each) == 1 for each in owners.values())
    shares = Counter(next(iter(each)) for each in owners.values())
    assert 0.6 < shares["train"] / len(owners) < 0.8 and shares["dev"] and shares["test"]


def test_masking_hides_numbers_and_the_skeleton_hides_words() -> None:
    first = "Amy has twenty-five kites and $1,200.50, or 2 1/2 of 20%."
    second = "Bob has 7 marbles and $3, or half of 5%."
    assert masked(first) == "amy has # kites and #, or # of #"
    assert skeleton(first) == "@ has # @ and #, or # @ #" and skeleton(second) == "@ has # @ and #, or half @ #"


def test_where_the_reference_generator_is_wrong_this_one_is_right() -> None:
    """Its chains of divisions mislabelled 98 %, its fractions 69 %; it left holes, and counted in fractions."""
    corpus = rows("full", 3000)
    assert {"division_chain", "left_after_two_then_shared", "fraction_of_a_total"} <= {row["pattern"] for row in corpus}
    for row in corpus:
        assert not re.search(r"[<>{}]", row["question"])
        counts = re.search(r"[Hh]ow many (boxes|vans|campers|students|cars|seats|photos)\b", row["question"])
        assert counts is None or row["answer"].isdigit(), row


def run(*arguments: str) -> int:
    return main(list(arguments))


def test_generate_writes_rows_splits_and_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "corpus"
    assert run("generate", "--mix", "run8", "--n", "200", "--split", "train=.8,test=.2", "-o", str(out)) == 0
    assert "every row proved." in capsys.readouterr().out
    card = json.loads((out / "card.json").read_text())
    lines = {split: (out / f"{split}.jsonl").read_text().splitlines() for split in ("train", "test")}
    assert sum(map(len, lines.values())) == 200 and card["share_proved"] == 1.0
    for split, each in card["splits"].items():
        assert each["rows"] == len(lines[split]) == sum(each["steps"].values()) == sum(each["patterns"].values())
        assert each["sha256"] == hashlib.sha256((out / each["file"]).read_bytes()).hexdigest()
    row = json.loads(lines["train"][0])
    assert row["prompt"][1]["content"] == row["question"] and row["completion"][0]["content"] + "\n" == row["trace"]
    assert row["prompt"][0]["content"] == shipped().prompts["minimal"]
    assert 0 <= card["near_duplicate_share"] <= 1 and "- split: test" in (out / "README.md").read_text()
    assert run("check", "--strict", "-q", str(out)) == 0
    assert run("check", "--strict", "-q", "--overlay", "run1", str(out)) == 0


def test_several_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for jobs in ("1", "3"):
        assert run("generate", "--mix", "run6", "--n", "2500", "--jobs", jobs, "-o", str(tmp_path / jobs)) == 0
    assert (tmp_path / "1" / "rows.jsonl").read_bytes() == (tmp_path / "3" / "rows.jsonl").read_bytes()


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run("generate", "--mix", "full", "--n", "1100", "--format", "parquet", "-o", str(tmp_path)) == 0
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == list(rows("full", 1100))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mix", "run9"], "there is no mix 'run9'; there are run1"),
        (["--split", "train=.8,test=.1"], "shares that sum up to 1"),
        (["--split", "train"], "shares that sum up to 1"),
        (["--expert", "cooking"], "has no pattern of cooking"),
        (["--pattern", "prices"], "there is no pattern 'prices'"),
        (["--overlay", "run99"], "there is no overlay 'run99'"),
        (["--n", "-3"], "--n takes a number of rows from 1 on"),
    ],
)
def test_what_cannot_be_generated_is_a_usage_error(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("generate", "-o", str(tmp_path / "out"), *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


WRONG = """\
kind: expert
name: shop
operations:
  sell:
    slots: {stock: entity, pieces: number}
    requires: [pieces <= stock]
    updates: {stock: stock - pieces}
---
kind: patterns
expert: shop
patterns:
  sold:
    draws: {stock: 20..30, pieces: 2..9}
    questions: ["A shop has <stock> pens and sells <pieces>. How many are left?"]
    trace:
    - {op: init, var: pens, value: <stock>}
    - {op: init, var: sold, value: <pieces>}
    - {op: sell, stock: pens, pieces: sold}
    - {op: query, var: pens}
    answer: stock - pieces - 1
"""


def test_a_wrong_pattern_generates_nothing_and_is_pointed_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.yaml").write_text(WRONG)
    arguments = ["--experts", str(tmp_path), "--expert", "shop", "--n", "5", "-o", str(tmp_path / "out")]
    assert run("generate", *arguments) == 1
    shown = capsys.readouterr().out
    assert "error[C004]: `sold` draws examples that are not proved" in shown and "shop.yaml:12:3" in shown
    assert not (tmp_path / "out" / "rows.jsonl").exists()
    assert run("fuzz", "--experts", str(tmp_path), "--budget", "0s") == 1
    assert "shop/sold: every example of the pattern is proved: broken" in capsys.readouterr().out


RARE = """\
kind: patterns
expert: arithmetic
patterns:
  rare:
    draws: {n: 0..5000, m: 2..9}
    questions: ["A shelf has <n> pens and gets <m> more. How many pens are there?"]
    trace:
    - {op: init, var: pens, value: <n>}
    - {op: init, var: more, value: <m>}
    - {op: compute, compute_op: add, args: [pens, more], var: total}
    - {op: query, var: total}
    answer: n + m
"""


def test_a_rare_wrong_draw_is_found_at_the_ends_and_in_every_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rare.yaml"
    path.write_text(RARE)
    assert run("experts", "--check", str(path)) == 1
    path.write_text(RARE.replace("0..5000", "[7, 8, 9, 11, 0]"))
    own = ["--experts", str(tmp_path), "--pattern", "rare", "--n", "3000", "--jobs", "2"]
    assert run("generate", *own, "-o", str(tmp_path / "out")) == 1
    assert "error[C004]" in capsys.readouterr().out and not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RARE.replace("  rare:", "  price_chain:"), "T353"),
        ("kind: mixes\nmixes: {run8: {extends: run7}}\n", "T353"),
        ("kind: mixes\nmixes: {mine: {wieghts: {arithmetic: 1}}}\n", "T357"),
        ("kind: mixes\nmixes: {mine: {levels: {insane: 1}}}\n", "T354"),
        ("kind: mixes\nmixes: {mine: {levels: {easy: 0}}}\n", "T207"),
        ("kind: mixes\nmixes: {mine: {overlay: ../percentage}}\n", "T354"),
        ("kind: mixes\nmixes: {mine: {noise: 3/2}}\n", "T207"),
        ("kind: mixes\nmixes: {mine: {templates: 0}}\n", "T207"),
        ("kind: mixes\nasides: [{says: []}]\nmixes: {}\n", "C007"),
        ("kind: patern\npatterns: {}\n", "T354"),
        (RARE.replace("n: 0..5000,", "n: 3..9, n: 4..5,"), "T105"),
        (RARE.replace("    answer: n + m\n", ""), "T356"),
        (RARE.replace("    answer: n + m\n", "    answer: n / (m - m)\n"), "C005"),
        (RARE.replace("patterns:\n  rare:\n", "patterns:\n  rare:\n    extends: rare\n"), "C009"),
    ],
)
def test_what_a_folder_of_experts_cannot_say(
    text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text(text)
    found = run("generate", "--experts", str(tmp_path), "--mix", "full", "--n", "5", "-o", str(tmp_path / "out"))
    shown = capsys.readouterr()
    assert (
        (found, f"error[{code}]" in shown.err) == (2, True)
        or (found == 1 and code in shown.out)
        or (
            found == 0
            and run("experts", "--check", str(tmp_path / "own.yaml")) == 1
            and code in capsys.readouterr().out
        )
    )


def test_a_folder_of_other_files_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("mine")
    assert run("generate", "--mix", "run8", "--n", "9", "-o", str(tmp_path)) == 2
    assert "README.md" in capsys.readouterr().err and (tmp_path / "README.md").read_text() == "mine"
    out = tmp_path / "out"
    assert run("generate", "--mix", "run8", "--n", "9", "-o", str(out)) == 0
    assert run("generate", "--mix", "run8", "--n", "9", "--split", "train=1/2,test=1/2", "-o", str(out)) == 0
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "card.json", "test.jsonl", "train.jsonl"]
    for card in ('{"name": "an adapter", "command": "python -m training.sft"}', "[]", "{"):
        (out / "card.json").write_text(card)
        assert run("generate", "--mix", "run8", "--n", "9", "-o", str(out)) == 2
        assert (out / "card.json").read_text() == card and (out / "train.jsonl").is_file()


def test_a_corpus_stays_until_the_next_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("generate", "--mix", "run8", "--n", "9", "-o", str(tmp_path)) == 0
    (rows,) = tmp_path.glob("*.jsonl")
    before = rows.read_bytes()
    monkeypatch.setattr("tracedsl.datasets.Lines.write", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run("generate", "--mix", "run8", "--n", "12", "--jobs", "1", "-o", str(tmp_path)) == 130
    assert rows.read_bytes() == before and not list(tmp_path.glob("*.part"))


def test_the_card_counts_the_steps_of_every_style(tmp_path: Path) -> None:
    assert run("generate", "--mix", "run7c", "--n", "20", "-o", str(tmp_path)) == 0
    counted: Counter[str] = Counter()
    (path,) = tmp_path.glob("*.jsonl")
    for row in map(json.loads, path.read_text().splitlines()):
        counted[str(len(re.findall("op: ", row["trace"])) - row["trace"].count("compute_op: "))] += 1
    (split,) = json.loads((tmp_path / "card.json").read_text())["splits"].values()
    assert split["steps"] == counted


def test_an_expert_of_ones_own_needs_no_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(ROOT / "examples" / "kitchen")
    own, out = ["--experts", folder], str(tmp_path / "kitchen")
    assert run("experts", "--check", f"{folder}/kitchen.yaml") == 0
    assert run("generate", *own, "--expert", "kitchen", "--n", "60", "-o", out) == 0
    assert run("check", *own, "--strict", out) == 0
    assert run("lint", *own, out) == 0
    assert run("lint", *own, f"{folder}/kitchen.yaml") == 0
    assert run("fuzz", *own, "--budget", "0s") == 0
    assert run("experts", *own, "kitchen") == 0
    assert "All 15 laws held." in capsys.readouterr().out


@pytest.mark.long
def test_a_hundred_thousand_rows_of_full_are_proved(tmp_path: Path) -> None:
    assert run("generate", "--mix", "full", "--n", "100000", "-o", str(tmp_path)) == 0
    assert run("check", "--strict", "-q", str(tmp_path)) == 0
