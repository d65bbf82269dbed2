"""Decoding: what the constraint lets through is valid, what is valid it lets through, masks are exact."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import mistral_common
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tests.strategies import values
from tests.tiny import needs_base
from tracedsl import check, strategies
from tracedsl.cli import main
from tracedsl.corpora import plan
from tracedsl.decoding import (
    Constraint,
    Language,
    Masker,
    Options,
    State,
    Tokens,
    from_bytes,
    from_sentencepiece,
    from_transformers,
    grounded_numbers,
    walk,
)
from tracedsl.decoding.completion import completion
from tracedsl.decoding.constraint import Row
from tracedsl.decoding.processor import TraceProcessor
from tracedsl.diagnostics import Diagnostic
from tracedsl.limits import DEFAULT
from tracedsl.models import base
from tracedsl.numbers import Number, count_digits, spell, whole
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_row
from tracedsl.source import Source
from tracedsl.vocabulary import default

OPTIONS = {
    "all": Options(),
    "no values": Options(execute=False),
    "few steps": Options(steps=6),
    "a pool of names": Options(names=("a", "ab", "price", "rate", "total")),
    "some numbers": Options(numbers=tuple(map(Number, (1, 2, 20, 40)))),
    "one expert": Options(experts=("entity_track",), compositions=False),
}
KINDS = ("bytes", "byte-level", "sentencepiece", "spanning")


@cache
def texts() -> tuple[str, ...]:
    """Canonical traces of the mix `full`, without their last newline."""
    rows = plan(shipped(), default(), "full").rows(0, 200)
    return tuple(row["completion"][0]["content"] for row in rows)


def byte_level() -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer, trained on traces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")


def sentencepiece() -> SentencePieceProcessor:
    """Return a real SentencePiece model: 32,000 pieces, a space before every text, byte fallback."""
    return SentencePieceProcessor(model_file=str(Path(mistral_common.__file__).parent / "data" / "tokenizer.model.v1"))


def spanning() -> Tokens:
    """Return a vocabulary of pieces of traces of up to 69 bytes, a third of them damaged."""
    random, pieces = Random(1), set[bytes]()
    while len(pieces) < 3000:
        text = random.choice(texts())
        start = random.randrange(len(text))
        piece = bytearray(text[start : start + random.randint(2, 69)].encode())
        if random.random() < 0.33:
            piece[random.randrange(len(piece))] = random.choice(b"abc,{}\n 12")
        pieces.add(bytes(piece))
    single = [bytes((byte,)) for byte in range(256)]
    return Tokens([None, *single, *sorted(piece for piece in pieces if len(piece) > 1)], [0])


@cache
def masker(kind: str) -> Masker:
    """Return a masker for a kind of vocabulary, made once."""
    match kind:
        case "bytes":
            return Masker(from_bytes())
        case "byte-level":
            return Masker(from_transformers(byte_level()))
        case "sentencepiece":
            return Masker(from_sentencepiece(sentencepiece()))
        case "smollm2":
            needs_base()
            return Masker(from_transformers(AutoTokenizer.from_pretrained(base())))
        case _:
            return Masker(spanning())


def errors(text: str, *, execute: bool = True) -> list[str]:
    """Return the codes of the errors of a text; without values those of values (T5) are not ours."""
    found = [fault.code for fault in check(text).errors]
    return [code for code in found if execute or not code.startswith("T5")]


def check_row(row: dict[str, str]) -> tuple[Diagnostic, ...]:
    return examine_row(Source(row["trace"]), row["question"], row["answer"], default()).diagnostics


def after(language: Language, text: str) -> State | None:
    return language.start().steps(text.encode())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("spread", [0.0, 4.0])
def test_every_walk_ends_within_its_budget_and_is_valid(kind: str, name: str, spread: float) -> None:
    budget = 400 if kind == "bytes" else 160
    for index in range(2):
        constraint = Constraint(masker(kind), OPTIONS[name], budget=budget)
        walked = walk(constraint, f"{name}:{index}", spread=spread)
        assert walked.ended, walked
        assert walked.tokens <= budget
        assert errors(walked.text, execute=OPTIONS[name].execute) == [], walked.text


def test_no_budget_is_too_tight() -> None:
    least = Constraint(masker("byte-level")).cost(Language().start())
    for budget in range(least, least + 12):
        walked = walk(Constraint(masker("byte-level"), budget=budget), f"{budget}")
        assert walked.ended
        assert walked.tokens <= budget
        assert errors(walked.text) == []
    with pytest.raises(ValueError, match=f"no trace fits a budget of {least - 1} tokens"):
        Constraint(masker("byte-level"), budget=least - 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (Options(names=("price", "yes")), "'yes' is no name"),
        (Options(names=("x y",)), "'x y' is no name"),
        (Options(names=("n" * 65,)), "is no name"),
        (Options(numbers=(Number(10**33),)), "is no number"),
        (Options(experts=("rate_equation",), numbers=(Number(1, True),)), "no trace is possible"),
        (Options(experts=("percentage",), names=("total",)), "no trace is possible"),
    ],
)
def test_options_under_which_no_valid_trace_is_are_refused(options: Options, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Constraint(masker("byte-level"), options, budget=300)


def test_no_more_steps_are_allowed_than_the_limit() -> None:
    assert Language(options=Options(steps=5000)).options.steps == DEFAULT.steps


def test_a_result_may_be_all_that_a_sub_trace_brings_in() -> None:
    """With two names and nothing unused, the second sub-trace can only take the result of the first."""
    options = Options(experts=("arithmetic",), numbers=(Number(2),), names=("a", "b"), no_unused=True)
    first = "- {op: init, var: a, value: 2}\n  - {op: compute, compute_op: div, args: [2, a], var: b}\n  - {op: query, var: b}"
    state = after(
        Language(options=options), f"- expert: arithmetic\n  trace:\n  {first}\n- expert: arithmetic\n  trace:"
    )
    assert state is not None and state.allowed and state.shortest_completion()
    single = Options(experts=("arithmetic",), names=("c",), no_unused=True, compositions=False)
    assert errors(walk(Constraint(masker("byte-level"), single, budget=300), "1").text) == []


@given(st.integers(1, 10**32 - 1), st.integers(0, 40), st.booleans())
def test_every_number_that_is_begun_can_be_ended(digits: int, point: int, negative: bool) -> None:
    """Whatever digits are written, up to the most that there may be, some way goes on."""
    text = str(digits)
    written = f"{'-' if negative else ''}{f'0.{text.zfill(point)}' if point else text}"
    state = after(Language(), "expert: arithmetic\ntrace:\n- {op: init, var: a, value: ")
    for byte in written.encode():
        following = state.step(byte) if state is not None else None
        assert state is not None and state.allowed
        if following is None:
            break
        state = following
    assert state is not None and state.allowed


@pytest.mark.parametrize("kind", ["byte-level", "sentencepiece", "spanning"])
@given(seed=st.integers(0, 10**6), name=st.sampled_from(sorted(OPTIONS)))
@settings(max_examples=10)
def test_a_mask_is_what_the_checker_takes_of_all_tokens(kind: str, seed: int, name: str) -> None:
    assert_mask_is_exact(masker(kind), seed, OPTIONS[name])


def assert_mask_is_exact(masks: Masker, seed: int, options: Options) -> None:
    """Claim that the mask of a state, reached by random tokens, has the tokens that the checker takes byte by byte."""
    random, language = Random(seed), Language(options=options)
    state, tokens = language.start(), masks.tokens
    for _ in range(random.randrange(40)):
        ids = [each for each in masks.entry(state).ids.tolist() if each not in tokens.ends]
        if ids:
            state = masks.after(state, random.choice(ids)) or state
    first = tokens.leading and state is language.start()

    def takes(text: bytes | None) -> bool:
        starts = (text, text.removeprefix(b" ")) if text and first and text != b" " else (text,)
        return any(each and state.steps(each) is not None for each in starts)

    taken = [index for index, text in enumerate(tokens.texts) if takes(text)]
    assert masks.entry(state).ids.tolist() == sorted([*taken, *(tokens.ends if state.complete else ())])


@pytest.mark.long
@pytest.mark.parametrize("kind", ["smollm2", "sentencepiece", "spanning"])
def test_a_thousand_masks_of_each_vocabulary_are_exact(kind: str) -> None:
    for seed in range(1_000):
        assert_mask_is_exact(masker(kind), seed, OPTIONS[Random(seed).choice(sorted(OPTIONS))])


@pytest.mark.long
@pytest.mark.parametrize("kind", ["smollm2", "sentencepiece", "spanning"])
@pytest.mark.parametrize("spread", [0.0, 4.0])
def test_ten_thousand_walks_end_are_valid_and_write_every_operation(kind: str, spread: float) -> None:
    """Uniform and by random logits, over SmolLM2's vocabulary, a SentencePiece one, and tokens that span steps."""
    seen: set[tuple[str, str]] = set()
    constraint = Constraint(masker(kind), budget=128)
    for index in range(1_667):
        walked = walk(constraint, f"{index}", spread=spread)
        assert walked.ended and walked.tokens <= 128 and errors(walked.text) == [], walked
        seen |= operations(walked.text)
    offered = {(expert, form.op) for expert, forms in Language().shapes.forms.items() for form in forms}
    assert seen >= offered or kind == "spanning"  # whose tokens favour the steps of a corpus


