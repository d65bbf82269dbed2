"""The reward functions, called by the real GRPO trainer on a tiny random model."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from tests import tiny
from tests.test_score import GOLD, QUESTION, TRACES
from tracedsl import rewards
from tracedsl.source import Source
from tracedsl.vocabulary import default, load_expert

needs_trl = pytest.mark.filterwarnings("ignore")  # those of the trainer's own packages are not ours to cure

ROW = {"answer": ["245"], "trace": [GOLD], "question": [QUESTION]}


def repeated(count: int) -> dict[str, list[str]]:
    """Return the columns of a row as a trainer hands them over, once for each completion."""
    return {name: values * count for name, values in ROW.items()}


def test_both_formats_and_all_parts() -> None:
    texts = [GOLD, TRACES["init 245 and query it"], TRACES["245 + 0"], "no trace"]
    messages = [[{"role": "assistant", "content": text}] for text in texts]
    for completions in (texts, messages):
        assert rewards.trace_reward(completions, **repeated(4)) == [1, 0.5, 1, 0]
        assert rewards.meaning_reward(completions, **repeated(4)) == [1, 0.5, 0.7, 0]
        assert rewards.parsed_reward(completions, **repeated(4)) == [1, 1, 1, 0]
        assert rewards.valid_reward(completions, **repeated(4)) == [1, 0, 1, 0]
        assert rewards.correct_reward(completions, **repeated(4)) == [1, 0, 1, 0]
        assert rewards.equivalent_reward(completions, **repeated(4)) == [1, 0, 0, 0]
    assert rewards.trace_reward([[]], **ROW) == [0]
    parts = [{"type": "text", "text": GOLD[:20]}, {"type": "text", "text": GOLD[20:]}]
    assert rewards.trace_reward([[{"role": "assistant", "content": parts}]], **ROW) == [1]
    assert rewards.trace_reward([[{"role": "assistant", "tool_calls": []}]], **ROW) == [0]


@pytest.mark.parametrize("answer", ["245", ["245"], ["245"] * 3])
def test_a_column_of_another_length_than_the_completions_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="'answer' must list a value for each of the 2 completions"):
        rewards.trace_reward([GOLD, GOLD], answer=answer)


def test_rewards_know_experts_of_ones_own(tmp_path: Path) -> None:
    text = "kind: expert\nname: mixer\nsummary: mixes\noperations:\n"
    text += "  mix: {summary: two, slots: {left: number, right: number}, defines: left + right}\n"
    loaded = load_expert(Source(text), default())
    assert loaded.expert is not None
    trace = "expert: mixer\ntrace:\n- {op: init, var: a, value: 49}\n- {op: mix, left: a, right: a, var: b}\n"
    trace += "- {op: query, var: b}\n"
    columns = {"answer": ["98"], "trace": [trace], "question": ["What is 49 and 49?"], "expert": ["mixer"]}
    own = rewards.reward_of("meaning", vocabulary=default().with_expert(loaded.expert))
    assert own([trace], **columns) == [1] and rewards.trace_reward([trace], **columns) == [0.5]


def test_a_row_that_cannot_be_judged_gets_none_and_is_logged() -> None:
    metrics: dict[str, float] = {}
    extra: dict[str, list[str]] = {}
    columns = {"answer": ["245"] * 2, "trace": [GOLD] * 2, "question": ["What is it?"] * 2}
    found = rewards.meaning_reward([GOLD, "no"], log_metric=metrics.__setitem__, log_extra=extra.__setitem__, **columns)
    assert found == [None, None]
    zero = ("internal_errors", "other_function")
    assert metrics == {"meaning_reward/not_judged": 1, **{f"meaning_reward/{name}": 0 for name in zero}}
    assert extra == {
        "meaning_reward_outcome": ["right_value", "unparsed"],
        "meaning_reward_codes": ["T701 T701", "T121"],
    }


def test_right_values_by_other_functions_are_logged_where_functions_are_compared() -> None:
    texts = [GOLD, TRACES["245 + 0"], GOLD, "no trace"]
    for reward, share in (
        (rewards.meaning_reward, {"meaning_reward/other_function": 1 / 3}),
        (rewards.trace_reward, {}),
    ):
        metrics: dict[str, float] = {}
        reward(texts, log_metric=metrics.__setitem__, **repeated(4))
        assert {name: value for name, value in metrics.items() if "function" in name} == share


def test_names_are_what_a_trainer_logs() -> None:
    functions = (rewards.trace_reward, rewards.meaning_reward, rewards.valid_reward)
    assert [function.__name__ for function in functions] == ["trace_reward", "meaning_reward", "valid_reward"]
    assert rewards.reward_of("graded_run3").__name__ == "graded_run3_reward"
    with pytest.raises(ValueError, match="there is no policy 'grade'; there are graded, graded_run3, meaning"):
        rewards.reward_of("grade")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """A tokenizer of bytes, made here."""
    pytest.importorskip("trl")
    return tiny.byte_tokenizer()


@pytest.fixture
def model(tokenizer: Any) -> Any:
    """A Llama of random weights."""
    return tiny.llama(tokenizer)


def trained(model: Any, tokenizer: Any, prompt: Any, folder: Path, length: int, method: str = "GRPO") -> Any:
    """Train two steps of four completions each, and return the trainer."""
    import trl
    from datasets import Dataset

    arguments = getattr(trl, f"{method}Config")(
        output_dir=str(folder),
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=length,
        max_steps=2,
        beta=0.0,  # no reference model, which would be loaded by its name
        logging_steps=1,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    columns = {name: values[0] for name, values in ROW.items()}
    grounding = [{"var": "rate", "value": "49", "ground": "digits", "span": [16, 18]}]
    rows = [{"prompt": prompt, "grounding": grounding, "readings": [GOLD], **columns}] * 4
    trainer = getattr(trl, f"{method}Trainer")(
        model=model,
        reward_funcs=[rewards.trace_reward, rewards.meaning_reward, rewards.parsed_reward],
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.train()
    return trainer


def logged(trainer: Any, name: str) -> list[float]:
    """Return what a trainer logged under a name, step by step."""
    return [entry[name] for entry in trainer.state.log_history if name in entry]


@needs_trl
@pytest.mark.parametrize(
    "prompt", [QUESTION, [{"role": "user", "content": QUESTION}]], ids=["standard", "conversational"]
)
def test_a_grpo_trainer_takes_them(prompt: Any, model: Any, tokenizer: Any, tmp_path: Path) -> None:
    trainer = trained(model, tokenizer, prompt, tmp_path, 8)
    for name in ("trace_reward", "meaning_reward", "parsed_reward"):
        assert logged(trainer, f"rewards/{name}/mean") == [0, 0]
    assert logged(trainer, "meaning_reward/internal_errors") == [0, 0]


def forced(tokenizer: Any, texts: list[str], start: int) -> Any:
    """Return a processor that lets row by row only one text through."""
    from transformers import LogitsProcessor

    wanted = [[*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in texts]

    class Forced(LogitsProcessor):  # type: ignore[misc]
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            at = input_ids.shape[1] - start
            masked = scores.new_full(scores.shape, float("-inf"))
            for row in range(len(scores)):
                tokens = wanted[row % len(wanted)]
                masked[row, tokens[min(at, len(tokens) - 1)]] = 0
            return masked

    return Forced()


@needs_trl
@pytest.mark.parametrize("method", ["GRPO", "RLOO"])
def test_a_constraint_on_generation_reaches_the_rewards(
    method: str, model: Any, tokenizer: Any, tmp_path: Path
) -> None:
    from transformers import LogitsProcessorList

    texts = [GOLD, TRACES["init 245 and query it"], TRACES["245 + 0"], "no trace"]
    start = len(tokenizer(QUESTION)["input_ids"])
    processor = forced(tokenizer, texts, start)
    model.generate = functools.partial(model.generate, logits_processor=LogitsProcessorList([processor]))
    trainer = trained(model, tokenizer, QUESTION, tmp_path, 260, method)
    assert logged(trainer, "rewards/trace_reward/mean") == pytest.approx([0.625, 0.625])
    assert logged(trainer, "rewards/meaning_reward/mean") == pytest.approx([0.55, 0.55])
    assert all(spread > 0 for spread in logged(trainer, "reward_std"))


@needs_trl
def test_under_the_decoding_constraint_every_completion_of_a_trainer_is_valid(
    model: Any, tokenizer: Any, tmp_path: Path
) -> None:
    from transformers import LogitsProcessorList

    from tracedsl.decoding import Constraint, Options, from_transformers
    from tracedsl.decoding.processor import TraceProcessor

    constraint = Constraint(from_transformers(tokenizer), Options(compositions=False), budget=240)
    processor = LogitsProcessorList([TraceProcessor(constraint)])
    model.generate = functools.partial(model.generate, logits_processor=processor)
    trainer = trained(model, tokenizer, QUESTION, tmp_path, 240)
    assert logged(trainer, "rewards/parsed_reward/mean") == [1, 1]
    assert all(mean > 0.69 for mean in logged(trainer, "rewards/trace_reward/mean"))
