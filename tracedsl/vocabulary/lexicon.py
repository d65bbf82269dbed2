"""Words with a number in them, constants, and plurals."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracedsl.numbers import Rational


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """What ``experts/lexicon.yaml`` states.

    ``constants`` need no grounding, ``cues`` find what each belongs to in a text and ``counts`` say
    what it counts; ``words`` are number words (``seven``), ``magnitudes``
    multiply what stands before them (``thousand``), ``scales`` stand for one of several
    numbers (``half``: 2, 1/2). ``singulars`` holds the irregular plurals.
    """

    constants: frozenset[Rational]
    cues: dict[Rational, re.Pattern[str]]
    counts: dict[Rational, str]
    words: dict[str, Rational]
    magnitudes: dict[str, Rational]
    scales: dict[str, tuple[Rational, ...]]
    singulars: dict[str, str]

    def is_cued(self, value: Rational, text: str) -> bool:
        """Return whether a text speaks of what a constant belongs to: of weeks, where it is 7."""
        return value in self.cues and self.cues[value].search(text) is not None

    def singular(self, word: str) -> str:
        """Return the singular of a noun, by the lexicon and else by the regular endings."""
        word = word.lower()
        if word in self.singulars:
            return self.singulars[word]
        if word in self.singulars.values():
            return word
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        if word.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
            return word[:-2]
        if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
            return word[:-1]
        return word