def operations(text: str) -> set[tuple[str, str]]:
    """Return the steps of a text but inits and queries, each with its expert."""
    parts = re.findall(r"expert: (\w+)\n(.*?)(?=- expert:|$)", text, re.DOTALL)
    return {
        (expert, f"compute {found[1]}" if found[1] else found[0])
        for expert, body in parts
        for found in re.findall(r"\{op: (\w+), (?:compute_op: (\w+))?", body)
    }


@given(strategies.traces(decodable=True))
@settings(max_examples=60)
def test_every_valid_canonical_trace_can_be_written(text: str) -> None:
    state = after(Language(), text.removesuffix("\n"))
    assert state is not None
    assert state.complete


@given(strategies.traces(decodable=True), st.integers(0, 10**6), st.sampled_from(sorted(OPTIONS)))
@settings(max_examples=20)
def test_every_prefix_that_is_taken_can_be_completed(text: str, cut: int, name: str) -> None:
    language = Language(options=OPTIONS[name])
    state = language.start()
    for byte in text.encode()[: cut % len(text)]:
        following = state.step(byte)
        if following is None:
            break
        state = following
    written = text.encode()[: cut % len(text)]
    while written and after(language, written.decode()) is None:
        written = written[:-1]
    whole = written.decode() + (after(language, written.decode()) or state).shortest_completion().decode()
    assert errors(whole, execute=OPTIONS[name].execute) == [], whole
    last = after(language, whole)
    assert last is not None
    assert last.complete


