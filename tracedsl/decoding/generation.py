"""Generation of traces: one loop for greedy and sampled texts, with and without the constraint.

Forced spans are fed at once. A batch takes rows of different lengths: each pass appends to every
row as many tokens as are known of it, up to a width at which little of the pass is padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from tracedsl.decoding.constraint import Constraint, Row
from tracedsl.decoding.forcing import speller_of
from tracedsl.decoding.passes import Passes


@dataclass(slots=True)
class Generated:
    """A text that a model wrote.

    ``log_probability`` is that of the chosen tokens among those that were allowed (natural log);
    ``chosen`` counts them, ``forced`` the tokens that were not asked for, ``masked`` those of the
    chosen at which the model's first choice was not allowed, ``log_kept`` sums the log of the mass
    that was allowed. ``ended`` is false where the text was cut off.
    """

    ids: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    log_kept: float = 0.0
    chosen: int = 0
    forced: int = 0
    masked: int = 0
    ended: bool = False


@dataclass(slots=True)
class _Live:
    """A row in writing: where the constraint is, and the tokens that have not been fed yet."""

    row: Row | None
    made: Generated = field(default_factory=Generated)
    waiting: list[int] = field(default_factory=list)


class Generator:
    """Writes texts with one model; without ``spans`` every token is asked for."""

    def __init__(self, model: Any, tokenizer: Any, *, spans: bool = True) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.ends = {tokenizer.eos_token_id, *_ends_of(model)}
        self.speller = speller_of(tokenizer) if spans else None

    @torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]
    def write(
        self,
        prompts: Sequence[Sequence[int]],
        constraints: Sequence[Constraint | None],
        *,
        most: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Generated]:
        """Write one text for each prompt, given as token ids, of at most ``most`` tokens.

        A temperature of 0 takes the likeliest token. The same arguments give the same texts.
        """
        choice = _Choice(temperature, torch.Generator().manual_seed(seed))
        live = [_Live(constraint.start() if constraint is not None else None) for constraint in constraints]
        texts = [each.made for each in live]
        passes = Passes(self.model, prompts, self.tokenizer.pad_token_id or 0) if live else None
        while passes is not None and live:
            scores = passes.scores()
            for at, found in scores.items():
                self._advance(live[at], found, choice, most)
            kept = [at for at, each in enumerate(live) if not each.made.ended and len(each.made.ids) < most]
            if len(kept) < len(live):
                live = [live[at] for at in kept]
                passes.keep(kept)
            if live:
                passes.feed([each.waiting for each in live])
        return texts

    def _advance(self, each: _Live, scores: torch.Tensor, choice: _Choice, most: int) -> None:
        """Write a row's next token, and what must follow it."""
        self._append(each, choice.take(each.made, each.row, scores))
        for token in self._span(each.row, most - len(each.made.ids)):
            self._append(each, token)
            each.made.forced += 1

    def _append(self, each: _Live, token: int) -> None:
        each.made.ids.append(token)
        each.waiting.append(token)
        each.made.ended = token in self.ends
        each.row = each.row.after(token) if each.row is not None else None

    def _span(self, row: Row | None, most: int) -> tuple[int, ...]:
        """Return the tokens of what must come next, if there is room for them."""
        if self.speller is None or row is None or row.state is None or row.way is not None:
            return ()
        found, over = self.speller.spell(row.state)
        found = (*found, row.constraint.tokens.ends[0]) if over else found
        return found if len(found) <= most and (over or row.affords(found)) else ()


def _ends_of(model: Any) -> Sequence[int]:
    """Return the tokens that a model's own settings end a text with, such as that of a turn."""
    found = model.generation_config.eos_token_id
    return found if isinstance(found, list) else [] if found is None else [found]


class _Choice:
    """How a token is taken from scores: the likeliest, or one drawn at a temperature."""

    def __init__(self, temperature: float, draw: torch.Generator) -> None:
        self.temperature, self.draw = temperature, draw

    def take(self, made: Generated, row: Row | None, scores: torch.Tensor) -> int:
        """Return the next token, and count what the constraint changed."""
        logits = scores.float() / (self.temperature or 1.0)
        made.chosen += 1
        if row is None:
            token = self.pick(logits)
            made.log_probability += float(logits[token] - logits.logsumexp(0))
            return token
        ids = row.choices
        allowed = logits[torch.tensor(ids, dtype=torch.long)]
        made.log_kept += float(allowed.logsumexp(0) - logits.logsumexp(0))
        made.masked += int(allowed.max() < logits.max())
        at = self.pick(allowed)
        if not row.fits(int(ids[at])):
            allowed[torch.from_numpy(~np.isin(ids, row.allowed, assume_unique=True))] = float("-inf")
            at = self.pick(allowed)
        made.log_probability += float(allowed[at] - allowed.logsumexp(0))
        return int(ids[at])

    def pick(self, logits: torch.Tensor) -> int:
        """Return a place by its score."""
        if not self.temperature:
            return int(logits.argmax())
        return int(torch.multinomial(logits.softmax(0), 1, generator=self.draw))
