"""Generation: forced spans are forced and spelt as the tokenizer spells them; batches and spans change nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from tokenizers import pre_tokenizers

from tests import tiny
from tests.test_decoding import byte_level, texts
from tracedsl import check, strategies
from tracedsl.decoding import Constraint, Language, Masker, Options, from_transformers
from tracedsl.decoding.forcing import forced, is_over, speller_of
from tracedsl.decoding.generation import Generated, Generator


@cache
def bytes_model() -> tuple[Any, Any, Masker]:
    tokenizer = tiny.byte_tokenizer()
    return tiny.llama(tokenizer, 2).eval(), tokenizer, Masker(from_transformers(tokenizer))


@settings(max_examples=20)
@given(strategies.traces(decodable=True))
def test_each_forced_byte_is_the_only_one_allowed(text: str) -> None:
    state = Language().start()
    for byte in text.removesuffix("\n").encode():
        span, after = forced(state)
        if span:
            reached = state
            for only in span:
                assert reached.allowed == {only}
                following = reached.step(only)
                assert following is not None
                reached = following
            assert reached.stage is after.stage and reached.allowed == after.allowed
        following = state.step(byte)
        assert following is not None
        state = following
    assert is_over(state) == (not state.allowed and state.complete)


def test_spans_are_spelt_as_in_whole_texts() -> None:
    """Between spans a gold text is written by its own tokens; the spans must be the tokens that it has there."""
    tokenizer = byte_level()
    constraint = Constraint(from_transformers(tokenizer), budget=None)
    speller = speller_of(tokenizer)
    assert speller is not None
    spelt = whole = 0
    for text in texts()[:60]:
        ids = tokenizer.encode(text)
        row, at = constraint.start(), 0
        while at < len(ids):
            row = row.after(ids[at])
            at += 1
            assert row.state is not None
            tokens, over = speller.spell(row.state)
            assert list(tokens) == ids[at : at + len(tokens)]
            for token in tokens:
                row = row.after(token)
            at += len(tokens)
            assert at == len(ids) or not over
            spelt += len(tokens)
        whole += len(ids)
    assert spelt / whole > 0.3


@pytest.mark.parametrize("scheme", ["byte-level", "first", "always"])
def test_a_tokenizer_that_puts_a_space_before_a_text_writes_traces(scheme: str) -> None:
    tokenizer = tiny.byte_tokenizer() if scheme == "byte-level" else tiny.metaspace_tokenizer(scheme)
    if scheme == "byte-level":
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    constraint = Constraint(from_transformers(tokenizer), Options(names=("a", "b"), compositions=False), budget=200)
    made = Generator(tiny.llama(tokenizer).eval(), tokenizer).write([tokenizer.encode("x")], [constraint], most=200)[0]
    assert made.ended and not check(tokenizer.decode(made.ids, skip_special_tokens=True).strip() + "\n").errors


def write(
    prompts: list[str], *, spans: bool = True, constrained: bool = True, batch: int = 8, **options: Any
) -> list[Generated]:
    model, tokenizer, masker = bytes_model()
    generator = Generator(model, tokenizer, spans=spans)
    constraint = Constraint(masker, Options(), budget=options.get("most", 256)) if constrained else None
    found: list[Generated] = []
    for start in range(0, len(prompts), batch):
        part = [tokenizer.encode(prompt) for prompt in prompts[start : start + batch]]
        found += generator.write(part, [constraint] * len(part), **options)
    return found


PROMPTS = ["How many?", "What is it, then, if all of it is sold?", "x", "A longer question about 12 eggs and 3 boxes."]


def test_spans_and_batches_change_nothing() -> None:
    alone = write(PROMPTS, spans=False, batch=1, most=200)
    assert all(each.ended for each in alone)
    for spans, batch in ((False, 4), (True, 1), (True, 4), (True, 3)):
        assert [each.ids for each in write(PROMPTS, spans=spans, batch=batch, most=200)] == [each.ids for each in alone]
    assert all(each.forced > each.chosen / 4 for each in write(PROMPTS, most=500))


def test_prompts_that_are_long_or_asked_several_times_are_answered_as_alone() -> None:
    asked = [*PROMPTS, "A car has 4 wheels. " * 60, *PROMPTS[::-1], "A car has 4 wheels. " * 60]
    alone = write(PROMPTS, batch=1, most=200)
    found = write(asked, batch=len(asked), most=200)
    assert [each.ids for each in (*found[:4], *found[8:4:-1])] == [each.ids for each in alone] * 2
    assert found[4].ids == found[9].ids


def test_sampled_texts_are_valid_within_their_budget_and_repeatable() -> None:
    tokenizer = bytes_model()[1]
    first = write(PROMPTS * 3, temperature=1.5, seed=3, most=230)
    assert [each.ids for each in first] == [each.ids for each in write(PROMPTS * 3, temperature=1.5, seed=3, most=230)]
    for each in first:
        assert each.ended and len(each.ids) <= 230
        assert not check(tokenizer.decode(each.ids, skip_special_tokens=True) + "\n").errors
    assert len({tuple(each.ids) for each in first}) > len(PROMPTS)


def test_log_probabilities_are_the_models() -> None:
    model, tokenizer, _ = bytes_model()
    (made,) = write(["How many?"], constrained=False, temperature=1.0, seed=1, most=20)
    prompt = tokenizer.encode("How many?")
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*prompt, *made.ids]])).logits[0, len(prompt) - 1 : -1]
    chosen = logits.log_softmax(-1).gather(1, torch.tensor(made.ids)[:, None]).sum()
    assert made.log_probability == pytest.approx(float(chosen), abs=1e-3)
    assert (made.chosen, made.forced, made.masked) == (len(made.ids), 0, 0)


def test_what_the_constraint_changed_is_counted() -> None:
    (made,) = write(["How many?"], most=200)
    assert 0 < made.masked <= made.chosen and made.log_kept < 0
    assert made.chosen + made.forced == len(made.ids)


def test_no_prompts_give_no_texts() -> None:
    assert write([]) == []
