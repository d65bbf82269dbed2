"""The recipes, on a two-layer random model: they train, go on where they stopped, and refuse what would mislead."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import tiny
from tracedsl import models
from tracedsl.attempts import Attempt
from tracedsl.decoding.generation import Generator
from tracedsl.masking import masked
from tracedsl.pipeline import examine_row
from tracedsl.solving import load as loaded
from tracedsl.source import Source
from tracedsl.vocabulary import default
from training import config, declared, evaluate, jsonl, prepare, repeat, rows, sample, sets
from training.findings import verdicts
from training.statistics import by_pairs, corrected, difference, paired, share

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the trainers' own packages are not ours to cure
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base model."""
    pytest.importorskip("trl")
    return tiny.saved(tmp_path_factory.mktemp("base"))


@pytest.fixture(autouse=True)
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs write in a test."""
    monkeypatch.setattr(config, "OUT", tmp_path)
    return tmp_path


def run_of(base: Path, name: str, **settings: Any) -> config.Run:
    """Return a run over twelve rows, six steps of two."""
    shared = {
        "learning_rate": 1e-2,
        "save_strategy": "steps",
        "save_steps": 3,
        "logging_steps": 1,
        "disable_tqdm": True,
    }
    sft = {"per_device_train_batch_size": 2, "num_train_epochs": 1, **shared}
    grpo = {
        "per_device_train_batch_size": 4,
        "num_generations": 4,
        "max_completion_length": 12,
        "max_steps": 6,
        **shared,
    }
    given = {"model": str(base), "threads": 1, "data": [{"mix": "wide", "n": 12}], "sft": sft, "grpo": grpo}
    return config.Run(name=name, **{**given, **settings})


class Stop:
    """Stops a trainer after some steps, as a lost machine would after a checkpoint."""

    def __new__(cls, after: int) -> Any:
        from transformers import TrainerCallback

        class Stopping(TrainerCallback):  # type: ignore[misc]
            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
                control.should_training_stop = state.global_step >= after
                return control

        return Stopping()


def weights(folder: Path) -> dict[str, Any]:
    """Return what was learnt."""
    from safetensors.torch import load_file

    return dict(load_file(next(iter(folder.glob("*.safetensors")))))


def logged(folder: Path, name: str) -> list[float]:
    """Return what a run logged, step by step."""
    history = json.loads((folder / "history.json").read_text())
    return [entry[name] for entry in history if name in entry]


@pytest.mark.parametrize("method", ["sft", "grpo"])
def test_a_step_whose_gradient_is_not_finite_is_skipped(
    method: str, base: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib

    from transformers import TrainerCallback

    class Spoiling(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            if state.global_step == 2:
                next(each for each in model.parameters() if each.grad is not None).grad[0, 0] = float("nan")

    folder = importlib.import_module(f"training.{method}").main(run_of(base, "spoilt"), callbacks=[Spoiling()])
    assert "step 3 is skipped: its gradient is not finite" in capsys.readouterr().out
    assert all(bool(each.isfinite().all()) for each in weights(folder).values())


@pytest.mark.parametrize("method", ["sft", "grpo"])
def test_stopped_and_resumed_equals_one_go(method: str, base: Path, out: Path) -> None:
    import importlib

    import torch

    recipe = importlib.import_module(f"training.{method}")
    whole = recipe.main(run_of(base, "whole"))
    recipe.main(run_of(base, "halved"), callbacks=[Stop(3)])
    with pytest.raises(SystemExit, match="--resume"):
        recipe.main(run_of(base, "halved"))
    with pytest.raises(SystemExit, match="was begun with `data`"):
        recipe.main(run_of(base, "halved", data=[{"mix": "wide", "n": 13}]), resume=True)
    halved = recipe.main(run_of(base, "halved"), resume=True)
    first, second = weights(whole), weights(halved)
    assert first.keys() == second.keys() and first
    assert all(torch.equal(first[name], second[name]) for name in first)
    measure = "loss" if method == "sft" else "entropy"
    assert logged(out / "whole", measure) == logged(out / "halved", measure)
    assert len(logged(out / "whole", measure)) == 6
    card = json.loads((halved / "card.json").read_text())
    assert card["method"] == method and card["base_sha256"] and card["versions"]["trl"]


@pytest.mark.parametrize("kind", ["full", "last"])
def test_all_weights_or_the_last_layers_learn(kind: str, base: Path, out: Path) -> None:
    from training import sft

    tuning = {"kind": kind, "layers": 1}
    folder = sft.main(run_of(base, kind, tuning=tuning, sft={"per_device_train_batch_size": 4, "disable_tqdm": True}))
    before, after = weights(base), weights(folder)
    changed = {name for name in before if not before[name].equal(after[name])}
    assert "model.layers.1.mlp.up_proj.weight" in changed
    assert ("model.layers.0.mlp.up_proj.weight" in changed) == (kind == "full")
    assert ("model.embed_tokens.weight" in changed) == (kind == "full")


def test_the_lowest_layers_may_be_left_alone(base: Path, out: Path) -> None:
    from training import sft

    once = {"per_device_train_batch_size": 4, "disable_tqdm": True}
    folder = sft.main(run_of(base, "upper", tuning={"lowest": 1}, sft=once))
    assert {name.split(".layers.")[1].split(".")[0] for name in weights(folder)} == {"1"}


def test_the_low_rank_part_of_a_full_change_is_an_adapter(base: Path, out: Path) -> None:
    from training import lowrank, sft

    once = {"per_device_train_batch_size": 4, "learning_rate": 1e-2, "disable_tqdm": True}
    whole = sft.main(run_of(base, "whole", tuning={"kind": "full"}, prompt="brief", sft=once))

    def low(r: int) -> Path:
        return lowrank.main(lowrank.parser().parse_args([str(whole), "--r", str(r)]))

    def off(folder: Path) -> float:
        """How far the linear layers are from what they are to be."""
        found = {name: value.float() for name, value in loaded(str(base), str(folder)).model.state_dict().items()}
        wanted = {name: value for name, value in weights(whole).items() if "_proj" in name}
        return float(sum((found[name] - value).square().sum() for name, value in wanted.items()))

    far = float(sum((v - weights(base)[n]).square().sum() for n, v in weights(whole).items() if "_proj" in n))
    cards = {r: json.loads((low(r) / "card.json").read_text()) for r in (1, 4, 16)}
    kept = [cards[r]["kept"] for r in (1, 4, 16)]
    assert 0 < kept[0] < kept[1] < kept[2] < 1
    assert off(low(16)) < 1e-4 * far < off(low(4)) < off(low(1)) < far
    assert cards[4]["settings"]["tuning"] == {"r": 4, "alpha": 8}
    assert loaded(str(base), str(low(4))).prompt == "brief"
    with pytest.raises(SystemExit, match="was not written by a run with"):
        lowrank.main(lowrank.parser().parse_args([str(low(4))]))
    whole = sft.main(run_of(base, "still", tuning={"kind": "full"}, sft={**once, "learning_rate": 0.0}))
    with pytest.raises(SystemExit, match="nothing has changed"):
        low(4)


@pytest.mark.parametrize("tied", [True, False])
def test_a_head_starts_as_the_base_has_it(tied: bool, tmp_path: Path, out: Path) -> None:
    pytest.importorskip("trl")
    from training import sft

    base = tiny.saved(tmp_path / "tied", tied=tied)
    still = {"per_device_train_batch_size": 4, "learning_rate": 0.0, "disable_tqdm": True}
    after = weights(sft.main(run_of(base, "still", tuning={"kind": "last", "layers": 1}, sft=still)))
    before = weights(base)
    assert ("lm_head.weight" in before) is not tied
    assert after["lm_head.weight"].equal(before["model.embed_tokens.weight" if tied else "lm_head.weight"])


@pytest.mark.parametrize("tuning", [{"kind": "full"}, {"r": 4, "alpha": 8}])
def test_the_quicker_loss_is_that_of_trl(
    tuning: dict[str, Any], base: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import sft

    quick = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "learning_rate": 1e-2}
    steps = {**quick, "logging_steps": 1, "disable_tqdm": True, "save_strategy": "no"}
    own = sft.main(run_of(base, "own", tuning=tuning, sft=steps))
    monkeypatch.setattr("training.completions.MOST", 0)
    theirs = sft.main(run_of(base, "theirs", tuning=tuning, sft=steps))
    for name in ("loss", "grad_norm", "mean_token_accuracy"):
        assert logged(own.parent, name) == pytest.approx(logged(theirs.parent, name), rel=1e-4)
    learnt = weights(theirs)
    assert all(learnt[name].allclose(each, atol=1e-5) for name, each in weights(own).items())


def launched(path: Path, *module: str) -> None:
    """Train a run in two processes."""
    config_file = str(ROOT / "training" / "accelerate" / "cpu.yaml")
    launch = ["-m", "accelerate.commands.launch", "--config_file", config_file, "--main_process_port", "0"]
    command = [sys.executable, *launch, *module, str(path)]
    environment = {**os.environ, "TRACEDSL_OUT": str(path.parent), "MALLOC_TOP_PAD_": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("module", "tuning"),
    [
        (("-m", "training.sft"), {"kind": "full"}),
        (("tests/sharded.py",), {"kind": "full"}),
        (("tests/sharded.py",), {"r": 4, "alpha": 8}),
        (("tests/sharded.py",), {"kind": "last", "layers": 1}),
    ],
)
def test_two_processes_learn_what_one_does(
    module: tuple[str, ...], tuning: dict[str, Any], base: Path, out: Path
) -> None:
    from training import sft

    quick = {"learning_rate": 1e-2, "num_train_epochs": 1, "logging_steps": 1, "disable_tqdm": True}
    for name, batch in (("one", 4), ("two", 2)):
        settings = {**quick, "save_strategy": "no", "per_device_train_batch_size": batch}
        run = {"model": str(base), "threads": 1, "data": [{"mix": "wide", "n": 8}], "tuning": tuning, "sft": settings}
        (out / f"{name}.yaml").write_text(json.dumps(run))
    one, two = sft.main(config.load(out / "one.yaml", [])).parent, out / "two"
    launched(out / "two.yaml", *module)
    assert len(logged(one, "loss")) == len(logged(two, "loss")) == 2
    assert logged(two, "loss") == pytest.approx(logged(one, "loss"), rel=2e-2)
    own, other = weights(one / "final"), weights(two / "final")
    assert own.keys() == other.keys()
    assert all(other[name].allclose(each, atol=1e-5) for name, each in own.items())


def test_what_a_run_cannot_do_is_refused(base: Path, out: Path, tmp_path: Path) -> None:
    import torch

    from training import sft, tuning

    adapter = sft.main(run_of(base, "first", tuning={"r": 4, "alpha": 8}))
    with pytest.raises(SystemExit, match="has kind lora, r 4, alpha 8, and `tuning` says otherwise"):
        sft.main(run_of(base, "second", adapter=adapter))
    dropping = tuning.model_of(run_of(base, "dropping", adapter=adapter, tuning={"r": 4, "alpha": 8, "dropout": 0.3}))
    assert {each.p for each in dropping.modules() if isinstance(each, torch.nn.Dropout)} == {0.3}
    upper = sft.main(run_of(base, "upper", tuning={"r": 4, "alpha": 8, "lowest": 1}))
    with pytest.raises(SystemExit, match=r"r 4, alpha 8, without \S+, and `tuning` says otherwise"):
        sft.main(run_of(base, "third", adapter=upper, tuning={"r": 4, "alpha": 8}))
    plain = tmp_path / "plain"
    shutil.copytree(base, plain)
    (plain / "chat_template.jinja").unlink()
    with pytest.raises(SystemExit, match="has no chat template"):
        sft.main(run_of(plain, "plain"))


def test_turns_may_end_with_another_token_than_texts(base: Path, out: Path, tmp_path: Path) -> None:
    from training import sft

    turns = tmp_path / "turns"
    shutil.copytree(base, turns)
    told = json.loads((turns / "tokenizer_config.json").read_text())
    (turns / "tokenizer_config.json").write_text(json.dumps({**told, "eos_token": "<pad>"}))
    ends = json.loads((turns / "generation_config.json").read_text())
    (turns / "generation_config.json").write_text(json.dumps({**ends, "eos_token_id": [0, 1]}))
    assert sft.main(run_of(turns, "turns")).is_dir()
    model = models.load(str(turns))
    assert Generator(model, tiny.byte_tokenizer()).ends == {0, 1}


def test_what_would_be_cut_off_is_refused(base: Path) -> None:
    from training import sft

    with pytest.raises(SystemExit, match="max_length is 64: it would lose its end"):
        sft.main(run_of(base, "short", max_length=64))
    with pytest.raises(SystemExit, match="max_length is 512: it would lose its end"):
        sft.main(config.load(config.RUNS / "run1_512.yaml", [f"model={base}"]))


def test_a_question_held_for_evaluation_is_refused_in_whatever_numbers(base: Path, tmp_path: Path) -> None:
    from training import sft

    row = next(rows.read([config.Source(mix="wide", n=1)]))
    other = row["question"].translate(str.maketrans("123456789", "987654321"))
    assert other != row["question"] and masked(other) == masked(row["question"])
    held = tmp_path / "held.jsonl"
    held.write_text(json.dumps({"question": other}) + "\n")
    with pytest.raises(SystemExit, match=r"held\.jsonl is for evaluation"):
        sft.main(run_of(base, "leaking", held=[held]))


def test_settings_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("data: [{mix: wide}]\nsft: {learning_rate: 1e-3}\n")
    run = config.load(path, ["sft.warmup_steps=4", "data.0.n=7"])
    assert (run.name, run.sft, run.data[0].n) == ("run", {"learning_rate": 0.001, "warmup_steps": 4}, 7)
    for text, told in (
        ("data: []", "data: List"),
        ("data: [{mix: wide}]\nspeed: 1", "speed: Extra"),
        ("- 1", "mapping"),
    ):
        path.write_text(text)
        with pytest.raises(SystemExit, match=told):
            config.load(path)
    with pytest.raises(SystemExit, match="key=value"):
        config.load(config.RUNS / "cpu.yaml", ["sft.seed"])


def test_what_a_run_extends_is_kept_where_it_says_nothing(tmp_path: Path) -> None:
    base = "data: [{mix: wide}]\ntuning: {r: 8}\nsft: {learning_rate: 1e-3, save_strategy: no}\n"
    (tmp_path / "base.yaml").write_text(base)
    over = tmp_path / "over.yaml"
    over.write_text("extends: base.yaml\ndata: [{mix: run8}]\ntuning: {alpha: 4}\nsft: {warmup_steps: 2}\n")
    run = config.load(over, ["sft.save_strategy=no"])
    assert [source.mix for source in run.data] == ["run8"] and (run.tuning.r, run.tuning.alpha) == (8, 4)
    assert run.sft == {"learning_rate": 0.001, "save_strategy": "no", "warmup_steps": 2}


def test_a_source_takes_rows_of_the_lengths_that_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    drawn = list(rows.read([config.Source(mix="wide", n=60)]))
    path.write_text("".join(json.dumps(row) + "\n" for row in drawn))
    found = list(rows.read([config.Source(file=path, computes={2: 5, 3: 2})]))
    assert sorted(rows.computes(row["trace"]) for row in found) == [2] * 5 + [3] * 2
    assert found[0] == next(row for row in drawn if rows.computes(row["trace"]) in (2, 3))
    with pytest.raises(SystemExit, match=r"rows\.jsonl has 0 rows of 9 computing steps, not 1"):
        list(rows.read([config.Source(file=path, computes={9: 1})]))


def test_the_linter_is_asked_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    read = [list(rows.read([config.Source(mix=mix, n=250)])) for mix in ("run8", "run5")]
    assert list(rows.linted(read[0])) == []
    assert any(" of C301, such as: " in line for line in rows.linted(read[1]))
    monkeypatch.setattr(rows, "_LINTED", 125)
    assert next(rows.linted(read[0])) == "the linter reads one of 2 rows"


def test_a_run_knows_experts_of_ones_own(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a mix and of a file, what the linter says of them, and what reinforcement learning pays for."""
    from training import grpo

    folder = Path("examples/kitchen")
    own = declared.declared([folder])
    drawn = [row for row in rows.read([config.Source(mix="full", n=200)], own) if row["expert"] == "kitchen"]
    assert any(" of C502, such as: " in line for line in rows.linted(drawn))
    assert not any(" of C502, such as: " in line for line in rows.linted(drawn, own))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in drawn))
    asked = dict[str, Any]()

    def stopped(**given: Any) -> None:
        asked.update(given)
        raise SystemExit("as far as this test goes")

    monkeypatch.setattr(grpo, "GRPOTrainer", stopped)
    run = run_of(base, "own", data=[config.Source(file=path)], experts=[folder])
    with pytest.raises(SystemExit, match="as far as"):
        grpo.main(run)
    row = drawn[0]
    columns = {name: [row[name]] for name in ("question", "answer", "trace", "expert")}
    assert [reward([row["trace"]], **columns) for reward in asked["reward_funcs"]] == [[1.0]] * 4
    with pytest.raises(SystemExit, match=r"`experts` names .*nowhere, which is no folder"):
        grpo.main(run.model_copy(update={"experts": [tmp_path / "nowhere"]}))
    (tmp_path / "bytes").mkdir()
    (tmp_path / "bytes" / "shop.yaml").write_bytes(b"kind: expert\nname: \xff\n")
    with pytest.raises(SystemExit, match=r"cannot read .*shop\.yaml: 'utf-8' codec"):
        declared.declared([tmp_path / "bytes"])
    (tmp_path / "shop.yaml").write_text("kind: expert\nname: shop\nspeed: 3\n")
    with pytest.raises(SystemExit, match=r"shop\.yaml is not a sound expert file"):
        declared.declared([tmp_path])


