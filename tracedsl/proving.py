"""Proofs of many like rows: what does not depend on numbers and names is looked at once.

Of two canonical traces that differ only in plain numbers and in dotted names, the structure, the
vocabulary, the wiring and the shortcuts are the same. So a form that was found to be sound is kept
with its graph; a further row of that form is executed and grounded with its own numbers. Whatever
is not plainly sound goes the whole way, so that no verdict is ever another than that of `check`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic
from tracedsl.equivalence import NEUTRAL
from tracedsl.executor import execute
from tracedsl.graph import Apply, Graph, Input, VerifiedGraph
from tracedsl.grounding import is_grounded
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.pipeline import examine_row
from tracedsl.record import record
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary

_NUMBER = re.compile(r"(?<=[ \[])(-?[0-9]+(?:\.[0-9]+)?)(?=[,}\]])")
_NAME = re.compile(r"(?<=[ \[])([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
_FEW = 19  # digits that no limit forbids
_MOST_FORMS = 20_000
_LONGEST = 20_000  # characters; a longer trace is proved in no hurry


class _Form(NamedTuple):
    """A trace without its numbers and dotted names, and its numbers."""

    text: str
    numbers: tuple[Rational, ...]


@record
class _Sound:
    """A graph whose inputs may be replaced, and where they are."""

    graph: Graph
    inputs: tuple[int, ...]


class Prover:
    """Proves rows against one vocabulary and keeps the forms that it has found sound."""

    def __init__(self, words: Vocabulary, limits: Limits = DEFAULT) -> None:
        self.vocabulary = words
        self.limits = limits
        self.forms: dict[str, _Sound] = {}

    def faults(self, question: str, trace: str, answer: str) -> tuple[Diagnostic, ...]:
        """Return what `tracedsl check --strict` reports about a row."""
        form = _form(trace, self.limits)
        known = self.forms.get(form.text) if form is not None else None
        if form is not None and known is not None and self.holds(known, form, question, answer):
            return ()
        report = examine_row(Source(trace), question, answer, self.vocabulary, self.limits)
        if form is not None and known is None and not report.diagnostics and report.graph is not None:
            self.keep(form, report.graph)
        return report.diagnostics

    def holds(self, known: _Sound, form: _Form, question: str, answer: str) -> bool:
        """Execute a sound form with other numbers."""
        nodes = list(known.graph.nodes)
        lexicon = self.vocabulary.lexicon
        for place, value in zip(known.inputs, form.numbers, strict=True):
            if not is_grounded(value if value >= 0 else -value, question, lexicon):
                return False
            old = nodes[place]
            nodes[place] = Input(value, old.percent, old.unit, old.span)  # type: ignore[union-attr]
        graph = known.graph
        graph = Graph(tuple(nodes), graph.claims, graph.scopes, graph.sound, graph.typed)
        found, stated = execute(VerifiedGraph(graph), self.limits).answer, read_number(answer, self.limits.digits)
        return found is not None and isinstance(stated, Number) and found.value == stated.value

    def keep(self, form: _Form, graph: Graph) -> None:
        """Keep a sound form, unless a verdict about it depends on its numbers."""
        inputs = tuple(place for place, node in enumerate(graph.nodes) if isinstance(node, Input))
        values = tuple(node.value for node in graph.nodes if isinstance(node, Input))
        if values != form.numbers or graph.claims or len(self.forms) >= _MOST_FORMS:
            return
        if not any(isinstance(n, Apply) and (n.primitive.ordered or n.primitive.name == "pow") for n in graph.nodes):
            self.forms[form.text] = _Sound(graph, inputs)


def _form(trace: str, limits: Limits) -> _Form | None:
    """Mask what may differ; ``None`` where a number, such as 1, is not like others."""
    if len(trace) > _LONGEST:
        return None
    parts = _NUMBER.split(trace)
    numbers: list[Rational] = []
    for text in parts[1::2]:
        number = int(text) if text.isdigit() and len(text) < _FEW else _read(text, limits)
        if number is None or number in NEUTRAL:
            return None
        numbers.append(number)
    masked = "#".join(parts[::2])
    if "." in masked:
        pieces = _NAME.split(masked)
        names: dict[str, str] = {}
        for place in range(1, len(pieces), 2):
            name = pieces[place]
            if len(name) > limits.name:
                return None
            if not name.endswith(".result"):
                pieces[place] = names.setdefault(name, f"@{len(names)}")
        masked = "".join(pieces)
    return _Form(masked, tuple(numbers))


def _read(text: str, limits: Limits) -> Rational | None:
    number = read_number(text, limits.digits)
    return number.value if isinstance(number, Number) else None
