"""Rows to findings: the whole way of a corpus through the lints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import BinaryIO

from tracedsl.inputs import items
from tracedsl.limits import DEFAULT, Limits
from tracedsl.lints.facts import Fact, fact_of
from tracedsl.lints.rules import Context
from tracedsl.patterns.curriculum import Curriculum, overlaid
from tracedsl.patterns.lexicon import measures
from tracedsl.vocabulary import Vocabulary

MAX_LENGTH = 1024  # tokens, as the seed's trainer kept from its second run on
_CHARACTERS = 4  # of a token, where no tokenizer is given


def row_facts(
    stream: BinaryIO,
    name: str,
    words: Vocabulary,
    known: Curriculum,
    limits: Limits = DEFAULT,
    tokens: Callable[[str], int] | None = None,
) -> Iterator[Fact]:
    """Yield what the lints know of each row; rows of a past run are checked against its overlay."""
    vocabulary = cache(lambda mix: _vocabulary(mix, words, known))
    for item in items(stream, name, limits, rows=True):
        mix = item.row.columns.get("mix") if item.row is not None else None
        yield fact_of(item, vocabulary(mix if isinstance(mix, str) else ""), limits, tokens or usual_tokens)


def _vocabulary(mix: str, words: Vocabulary, known: Curriculum) -> Vocabulary:
    name = known.mixes[mix].overlay if mix in known.mixes else None
    found = overlaid(name, words) if name is not None else None
    return found.vocabulary if found is not None else words


def usual_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return -(-len(text) // _CHARACTERS)


def usual_context(known: Curriculum, words: Vocabulary) -> Context:
    """Return what the rules compare with where nothing else is said."""
    return Context(known, words, MAX_LENGTH, measures())
