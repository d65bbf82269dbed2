"""`make bench-decoding`: masks beside llguidance's and xgrammar's context-free grammar, spans beside single tokens.

Needs the embedded base model. Engines take turns trace by trace; ratios are to be quoted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import llguidance
import llguidance.hf
import torch
from transformers import AutoTokenizer

from tracedsl import models
from tracedsl.corpora import plan
from tracedsl.decoding import Constraint, Masker, Options, from_transformers, grounded_numbers
from tracedsl.decoding.generation import Generator
from tracedsl.exports import Wanted, rules, to_gbnf, to_lark
from tracedsl.patterns.curriculum import shipped
from tracedsl.solving import Solver
from tracedsl.vocabulary import default

TRACES, ROUNDS = 20, 3
Row = dict[str, Any]
Engine = Callable[[Row, list[int]], float]


def timed(steps: Iterator[None]) -> float:
    """Return how long it takes to go through the steps."""
    start = time.perf_counter()
    for _ in steps:
        pass
    return time.perf_counter() - start


def own(constraint: Constraint, ids: list[int]) -> Iterator[None]:
    row = constraint.start()
    for token in ids:
        yield row.choices  # type: ignore[misc]
        row = row.after(token)


def guidance(tokenizer: Any) -> Engine:
    engine = llguidance.hf.from_tokenizer(tokenizer)
    grammar = llguidance.LLMatcher.grammar_from_lark(to_lark(rules(default(), Wanted())))
    warm = llguidance.LLMatcher(engine, grammar)

    def run(_: Row, ids: list[int]) -> float:
        matcher = warm.deep_copy()
        return timed(_stepped(matcher, ids))

    def _stepped(matcher: Any, ids: list[int]) -> Iterator[None]:
        for token in ids:
            yield matcher.compute_bitmask()
            matcher.consume_token(token)

    return run


def xgrammar(tokenizer: Any) -> Engine | None:
    try:
        import xgrammar as xgr
    except ImportError:
        return None
    info = xgr.TokenizerInfo.from_huggingface(tokenizer)
    compiled = xgr.GrammarCompiler(info).compile_grammar(xgr.Grammar.from_ebnf(to_gbnf(rules(default(), Wanted()))))
    mask = xgr.allocate_token_bitmask(1, info.vocab_size)

    def run(_: Row, ids: list[int]) -> float:
        return timed(_stepped(xgr.GrammarMatcher(compiled), ids))

    def _stepped(matcher: Any, ids: list[int]) -> Iterator[None]:
        for token in ids:
            yield matcher.fill_next_token_bitmask(mask)
            matcher.accept_token(token)

    return run


def masks(tokenizer: Any, rows: list[Row]) -> None:
    """Print the time of a trace's masks beside the other engines, warm and with each request's state dropped."""
    data = [(row, tokenizer.encode(row["trace"].removesuffix("\n"))) for row in rows]
    masker = Masker(from_transformers(tokenizer))
    held, other = Constraint(masker, Options()), Masker(masker.tokens)
    shared = Constraint(other, Options())

    def warm(_: Row, ids: list[int]) -> float:
        return timed(own(held, ids))

    def dropped(_: Row, ids: list[int]) -> float:
        other.forget()
        return timed(own(shared, ids))

    def renewed(row: Row, ids: list[int]) -> float:
        other.forget()
        start = time.perf_counter()
        numbers = grounded_numbers(row["question"], default().lexicon)
        constraint = Constraint(other, Options(numbers=numbers))
        return time.perf_counter() - start + timed(own(constraint, ids))

    engines: dict[str, Engine | None] = {
        "llguidance, context-free": guidance(tokenizer),
        "xgrammar, context-free": xgrammar(tokenizer),
        "ours, warm (0.2 at most)": warm,
        "ours, no state kept from other requests (0.4 at most)": dropped,
        "ours, so too and with the numbers of the question alone": renewed,
    }
    times: dict[str, list[float]] = {name: [] for name, engine in engines.items() if engine is not None}
    for turn in range(ROUNDS + 1):
        for row, ids in data:
            for name in times:
                engine = engines[name]
                assert engine is not None
                took = engine(row, ids)
                times[name] += [took] if turn else []  # the first turn warms all of them up
    peer = statistics.mean(times["llguidance, context-free"])
    tokens = statistics.mean(len(ids) for _, ids in data)
    for name, listed in times.items():
        mean = statistics.mean(listed)
        print(
            f"{name}: {1e3 * mean:.2f} ms a trace, {1e6 * mean / tokens:.0f} us a token, {mean / peer:.2f} of llguidance"
        )


def spans(model: Any, tokenizer: Any, rows: list[Row]) -> None:
    """Print how much faster constrained generation is when what must come next is fed at once."""
    solver = Solver(model, tokenizer)
    took: dict[bool, float] = {True: 0.0, False: 0.0}
    generators = {fed: Generator(model, tokenizer, spans=fed) for fed in took}
    for row in rows:
        for fed in took:
            solver.generator = generators[fed]
            start = time.perf_counter()
            solver.write([row["question"]])
            took[fed] += time.perf_counter() - start
    print(
        f"constrained generation with spans fed at once: {took[False] / took[True]:.2f} times as fast as by single tokens"
    )


def batch(model: Any, tokenizer: Any, rows: list[Row]) -> None:
    """Print what the masks of 16 rows add to a forward pass of the batch."""
    masker = Masker(from_transformers(tokenizer))
    held = Constraint(masker, Options())
    states = [held.row(tokenizer.encode(row["trace"])[:40]) for row in rows[:16]]
    ids = torch.randint(0, 1000, (16, 1))
    with torch.inference_mode():
        cache = model(input_ids=torch.randint(0, 1000, (16, 90)), use_cache=True).cache
        start = time.perf_counter()
        model(input_ids=ids, cache=cache, use_cache=True)
        forward = time.perf_counter() - start
    start = time.perf_counter()
    for state in states:
        assert len(state.choices)
    print(f"masks of 16 rows: {(time.perf_counter() - start) / forward:.4f} of a forward pass ({1e3 * forward:.0f} ms)")


def main() -> None:
    """Run every measurement."""
    base = models.base()
    tokenizer = AutoTokenizer.from_pretrained(base)
    start = time.perf_counter()
    masker = Masker(from_transformers(tokenizer))
    rows = list(plan(shipped(), default(), "wide").rows(3, TRACES))
    ids = tokenizer.encode(rows[0]["trace"].removesuffix("\n"))
    timed(own(Constraint(masker, Options(), budget=300), ids))
    print(
        f"first use of a tokenizer, its vocabulary read and a first trace masked: {time.perf_counter() - start:.2f} s"
    )
    masks(tokenizer, rows)
    model = models.load(base).eval()
    batch(model, tokenizer, rows)
    from tracedsl.solving import load

    spans(load(None, "synthetic")[0], tokenizer, rows[:8])


if __name__ == "__main__":
    main()
