"""How well declared patterns cover problems: whole, in structure, in part, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracedsl.forms import Form, form_of, formula, writable
from tracedsl.graph import Apply, Graph, Input
from tracedsl.lints.facts import shape
from tracedsl.numbers import show
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.model import Pattern
from tracedsl.pipeline import Report, examine_row
from tracedsl.record import record
from tracedsl.sampling import Taste, Unsatisfied, draw_example, seeded
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary

_DRAWS = 40


class Level(StrEnum):
    """How a pattern covers a problem."""

    FULL = "FULL"
    STRUCTURAL = "STRUCTURAL"
    PARTIAL = "PARTIAL"
    NONE = "NONE"


@record
class Covered:
    """How a problem is covered, and by which pattern."""

    level: Level
    pattern: str
    form: Form


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The forms of declared patterns: which pattern has each."""

    exact: Mapping[str, str]
    loose: Mapping[str, str]
    chains: Mapping[frozenset[str], str]

    def cover(self, graph: Graph) -> Covered:
        """Say how the patterns cover a graph: the best level, and the nearest pattern."""
        form = form_of(graph)
        if form.exact in self.exact:
            return Covered(Level.FULL, self.exact[form.exact], form)
        if form.loose in self.loose:
            return Covered(Level.STRUCTURAL, self.loose[form.loose], form)
        part = next(self.parts(graph), None)
        if part is None and _is_chain(form):
            part = self.chains.get(frozenset(form.operations))
        return Covered(Level.PARTIAL, part, form) if part is not None else Covered(Level.NONE, "", form)

    def parts(self, graph: Graph) -> Iterator[str]:
        """Yield the patterns that compute a part of a graph, the largest part first."""
        small = writable(graph)
        for at in range(len(graph.nodes) - 1, -1, -1):
            if isinstance(graph.nodes[at], Apply) and at != graph.result and small[at]:
                form = form_of(graph, at)
                if len(form.operations) > 1 and form.exact in self.exact:
                    yield self.exact[form.exact]


def _is_chain(form: Form) -> bool:
    return len(form.operations) == form.depth > 1


def catalogue_of(patterns: Iterable[Pattern], words: Vocabulary) -> Catalogue:
    """Draw examples of each pattern and keep their forms."""
    exact: dict[str, str] = {}
    loose: dict[str, str] = {}
    chains: dict[frozenset[str], str] = {}
    taste = Taste(word_list(Part.ALL))
    for pattern in patterns:
        for index in range(_DRAWS):
            try:
                drawn = draw_example(pattern, taste, seeded(0, index, pattern.name))
            except Unsatisfied:
                break
            graph = examine_row(Source(drawn.trace), drawn.question, show(drawn.answer), words).graph
            if graph is None:
                continue
            form = form_of(graph)
            exact.setdefault(form.exact, pattern.name)
            loose.setdefault(form.loose, pattern.name)
            if _is_chain(form):
                chains.setdefault(frozenset(form.operations), pattern.name)
    return Catalogue(exact, loose, chains)


@dataclass(slots=True)
class Summary:
    """What coverage tells of a corpus."""

    levels: Counter[Level] = field(default_factory=Counter)
    nearest: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, report: Report, covered: Covered) -> None:
        """Count a problem."""
        self.levels[covered.level] += 1
        self.nearest[covered.pattern] += bool(covered.pattern)
        self.steps[report.work.steps] += 1
        self.depths[covered.form.depth] += 1
        self.operations.update(set(covered.form.operations))
        if covered.level is not Level.FULL:
            self.gaps.update(gaps_of(report))
            self.missing[formula(covered.form)] += 1
            self.examples.setdefault(formula(covered.form), name)


def gaps_of(report: Report) -> Iterator[str]:
    """Yield what a problem has that the seed's gap table counts."""
    graph = report.graph
    if graph is None or report.document is None:
        return
    if len(graph.scopes) > 1:
        yield "composition"
    if any(_is_interleaved(part) for part in shape(report.document, exact=False)):
        yield "interleaved inits"
    inputs = [node for node in graph.nodes if isinstance(node, Input)]
    if len(inputs) >= 3:
        yield "3 or more inits"
    if report.work.steps > 6:
        yield "more than 6 steps"
    if any(not isinstance(node.value, int) for node in inputs):
        yield "decimals or fractions"


def _is_interleaved(kinds: tuple[str, ...]) -> bool:
    return "operation" in kinds and "init" in kinds[kinds.index("operation") :]
