"""What a vocabulary and the grammar files give a decoder, whatever else a request asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracedsl.decoding.forms import Layout, forms, layouts
from tracedsl.decoding.states import Head, Sign
from tracedsl.decoding.tries import Tries
from tracedsl.syntax.canonical import pieces
from tracedsl.vocabulary import COMMON, Vocabulary


class _Follow:
    """The texts after a word that never vary."""

    def __init__(self, tries: Tries, layout: Layout) -> None:
        self.close = tries.of(("}", Sign.CLOSE))
        self.body = tries.of((layout.body, Sign.BODY))


class Shapes:
    """What a vocabulary gives, whatever else is asked for; shared by all requests."""

    def __init__(self, vocabulary: Vocabulary, experts: tuple[str, ...] | None, operands: int) -> None:
        chosen = vocabulary.experts if experts is None else {name: vocabulary.experts[name] for name in experts}
        self.forms = {name: forms(expert, vocabulary, operands) for name, expert in chosen.items()}
        self.layouts = layouts()
        self.tries = Tries()
        self.follow = _Follow(self.tries, self.layouts[1])
        self.nothing = self.tries.of()
        (self.init, _), (self.value, _), (self.source, _), _ = pieces("init", COMMON["init"])
        self.query = pieces("query", COMMON["query"])[0][0]

    def heads(self, expert: str, composition: bool, *, first: bool, labels: bool) -> list[tuple[str, Any]]:
        """Return the heads of a trace of an expert, with what each leads to."""
        layout = self.layouts[composition]
        head = ("" if first else "\n") + layout.head + expert
        found = [(head + layout.body, Head(expert, composition, labelled=False))]
        if composition and labels:
            found.append((head + layout.label, Head(expert, composition, labelled=True)))
        return found


@lru_cache(maxsize=64)
def shapes(vocabulary: Vocabulary, experts: tuple[str, ...] | None, operands: int) -> Shapes:
    """Return the shapes of a vocabulary, made once."""
    return Shapes(vocabulary, experts, operands)
