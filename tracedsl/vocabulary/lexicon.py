"""Words with a number in them, constants, and plurals."""

from __future__ import annotations

from dataclasses import dataclass

from tracedsl.numbers import Rational


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """What ``experts/lexicon.yaml`` states.

    ``constants`` need no grounding; ``words`` are number words (``seven``), ``magnitudes``
    multiply what stands before them (``thousand``), ``scales`` stand for one of several
    numbers (``half``: 2, 1/2). ``singulars`` holds the irregular plurals.
    """

    constants: frozenset[Rational]
    words: dict[str, Rational]
    magnitudes: dict[str, Rational]
    scales: dict[str, tuple[Rational, ...]]
    singulars: dict[str, str]

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