def test_every_operation_of_every_expert_is_offered() -> None:
    language = Language()
    for expert, forms in language.shapes.forms.items():
        for form in forms:
            text = f"expert: {expert}\ntrace:\n- {{op: init, var: one, value: 9}}\n- {{op: init, var: two, value: 4}}\n- {form.head}"
            state = after(language, text)
            assert state is not None, form.op
            assert errors(text + state.shortest_completion().decode()) == []


@given(values, st.booleans())
def test_every_canonical_number_can_be_written(value: int, percent: bool) -> None:
    text = spell(Number(value, percent))
    assert after(Language(), f"expert: arithmetic\ntrace:\n- {{op: init, var: a, value: {text}}}") is not None


@given(st.fractions(min_value=0, max_value=10**12, max_denominator=10**6))
def test_every_root_that_can_be_drawn_can_be_written(root: Fraction) -> None:
    text = spell(Number(whole(root * root)))
    assume(count_digits(text) <= 30)
    trace = f"expert: arithmetic\ntrace:\n- {{op: compute, compute_op: sqrt, args: [{text}], var: a}}\n"
    assert after(Language(), trace) is not None


def test_a_tokenizer_without_an_end_is_refused() -> None:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=byte_level().backend_tokenizer)
    with pytest.raises(ValueError, match="has no token that ends a text"):
        from_transformers(tokenizer)


START = "expert: arithmetic\ntrace:\n- {op: init, var: a, value: 9}\n- {op: init, var: b, value: 0}\n- {op: compute, compute_op: "


@pytest.mark.parametrize(
    ("goes_on", "refused"),
    [
        ("div, args: [a, a", "div, args: [a, b"),
        ("div, args: [a, 0.5", "div, args: [a, 0,"),
        ("sqrt, args: [a]", "sqrt, args: [2]"),
        ("pow, args: [2, a]", "pow, args: [2, 0.5"),
        ("pow, args: [a, 100]", "pow, args: [a, 9999]"),
        ("add, args: [a, b, a, b]", "sub, args: [a, b, "),
        ("add, args: [20%, 5%]", "mul, args: [20%"),
        ("add, args: [a, b], var: c}", "add, args: [a, b], var: a}"),
        ("add, args: [a, b], var: cc}", "add, args: [a, c"),
        ("add, args: [a, b], var: nulls}", "add, args: [a, b], var: null}"),
        ("add, args: [a, b], var: c.d}", "add, args: [a, b], var: c.}"),
        ("add, args: [1, 2.5]", "add, args: [1, 2.50]"),
        ("add, args: [1, 1/3]", "add, args: [1, 1/2]"),
    ],
)
def test_what_would_be_an_error_cannot_be_written(goes_on: str, refused: str) -> None:
    assert after(Language(), START + goes_on) is not None
    assert after(Language(), START + refused) is None


