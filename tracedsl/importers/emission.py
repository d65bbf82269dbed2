"""A wiring to the canonical text of a trace, or of a composition where it has percents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from tracedsl.grounding import PERCENT
from tracedsl.importers.naming import Namer, content_words, counted_at, of_given, of_result
from tracedsl.importers.questions import Question
from tracedsl.importers.wiring import Given, Result, Wiring
from tracedsl.numbers import Number, Rational, spell
from tracedsl.record import record
from tracedsl.source import Span

_PERCENTS = ("percent_of", "percent_off", "percent_increase", "percent_decrease")


@record
class Written:
    """A trace as text, and the quantities that its inits bring in, by name."""

    text: str
    given: tuple[tuple[str, Given], ...]
    steps: int


def write(wiring: Wiring, question: Question) -> Written:
    """Write a wiring: one trace, or one sub-trace for each result that another expert needs."""
    return _Writer(wiring, question).written()


@dataclass
class _Writer:
    wiring: Wiring
    question: Question
    namer: Namer = field(default_factory=Namer)
    names: dict[int, str] = field(default_factory=dict)
    given: list[tuple[str, Given]] = field(default_factory=list)

    def written(self) -> Written:
        used = self.wiring.used()
        cuts = sorted(self.cuts(used))
        for at in sorted(used):
            self.named(at)
        parts = [list(self.steps(cut, frozenset(cuts), cuts)) for cut in cuts]
        count = sum(len(part) for part in parts)
        if len(cuts) == 1:
            body = "".join(f"- {step}\n" for step in parts[0])
            return Written(f"expert: {self.expert(cuts[0])}\ntrace:\n{body}", tuple(self.given), count)
        texts = []
        for cut, part in zip(cuts, parts, strict=True):
            body = "".join(f"  - {step}\n" for step in part)
            texts.append(f"- expert: {self.expert(cut)}\n  trace:\n{body}")
        return Written("".join(texts), tuple(self.given), count)

    def expert(self, cut: int) -> str:
        node = self.wiring.nodes[cut]
        return "percentage" if isinstance(node, Result) and node.op in _PERCENTS else "arithmetic"

    def cuts(self, used: frozenset[int]) -> set[int]:
        """Return the results that a sub-trace ends in: percents, what they need, what several need, the answer."""
        nodes, cuts = self.wiring.nodes, {self.wiring.asked}
        for at in used:
            node = nodes[at]
            if isinstance(node, Result) and node.op in _PERCENTS:
                cuts.add(at)
                cuts |= {arg for arg in node.args if isinstance(nodes[arg], Result)}
        while len(cuts) > 1:
            owners: dict[int, set[int]] = {}
            for cut in cuts:
                for at in self.inside(cut, cuts):
                    owners.setdefault(at, set()).add(cut)
            shared = {at for at, each in owners.items() if len(each) > 1}
            if not shared:
                break
            cuts |= {max(shared)}
        return cuts

    def inside(self, cut: int, cuts: set[int] | frozenset[int]) -> set[int]:
        """Return the results that are computed on the way to a cut, itself left out."""
        found: set[int] = set()
        stack = list(self.args(cut))
        while stack:
            at = stack.pop()
            if at in cuts or at in found or not isinstance(self.wiring.nodes[at], Result):
                continue
            found.add(at)
            stack += self.args(at)
        return found

    def args(self, at: int) -> tuple[int, ...]:
        node = self.wiring.nodes[at]
        return node.args if isinstance(node, Result) else ()

    def steps(self, cut: int, cuts: frozenset[int], order: list[int]) -> Iterator[str]:
        """Yield the steps of one sub-trace, each init right before its first use."""
        ready: set[int] = set()
        for at in (*sorted(self.inside(cut, cuts)), cut):
            for arg in self.args(at):
                node = self.wiring.nodes[arg]
                if arg in ready or (isinstance(node, Result) and arg not in cuts):
                    continue
                ready.add(arg)
                yield self.init(arg, node if isinstance(node, Given) else None, order, cut)
            yield self.compute(at)
            ready.add(at)
        yield f"{{op: query, var: {self.named(cut)}}}"

    def init(self, at: int, node: Given | None, order: list[int], cut: int) -> str:
        if node is None:
            place = order.index(at)
            source = "prev" if place == order.index(cut) - 1 else f"sub{place}"
            return f"{{op: init, var: {self.named(at)}, source: {source}.result}}"
        self.given.append((self.named(at), node))
        return f"{{op: init, var: {self.named(at)}, value: {spell(Number(node.value))}}}"

    def compute(self, at: int) -> str:
        node = self.wiring.nodes[at]
        assert isinstance(node, Result)
        args = [self.named(arg) for arg in node.args]
        if node.op in _PERCENTS:
            return f"{{op: {node.op}, base: {args[0]}, rate: {args[1]}, var: {self.named(at)}}}"
        return f"{{op: compute, compute_op: {node.op}, args: [{', '.join(args)}], var: {self.named(at)}}}"

    def named(self, at: int) -> str:
        """Return a quantity's name."""
        if at not in self.names:
            self.names[at] = self.name(at)
        return self.names[at]

    def name(self, at: int) -> str:
        """Name a quantity after the words around its number; an inner result after the words of its sentence."""
        node = self.wiring.nodes[at]
        match node:
            case Given(span=span) if span is not None:
                return self.namer.name(_of_place(self.question, span))
            case Given(value=value, sentence=sentence):
                return self.namer.name(_of_unstated(sentence, value, self.question.lexicon.counts.get(value, "")))
            case Result(step=step, inner=inner):
                return self.namer.name(of_result(step.before, "" if inner else step.after, step.sentence), "part")
            case _:
                assert_never(node)


def _of_place(question: Question, span: Span) -> Iterator[str]:
    """Yield names for a number of the question; what scales or compares says so: ``twice_clips``, ``more_songs``."""
    text = question.text
    is_percent = text[span.start : span.end].endswith("%") or PERCENT.match(text, span.end) is not None
    money = text[: span.start].endswith("$") or text[span.start] == "$"
    names = of_given(text, *span, money=money, percent=is_percent)
    said = question.manner(span)
    yield from (f"{said}_{name}" for name in names) if said and not is_percent else names


def _of_unstated(sentence: str, value: Rational, counts: str) -> Iterator[str]:
    """Yield names for a number that the question does not state, after the sentence that uses it.

    ``counts`` is what a constant of that value counts, ``days_week``.
    """
    found = re.search(rf"(?<![\d.]){re.escape(spell(Number(value)))}(?![\d.])", sentence)
    if found is not None:
        yield from counted_at(sentence, found.end())
    if counts and any(part.rstrip("s") in sentence.lower() for part in counts.split("_")):
        yield counts
    if found is not None:
        yield from of_given(sentence, *found.span())
    yield from content_words(sentence)