def test_every_shipped_run_is_sound() -> None:
    found = {path.stem: config.load(path) for path in config.RUNS.glob("*.yaml")}
    assert {
        "cpu",
        "gsm8k",
        "grpo",
        *(f"run{number}" for number in range(1, 9)),
        "run7a",
        "run7b",
        "run7c",
        "run1_512",
    } <= found.keys()
    for name in ("cpu", "run1", "run8"):
        assert next(rows.read([config.Source(mix=found[name].data[0].mix, n=1)]))["trace"]


def test_sets_are_what_they_say(data: Path) -> None:
    known = sets.declared()
    assert {row["template"] for row in sets.read(known["paraphrases"], 20)} == {5}
    trained = list(rows.read([config.Source(mix="worded", n=600)]))
    assert 5 not in {row["template"] for row in trained}
    assert not {row["pattern"] for row in trained} & {row["pattern"] for row in sets.read(known["unseen"], 60)}
    assert len(sets.read(known["seed10"])) == 10
    questions = {row["question"] for row in sets.read(known["seed10"])}
    assert not questions & {row["question"] for row in sets.read(known["gsm8k"], 20)}
    parts, wholes = sets.read(known["gsm8k_parts"]), sets.read(known["gsm8k_chosen"])
    assert len(parts) > 300 and all("trace" in row for row in parts)
    assert not {row["question"] for row in parts} & {row["question"] for row in wholes}
    longest = max(_computes(row["trace"]) for row in trained)
    assert {_computes(row["trace"]) for row in sets.read(known["longer"], 10)} == {longest + 2}