def test_without_values_only_their_errors_pass() -> None:
    lenient = Language(options=Options(execute=False))
    assert after(lenient, f"{START}div, args: [a, b], var: c}}") is not None
    assert after(lenient, f"{START}add, args: [a, c") is None


def test_the_query_asks_what_an_operation_wrote() -> None:
    text = f"{START}add, args: [a, b], var: total}}\n- {{op: query, var: "
    assert after(Language(), f"{text}total}}") is not None
    assert after(Language(), f"{text}a") is None


def test_nothing_unused_is_left_over_where_that_is_asked() -> None:
    strict = Language(options=Options(no_unused=True, compositions=False, experts=("arithmetic",)))
    text = f"{START}mul, args: [a, 2], var: c}}\n"
    assert after(Language(), f"{text}- {{op: query, var: c}}") is not None
    assert after(strict, f"{text}- {{op: query") is None
    assert (
        after(strict, f"{text}- {{op: compute, compute_op: add, args: [b, c], var: d}}\n- {{op: query, var: d}}")
        is not None
    )


def test_numbers_of_the_question_are_those_of_t7() -> None:
    question = "Half of the 48 clips, 20% off."
    language = Language(options=Options(numbers=grounded_numbers(question, default().lexicon)))
    begin = "expert: arithmetic\ntrace:\n- {op: init, var: a, value: "
    for number in ("48", "0.5", "20%", "0.8", "100", "-48"):
        assert after(language, f"{begin}{number}}}") is not None, number
    for number in ("47", "4}", "480", "0.3"):
        assert after(language, f"{begin}{number}}}") is None, number


def test_free_text_comes_first_and_a_fence_last() -> None:
    options = Options(opening="```yaml\n", closing="\n```")
    walked = walk(Constraint(masker("byte-level"), options, budget=300), "0", spread=6.0)
    assert walked.ended
    body = walked.text.partition("```yaml\n")[2]
    assert body.endswith("\n```")
    assert errors(body.removesuffix("\n```")) == []


@pytest.mark.parametrize("beams", [1, 3])
def test_generation_is_constrained_in_batches_samples_and_beams(beams: int) -> None:
    tokenizer = byte_level()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    prompts = torch.randint(1, 900, (2, 7))
    chosen = [Options(experts=("percentage",)), Options(experts=("arithmetic",), compositions=False)]
    processor = TraceProcessor([Constraint(masker("byte-level"), each, budget=70) for each in chosen])
    for _ in range(2):  # one processor serves many calls
        with torch.no_grad():
            written = model.generate(
                prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=70, num_beams=beams,
                do_sample=beams == 1, num_return_sequences=beams, logits_processor=[processor],
            )  # fmt: skip
        for index, ids in enumerate(written[:, 7:].tolist()):
            text = masker("byte-level").tokens.decode(ids)
            assert errors(text) == [], text
            assert ("percentage" if index < beams else "arithmetic") in text
    report = processor.report[0]
    assert report.steps > 10
    assert 0 < report.masked_share <= 1
    assert report.log_kept < 0


def test_a_processor_begins_anew_with_a_prompt_that_is_longer_by_one() -> None:
    processor = TraceProcessor(Constraint(masker("byte-level"), Options(), budget=70))
    scores = torch.zeros(1, len(byte_level()))
    processor(torch.tensor([[5, 6, 7]]), scores)
    assert processor(torch.tensor([[5, 6, 8, 9]]), scores).isfinite().any()
    assert processor.report[0].steps == 1


def test_where_one_sub_trace_is_allowed_no_composition_begins() -> None:
    limits = DEFAULT.with_settings({"subtraces": 1})
    alone = Constraint(masker("bytes"), Options(limits=limits), budget=300)
    for seed in range(5):
        assert walk(alone, str(seed)).text.startswith("expert: ")


