"""Questions to traces: a model writes under the constraint, the verifier checks, the executor computes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel

from tracedsl import models
from tracedsl.attempts import Attempt, by_value, value_of
from tracedsl.corpora import messages
from tracedsl.decoding import Constraint, Masker, Options, from_transformers, grounded_numbers
from tracedsl.decoding.generation import Generated, Generator
from tracedsl.models import NoModel
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_row
from tracedsl.reward.extraction import trace_in
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary, default

#: Tokens of a trace at most; the longest of a curriculum and nearly all of GSM8K's take fewer.
BUDGET = 400
_ADAPTER = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Solution:
    """The attempts at a question, and the one that is taken: that with most votes for its answer."""

    question: str
    attempts: tuple[Attempt, ...]
    chosen: Attempt
    votes: int


class Solver:
    """Writes traces for questions with one model.

    ``constrained`` lets only valid traces through; ``grounded`` only numbers that the question states
    or that are common constants. ``examples`` are questions with their traces, shown in the prompt to a
    model that has not been trained to write traces.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        vocabulary: Vocabulary | None = None,
        prompt: str = "minimal",
        constrained: bool = True,
        grounded: bool = True,
        budget: int = BUDGET,
        options: Options | None = None,
        examples: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary or default()
        self.prompt, self.examples = shipped().prompts[prompt], tuple(examples)
        self.constrained, self.grounded, self.budget = constrained, grounded, budget
        self.options = options or Options()
        self.generator = Generator(model, tokenizer)
        self.masker = Masker(from_transformers(tokenizer)) if constrained else None

    def write(
        self, questions: Sequence[str], *, temperature: float = 0.0, seed: int = 0, batch: int = 16
    ) -> list[Attempt]:
        """Write one text for each question, some at a time."""
        found: list[Attempt] = []
        for start in range(0, len(questions), batch):
            part = questions[start : start + batch]
            prompts = [self._prompt(question) for question in part]
            constraints = [self._constraint(question) for question in part]
            made = self.generator.write(
                prompts, constraints, most=self.budget, temperature=temperature, seed=seed + start
            )
            found += [self._attempt(*each) for each in zip(part, made, strict=True)]
        return found

    def solve(self, question: str, *, k: int = 1, temperature: float = 0.7, seed: int = 0) -> Solution:
        """Solve a question: the likeliest trace, or of ``k`` drawn ones that whose answer most of them give."""
        if k < 1:
            raise ValueError(f"k is a number of attempts from 1 on, not {k}")
        attempts = self.write([question] * k, temperature=temperature if k > 1 else 0.0, seed=seed)
        chosen = attempts[by_value(attempts)]
        votes = sum(each.valid and value_of(each) == value_of(chosen) for each in attempts) if chosen.valid else 0
        return Solution(question, tuple(attempts), chosen, votes)

    def _prompt(self, question: str) -> list[int]:
        asked = messages(self.prompt, question, self.examples)
        text = self.tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _constraint(self, question: str) -> Constraint | None:
        if self.masker is None:
            return None
        numbers = grounded_numbers(question, self.vocabulary.lexicon, self.options.limits) if self.grounded else None
        options = replace(self.options, numbers=numbers)
        return Constraint(self.masker, options, vocabulary=self.vocabulary, budget=self.budget)

    def _attempt(self, question: str, generated: Generated) -> Attempt:
        text = self.tokenizer.decode(generated.ids, skip_special_tokens=True) + "\n"
        trace = text if self.constrained else trace_in(text)  # as a score reads it: out of prose and fences
        report = examine_row(Source(trace, "trace"), question, None, self.vocabulary, self.options.limits)
        return Attempt(text, generated.log_probability, report, generated)


class Loaded(NamedTuple):
    """A model ready to write, its tokenizer, where its weights are, and a warning if any.

    ``prompt`` is the name of the one that it was trained with.
    """

    model: Any
    tokenizer: Any
    base: str
    adapter: Path | None = None
    prompt: str = "minimal"
    warning: str | None = None


def load(model: str | None = None, adapter: str | None = None) -> Loaded:
    """Load a base model with an adapter merged into it, and its tokenizer.

    ``adapter`` is a shipped one's name, a folder, or ``none``; by default the shipped one of the
    embedded model. One that was trained on another base warns; a folder with a whole model, as a run
    that tunes all or the last layers leaves it, needs no base. Raises ``NoModel``.
    """
    folder = _adapter(model, adapter)
    whole = folder is not None and not (folder / _ADAPTER).is_file()
    if whole and model is not None:
        raise NoModel(f"{folder} is a whole model, which takes no other base")
    base = str(folder) if whole else models.base(model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    found = models.load(base).to(device).eval()  # which quiets transformers, so it comes first
    tokenizer = models.tokenizer(base)
    if folder is None or whole:
        return Loaded(found, tokenizer, base, prompt=models.prompt_of(folder) if folder else "minimal")
    with warnings.catch_warnings():  # peft asks transformers by a name that is going
        warnings.simplefilter("ignore", FutureWarning)
        merged = PeftModel.from_pretrained(found, folder).merge_and_unload()
    return Loaded(merged.eval(), tokenizer, base, folder, models.prompt_of(folder), models.mismatch(folder, base))


def _adapter(model: str | None, adapter: str | None) -> Path | None:
    known = models.adapters()
    if adapter == "none" or (adapter is None and model not in (None, models.EMBEDDED.name)):
        return None
    if adapter is None:
        return known.get(models.DEFAULT_ADAPTER)
    folder = known.get(adapter, Path(adapter))
    if not any((folder / name).is_file() for name in (_ADAPTER, "config.json")):
        raise NoModel(f"there is no adapter {adapter!r}; there are {', '.join(known) or 'none'}, or give a folder")
    return folder