def test_prepared_rows_are_numbered_and_leave_out_what_is_held_or_named(data: Path, tmp_path: Path) -> None:
    lines = (data / "gsm8k_train_1.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:40]
    lines += (data / "gsm8k_train_2.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[-5:]
    given, first = tmp_path / "train.jsonl", tmp_path / "first.jsonl"
    given.write_text("".join(lines), encoding="utf-8")
    first.write_text("".join(lines[:10]), encoding="utf-8")
    asked = [json.loads(line)["question"] for line in lines]
    options = [str(given), "-o", str(tmp_path), "--names", "numbered", "--renumber", "1", "--without", str(first)]
    found = list(rows.read([config.Source(file=prepare.main(prepare.parser().parse_args(options)))]))
    own = {row["question"] for row in found} & set(asked)
    assert len(own) > 20 and own <= set(asked[10:40]) and len(found) > len(own)
    assert all(re.fullmatch(r"[nr]\d+", name) for row in found for name in re.findall(r"var: ([\w.]+)", row["trace"]))
    again = [*options, "--workers", "2"]
    assert list(rows.read([config.Source(file=prepare.main(prepare.parser().parse_args(again)))])) == found
    parts = prepare.main(prepare.parser().parse_args([*options, "--subquestions"]))
    assert not {row["question"] for row in rows.read([config.Source(file=parts)])} & set(asked)


def _computes(trace: str) -> int:
    return sum("{op: " in line and "op: init" not in line and "op: query" not in line for line in trace.split("\n"))


def test_an_evaluation_goes_on_where_it_stopped(base: Path, tmp_path: Path) -> None:
    from training import report

    options = argparse.Namespace(**vars(evaluate.parser().parse_args(["none", "--base", str(base), "--sets", "held"])))
    options.most, options.out, options.threads = 3, tmp_path / "run" / "evaluation", 1
    summary = evaluate.main(options)
    assert summary["held.constrained"]["valid"]["hits"] == summary["held.constrained"]["rows"] == 3
    assert summary["held.constrained"]["allowed"]["hits"] == 3
    gold = next(rows.read([config.Source(mix="wide", n=1)]))
    assert not evaluate.is_allowed(gold["trace"], "How many are there?", default())
    path = options.out / "held.constrained.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1]))
    assert evaluate.main(options) == summary
    assert path.read_text().splitlines(keepends=True) == lines
    options.votes, options.modes = 2, "constrained"
    voted = evaluate.main(options)["held.constrained.k2"]
    assert voted["pass@2"]["n"] == 3 and {each["n"] for each in voted["votes"].values()} == {3}
    assert voted["votes"]["by_value"]["hits"] == voted["correct"]["hits"]
    adapter = tmp_path / "run" / "final"
    adapter.mkdir()
    (adapter / "card.json").write_text(json.dumps({"evaluation": {"other": 1}}))
    evaluate.note(str(adapter), summary)
    noted = json.loads((adapter / "card.json").read_text())["evaluation"]
    assert noted["other"] == 1 and noted["held.constrained"]["valid"]["hits"] == 3
    assert evaluate.folder_of(str(adapter)) == options.out
    page = report.main([tmp_path / "run"], tmp_path / "report.html").read_text()
    assert "held.constrained" in page and "\\u003csvg" in page


def test_an_evaluation_does_not_go_on_with_other_settings_or_rows(base: Path, tmp_path: Path) -> None:
    call = ["none", "--base", str(base), "--sets", "held", "--modes", "free", "--threads", "1", "--out", str(tmp_path)]

    def told(*further: str) -> Any:
        return evaluate.main(evaluate.parser().parse_args([*call, *further]))

    whole, path = told("--most", "3"), tmp_path / "held.free.jsonl"
    assert told("--most", "2")["held.free"]["rows"] == 2 and len(jsonl.read(path)) == 3
    with pytest.raises(SystemExit, match="begun with `prompt` minimal, not verbose"):
        told("--most", "3", "--prompt", "verbose")
    first, *rest = path.read_text().split("\n", 1)
    path.write_text("\n".join((json.dumps({**json.loads(first), "question": "Another\u2028one?"}), *rest)))
    with pytest.raises(SystemExit, match=r"line 1 of .* is of another question"):
        told("--most", "3")
    path.write_text(first + "\n" + rest[0][:40])
    assert told("--most", "3") == whole
    path.with_suffix(".by.json").unlink()
    with pytest.raises(SystemExit, match="begun with `base` None"):
        told("--most", "3")
    with pytest.raises(SystemExit, match=r"no none/card\.json"):
        told("--most", "3", "--card")


def test_a_run_that_tunes_all_weights_is_evaluated_by_its_folder(base: Path, tmp_path: Path) -> None:
    from training import sft

    sft_settings = {"per_device_train_batch_size": 4, "disable_tqdm": True}
    run = run_of(base, "all", tuning={"kind": "full"}, prompt="verbose", max_length=3000, sft=sft_settings)
    final = sft.main(run)
    call = ["--sets", "held", "--modes", "free", "--most", "2", "--threads", "1"]
    summary = evaluate.main(evaluate.parser().parse_args([str(final), *call, "--card"]))
    card = json.loads((final / "card.json").read_text())
    assert card["evaluation"]["held.free"]["valid"] == summary["held.free"]["valid"]
    assert json.loads((final.parent / "evaluation" / "held.free.by.json").read_text())["prompt"] == "verbose"


def test_lines_of_texts_with_odd_separators_are_whole(tmp_path: Path) -> None:
    asked = [{"question": f"one\u2028two\x85{number}"} for number in range(3)]
    path = tmp_path / "odd.jsonl"
    for most in (1, 3):
        jsonl.complete(path, asked[:most], 1, lambda part, start: part, {"by": 1})
    assert jsonl.read(path) == asked and jsonl.read(path, 2) == asked[:2]
    path.write_bytes(path.read_bytes() + '{"question": "torn ’'.encode()[:-1])
    assert jsonl.read(path) == asked
    path.write_bytes(b'{"quest')
    jsonl.complete(path, asked, 2, lambda part, start: part, {"by": 2})  # nothing had been written by another
    assert jsonl.read(path) == asked
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    starts = []
    jsonl.complete(path, asked, 2, lambda part, start: starts.append(start) or part, {"by": 2})
    assert jsonl.read(path) == asked and starts == [0, 2]


def test_a_report_opens_in_a_browser_and_filters(tmp_path: Path) -> None:
    """Headless Chromium runs the page: curves are drawn, a filter in the address is applied, nothing is logged."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is installed, in which the report would be opened")
    from training import report

    folder = tmp_path / "run"
    (folder / "evaluation").mkdir(parents=True)
    history = [{"step": step, "loss": 1 / step, "reward": step / 9} for step in range(1, 9)]
    history.append({"step": 9, "loss": float("nan"), "reward": 1})  # which leaves the others of its curve
    (folder / "history.json").write_text(json.dumps(history))
    gold = next(rows.read([config.Source(mix="wide", n=1)]))
    wrong = gold["trace"].replace("op: mul", "op: add")
    lines = [{**gold, "completion": text, "masked": 1, "chosen": 5} for text in (gold["trace"], wrong, "</script>no")]
    path = folder / "evaluation" / "held.free.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    voted = {**gold, "attempts": lines[:2], "by_value": 0, "by_function": 0, "by_weight": 1}
    votes = folder / "evaluation" / "held.free.k2.jsonl"
    votes.write_text(json.dumps(voted) + "\n")
    summary = {"held.free": evaluate.summary_of(path, 1), "held.free.k2": evaluate.summary_of(votes, 2)}
    assert summary["held.free.k2"]["masked_share"] == 0.2
    (folder / "evaluation" / "summary.json").write_text(json.dumps(summary))
    page = report.main([folder], tmp_path / "report.html")
    opened = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    opened += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run(
        [*opened, f"{page.as_uri()}#class=parse"], capture_output=True, text=True, check=True, timeout=120
    )
    assert "CONSOLE" not in done.stderr
    drawn = re.findall("<polyline[^>]*>", done.stdout)
    assert len(drawn) == 2 and not any("NaN" in line for line in drawn)
    assert '<span id="count">1 of 2</span>' in done.stdout
    assert done.stdout.count('class="failure"') == 1 and "&lt;/script&gt;no" in done.stdout
    assert "33.3" in done.stdout
    assert "held.free.k2, pass@2" in done.stdout and "held.free.k2, by weight" in done.stdout


def test_statistics() -> None:
    found = share(97, 98)
    assert (round(found.low, 3), round(found.high, 3)) == (0.944, 0.998)
    assert str(share(0, 0)) == "-"
    assert paired([True, True, False], [True, False, False])[1:3] == (1, 0)
    assert paired([True] * 12, [False] * 12).p < 0.001
    assert corrected([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_of_the_attempts_those_that_are_right_are_kept_one_of_each_wiring() -> None:
    trace = "expert: arithmetic\ntrace:\n- {op: init, var: a, value: 3}\n- {op: init, var: b, value: 5}\n- {op: compute, compute_op: mul, args: [a, b], var: c}\n- {op: query, var: c}\n"
    row = {"id": "1", "question": "Five boxes hold 3 pens each. How many pens?", "answer": "15", "trace": trace}
    commuted, renamed, longer = (
        trace.replace("[a, b]", "[b, a]"),
        trace.replace("var: c", "var: d"),
        trace.replace("c}\n- {op: q", "e}\n- {op: compute, compute_op: add, args: [e, 0], var: c}\n- {op: q"),
    )
    texts = [
        trace,
        commuted,
        renamed,
        longer,
        trace.replace("mul", "add"),
        "nonsense",
        trace.replace("value: 5", "value: 15").replace("[a, b]", "[b, 1]"),
    ]
    attempts = [Attempt(text, 0.0, examine_row(Source(text), row["question"], None, default())) for text in texts]
    told = {"id": "1", "question": row["question"], "drawn": 7, "right": 4, "kept": [trace, longer]}
    assert sample.told(row, attempts) == told


def test_sampling_goes_on_where_it_stopped(base: Path, tmp_path: Path) -> None:
    made = [{"id": str(at), **row} for at, row in enumerate(rows.read([config.Source(mix="wide", n=3)]))]
    file, out = tmp_path / "rows.jsonl", tmp_path / "samples"
    file.write_text("".join(json.dumps(row) + "\n" for row in made))
    call = ["none", str(file), "-o", str(out), "--base", str(base), "--k", "2", "--batch", "2"]
    sample.main(sample.parser().parse_args([*call, "--most", "1"]))
    first = (out / "samples.jsonl").read_text()
    assert sample.main(sample.parser().parse_args(call)) == out
    lines = (out / "samples.jsonl").read_text()
    assert lines.startswith(first) and len(lines.splitlines()) == 3
    assert (out / "kept.jsonl").is_file() and (out / "mixed.jsonl").is_file()


def brief(base: Path) -> list[str]:
    """Return the options that make a repetition of a run short."""
    changes = [
        f"model={base}",
        "data.0.n=6",
        "sft.per_device_train_batch_size=2",
        "sft.disable_tqdm=true",
        "tuning.layers=1",
        "threads=1",
    ]
    return ["--most", "2", *(part for each in changes for part in ("--set", each))]


def repeated(base: Path, *call: str) -> dict[str, list[dict[str, dict[str, Any]]]]:
    return repeat.main(repeat.parser().parse_args([*call, *brief(base)]))


def test_what_a_stopped_repetition_has_trained_is_not_trained_again(
    base: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopping, pytest.raises(KeyboardInterrupt):
        stopping.setattr("training.repeat.evaluate.write", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        repeated(base, "run1", "--seeds", "0")
    monkeypatch.setattr("training.sft.main", lambda run: pytest.fail("trained again"))
    assert repeated(base, "run1", "--seeds", "0")["run1"][0]["fresh"]["rows"] == 2
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        repeated(base, "run1", "--seeds", "1")


def test_runs_are_repeated_with_seeds_and_not_done_twice(
    base: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("run1", "run8", "--seeds", "0,1")
    found = repeated(base, *call)
    assert {name: len(each) for name, each in found.items()} == {"run1": 2, "run8": 2}
    assert all(told[kind]["rows"] == 2 for each in found.values() for told in each for kind in ("trained", "fresh"))
    shown = capsys.readouterr().out
    assert "| run1 | reported |" in shown and "| run1 | trained |" in shown
    assert "run8 against run1, fresh rows: +0.0 points" in shown
    assert [each.name for each in out.iterdir()] == ["repeated.jsonl"]
    monkeypatch.setattr("training.sft.main", lambda run: pytest.fail("trained again"))
    assert repeated(base, *call) == found


def test_runs_are_repeated_side_by_side(base: Path, out: Path) -> None:
    command = [sys.executable, "-m", "training.repeat", "run1", "--seeds", "0,1", "--jobs", "2", *brief(base)]
    environment = {**os.environ, "TRACEDSL_OUT": str(out)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "| run1 | fresh |" in done.stdout
    assert len(jsonl.read(out / "repeated.jsonl")) == 2


def told(*right: int, short: int = 0, **experts: int) -> list[dict[str, dict[str, Any]]]:
    """What `training.repeat` finds of a run with as many seeds as there are counts, of 80 fresh rows each."""

    def fresh(hits: int) -> dict[str, Any]:
        by = {name: {"correct": {"hits": own, "n": 20}} for name, own in experts.items()}
        found = {"rows": 80, "correct": {"hits": hits, "n": 80}, "failures": {"short-circuit": short}}
        return {**found, "experts": by}

    return [{"fresh": fresh(hits)} for hits in right]


def test_a_finding_holds_where_the_differences_of_its_seeds_lie_above_0() -> None:
    def verdict(better: tuple[int, ...], worse: tuple[int, ...]) -> list[str]:
        return list(verdicts({"run1": told(*better), "run1_verbose": told(*worse)}, rl=False))

    assert verdict((40, 42, 38), (20, 21, 20)) == [
        "finding 8, a short system prompt: holds; run1 against run1_verbose, all: +24.6 (+16.2 to +33.0)"
    ]
    assert ": not held;" in verdict((40, 20, 30), (20, 40, 29))[0]
    assert ": the contrary holds;" in verdict((20, 21, 20), (40, 42, 38))[0]
    assert verdict((40,), (20,)) == []  # of one seed nothing is said


def test_a_finding_pairs_seeds_where_an_expert_has_rows_in_both() -> None:
    found = {"run6": told(9, 9, 9, comparison=5), "run3": told(9, 9, 9, comparison=5)}
    del found["run6"][0]["fresh"]["experts"]["comparison"]
    found["run3"][1]["fresh"]["experts"]["comparison"]["correct"] = {"hits": 3, "n": 20}
    assert [line for line in verdicts(found, rl=False) if "+5.0 (" in line]


def test_a_finding_counts_the_rows_or_the_failures_that_it_is_about() -> None:
    found = {
        "run1": told(40, 40, rate_equation=10, percentage=0),
        "run2": told(40, 40, rate_equation=15),
        "run3": told(40, 40, short=8),
        "run3_graded": told(40, 40, short=4),
    }
    assert [line.split(":")[0] for line in verdicts(found, rl=False)] == ["finding 6, no formula steps"]
    rewarded = [line for line in verdicts(found, rl=True) if "run3" in line]
    assert len(rewarded) == 1 and "fewer short-circuit: +5.0 (-0.7 to +10.7)" in rewarded[0]


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    by, low, high = difference(share(56, 70), share(48, 80))  # the example of his paper
    assert (round(by, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)


@pytest.mark.parametrize("change", ["data.5.n=3", "data.x.n=1", "name.x=1", "prompt=foo"])
def test_a_change_that_a_run_cannot_take_is_told(change: str) -> None:
    with pytest.raises(SystemExit, match=r"the run has no setting there|there is no prompt 'foo'"):
        config.load(config.RUNS / "run1.yaml", [change])


def test_questions_are_held_in_the_columns_of_every_format(tmp_path: Path) -> None:
    problems = [{"question": "A?"}, {"input": "B?", "code": ""}, {"Body": "C has 3.", "Question": "How many?"}]
    path = tmp_path / "held.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in problems))
    assert list(rows.questions(path)) == ["A?", "B?", "C has 3. How many?"]
    path.write_text('{"answer": 3}\n')
    with pytest.raises(SystemExit, match="row 1 has no question"):
        list(rows.questions(path))


@pytest.mark.parametrize("option", ["--votes=0", "--batch=0", "--most=-1", "--prompt=foo"])
def test_an_evaluation_refuses_what_counts_nothing(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        evaluate.parser().parse_args(["none", option])
    assert "takes a number from 1 on" in (said := capsys.readouterr().err) or "invalid choice: 'foo'" in said


@pytest.mark.parametrize("path", sorted(config.RUNS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_run_has_settings_that_trl_takes(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from trl import GRPOConfig, SFTConfig

    from training import grpo, sft

    run = config.load(path)
    SFTConfig(**{**sft.DEFAULTS, "output_dir": str(tmp_path), **run.sft})
    if run.grpo:
        GRPOConfig(**{**grpo.DEFAULTS, "output_dir": str(tmp_path), **run.grpo})


def test_what_is_set_aside_for_choosing_is_not_trained_on(base: Path, data: Path, tmp_path: Path) -> None:
    from training import sft

    aside = sets.read(sets.declared()["gsm8k_chosen"], 1)
    file = tmp_path / "aside.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in aside))
    with pytest.raises(SystemExit, match="gsm8k_chosen is for evaluation"):
        sft.main(run_of(base, "leaking", data=[{"file": str(file)}]))


def test_a_folder_of_evaluation_files_that_is_not_one_is_told(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEDSL_DATA", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="which is no folder"):
        sets.held(run_of(base, "any"))
    monkeypatch.setenv("TRACEDSL_DATA", str(tmp_path))
    sets.held(run_of(base, "any"))
    assert "lacks gsm8k_test_dev.jsonl" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({}, "either `mix` or `file`"),
        ({"mix": "wide", "file": "rows.jsonl"}, "either `mix` or `file`"),
        ({"file": "rows.jsonl", "n": 7}, "`n` is for mixes alone"),
        ({"mix": "wide", "most": 7}, "`most` is for files alone"),
        ({"mix": "wide", "n": -3}, "greater than or equal to 1"),
    ],
)
def test_a_source_of_data_that_cannot_be_meant_is_refused(source: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(json.dumps({"data": [source]}))
    with pytest.raises(SystemExit, match=told):
        config.load(path, [])


def test_free_texts_are_read_out_of_their_fences_wherever_they_are_told_of(tmp_path: Path) -> None:
    from training import report

    gold = next(rows.read([config.Source(mix="wide", n=1)]))
    fenced = f"Sure:\n```yaml\n{gold['trace']}```"
    folder = tmp_path / "run" / "evaluation"
    folder.mkdir(parents=True)
    path = folder / "held.free.jsonl"
    lines = [{**gold, "completion": text} for text in (fenced, fenced.replace("expert: ", "expert: no_"), fenced)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    summary = {"held.free": evaluate.summary_of(path, 1, most=2)}
    (folder / "summary.json").write_text(json.dumps(summary))
    told = report._run(tmp_path / "run")
    assert [count for wanted, written, count in told["confusion"]["held.free"] if wanted == written] == [1]
    assert sum(count for _, _, count in told["confusion"]["held.free"]) == 2


def test_only_answers_to_the_same_questions_are_compared() -> None:
    from training import report

    def run(name: str, questions: str | None) -> dict[str, Any]:
        told = {"right": "1100", **({"questions": questions} if questions else {})}
        return {"name": name, "summary": {"held.free": told}}

    def compared(*questions: str | None) -> list[str]:
        runs = [run(str(at), each) for at, each in enumerate(questions)]
        return [each["second"] for each in report._compared(runs)]

    assert compared("a", "a", "b", None) == ["1"] and compared(None, None) == []


def test_seeds_that_differ_by_as_much_may_do_so_by_chance() -> None:
    by, low, high = by_pairs([(share(41, 50), share(40, 50)), (share(43, 50), share(42, 50))])
    assert by == pytest.approx(0.02) and low < 0 < high
    by, low, high = by_pairs([(share(90, 100), share(10, 100))] * 3)
    assert low > 0