def test_a_question_s_number_that_no_trace_can_hold_is_left_out() -> None:
    lexicon = default().lexicon
    long, limits = f"Serial {'1234567890' * 4} has 3.", DEFAULT.with_settings({"digits": 2})
    assert set(grounded_numbers(long, lexicon)) == set(grounded_numbers("Serial has 3.", lexicon))
    assert Number(365) not in grounded_numbers("365 and 12", lexicon, limits)
    assert Language(options=Options(numbers=grounded_numbers(long, lexicon))).start().allowed


def test_tokens_are_read_as_their_tokenizers_write_them() -> None:
    tokenizer, model = byte_level(), sentencepiece()
    for text in texts()[:50]:
        ids = tokenizer(text)["input_ids"]
        assert masker("byte-level").tokens.decode(ids) == text
        assert masker("sentencepiece").tokens.decode(model.encode(text)) == text
        row = Constraint(masker("sentencepiece")).row(model.encode(text))
        assert set(row.allowed) & set(masker("sentencepiece").tokens.ends)


def test_what_others_wrote_can_be_written_with_the_numbers_of_the_question(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    assert main(["import", "gsm8k", str(data / "gsm8k_test_dev.jsonl"), "-o", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 600
    limited = 0
    for row in rows[::10]:
        trace = row["trace"].removesuffix("\n")
        state = after(Language(), trace)
        assert state is not None, trace
        assert state.complete, trace
        grounded = not any(fault.code == "T701" for fault in check_row(row))
        limited += grounded
        language = Language(options=Options(numbers=grounded_numbers(row["question"], default().lexicon)))
        assert (after(language, trace) is not None) == grounded, trace
    assert limited > 40


def test_the_masks_are_arrays_of_ids() -> None:
    row = Constraint(masker("bytes")).start()
    assert row.allowed.dtype == np.int32
    with pytest.raises(ValueError, match="may not come here"):
        row.after(ord("x"))


def test_walk_command_says_what_it_found(tmp_path: Path) -> None:
    out = tmp_path / "walks.jsonl"
    assert main(["walk", "--n", "3", "--expert", "percentage", "--budget", "500", "-o", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [errors(row["trace"]) for row in rows] == [[], [], []]
    assert all(row["valid"] and row["ended"] for row in rows)
    assert main(["walk", "--n", "1", "--budget", "5", "-o", str(out)]) == 2


def test_what_a_row_hands_out_cannot_be_changed() -> None:
    constraint = Constraint(masker("bytes"), Options(experts=("arithmetic",)))
    for ids in (constraint.start().allowed, constraint.start().choices, Row(constraint, None, None).allowed):
        with pytest.raises(ValueError, match="read-only"):
            ids[0] = 7
    with pytest.raises(ValueError, match="may not come"):
        constraint.start().after(100_000)


@pytest.mark.parametrize(
    ("options", "told"), [({"experts": "arithmetic"}, "tuple of names"), ({"operands": 0}, "from 1")]
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Language(options=Options(**options))


def test_a_processor_refuses_rows_that_belong_to_no_constraint_and_forgets_when_told() -> None:
    constraint = Constraint(masker("bytes"), Options(experts=("arithmetic",)), budget=200)
    scores = torch.zeros(5, 257)
    with pytest.raises(ValueError, match="5 rows are no multiple of 2 constraints"):
        TraceProcessor([constraint] * 2)(torch.full((5, 3), 65), scores)
    with pytest.raises(ValueError, match="2 rows are no multiple of 3"):
        TraceProcessor([constraint] * 3)(torch.full((2, 3), 65), scores[:2])
    processor = TraceProcessor(constraint)
    first = processor(torch.tensor([[65, 66]]), scores[:1])
    processor.reset()  # or "e", which a trace may begin with, is taken for its first letter
    assert processor(torch.tensor([[65, 66, 101]]), scores[:1]).equal(first)


def test_free_text_is_counted_without_planning_its_trace_at_each_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = 0

    def counted(state: State, **options: Any) -> Any:
        nonlocal planned
        planned += 1
        return completion(state, **options)

    monkeypatch.setattr("tracedsl.decoding.constraint.completion", counted)
    row = Constraint(masker("bytes"), Options(opening="```yaml\n"), budget=600).start()
    for letter in b"Let us see: " * 6:
        assert letter in row.allowed
        row = row.after(letter)
    assert planned < 40
