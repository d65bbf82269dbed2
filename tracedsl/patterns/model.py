"""What a pattern is: ranges, templates and a trace, from which examples are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracedsl.numbers import Rational
from tracedsl.patterns.holes import Template
from tracedsl.patterns.values import Environment, Evaluated
from tracedsl.patterns.words import Word
from tracedsl.record import record
from tracedsl.source import Source, Span


@record
class Range:
    """Numbers from ``low`` to ``high``, both included, in steps; the bounds may use earlier draws."""

    low: Evaluated
    high: Evaluated
    step: Rational


@record
class Choice:
    """One of several numbers or words."""

    options: tuple[Rational | Word, ...]


@record
class FromLexicon:
    """A word of one kind of the lexicon, another one than those drawn before it."""

    kind: str


Draw = Range | Choice | FromLexicon


@record
class Event:
    """One of the things that can happen in a chain.

    It draws more quantities, says a sentence, adds steps, and gives the running value anew.
    """

    draws: tuple[tuple[str, Draw], ...]
    derives: tuple[tuple[str, Evaluated], ...]
    requires: tuple[Callable[[Environment], bool], ...]
    says: tuple[Template, ...]
    steps: tuple[Template, ...]
    becomes: Evaluated


@record
class Chain:
    """Several events one after the other, which all act on one running value."""

    depth: Range
    starts: Evaluated
    first: Template
    events: tuple[Event, ...]


@record
class PatternTrace:
    """One (sub-)trace of a pattern: its expert, its name, its steps as lines of canonical text."""

    expert: str
    name: str
    steps: tuple[Template, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pattern:
    """A kind of problem, declared in YAML.

    ``names`` has for each style of naming the names that the steps use. ``tags`` select
    patterns for a mix. ``uniform`` says that the patterns of its group that say so have one
    shape; ``scaffold`` holds names that need not come from the question.
    """

    name: str
    group: str
    source: Source
    span: Span
    draws: tuple[tuple[str, Draw], ...]
    derives: tuple[tuple[str, Evaluated], ...]
    requires: tuple[Callable[[Environment], bool], ...]
    questions: tuple[Template, ...]
    traces: tuple[PatternTrace, ...]
    answer: Evaluated
    formula: str
    chain: Chain | None = None
    names: Mapping[str, tuple[tuple[str, Template], ...]] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    uniform: bool = False
    scaffold: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Pattern({self.name!r})"


#: Patterns by name.
Patterns = Mapping[str, Pattern]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WordList:
    """The words of each kind, those of one part of the lexicon."""

    kinds: Mapping[str, tuple[Word, ...]]

    def of(self, kind: str) -> tuple[Word, ...]:
        """Return the words of a kind."""
        return self.kinds[kind]


Values = dict[str, Any]
