"""Patterns to examples: one set of choices for a seeded corpus and for property tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from random import Random
from typing import assert_never

from tracedsl.diagnostics import Diagnostic, curricula
from tracedsl.numbers import Rational, whole
from tracedsl.patterns.holes import NoForm, Pick, Spelling, Template
from tracedsl.patterns.model import Chain, Choice, Draw, Event, FromLexicon, Pattern, Range, Values, WordList
from tracedsl.patterns.values import NoValue
from tracedsl.record import record
from tracedsl.source import Span

ATTEMPTS = 200
_ASIDE = "an aside"
_KEY = re.compile(r", (?=\w+: )")


class Unsatisfied(Exception):
    """A pattern, which the text names, drew nothing in any of many attempts."""


class FormMissing(Unsatisfied):
    """A hole of a pattern asks for a form that its value does not have."""

    def __init__(self, pattern: str, form: str) -> None:
        super().__init__(pattern)
        self.form = form

    def __reduce__(self) -> tuple[type[FormMissing], tuple[str, str]]:
        return FormMissing, (str(self), self.form)


def undrawable(pattern: Pattern, error: Unsatisfied) -> Diagnostic:
    """Return what keeps a pattern from drawing examples."""
    span = _hole_with(pattern, error.form) if isinstance(error, FormMissing) else pattern.span
    return fault_of(error, span, attempts=ATTEMPTS)


def fault_of(error: Unsatisfied, span: Span, *, attempts: int) -> Diagnostic:
    """Return the diagnostic of a pattern or aside that drew nothing."""
    if isinstance(error, FormMissing):
        return curricula.UnknownForm(span=span, pattern=str(error), form=error.form)
    return curricula.NeverHolds(span=span, pattern=str(error), attempts=attempts)


def _hole_with(pattern: Pattern, form: str) -> Span:
    """Return where a hole that asks for a form is declared."""
    templates = [*pattern.questions, *(step for trace in pattern.traces for step in trace.steps)]
    for event in pattern.chain.events if pattern.chain is not None else ():
        templates += (*event.says, *event.steps)
    found = (each.span for each in templates if form and re.search(rf"<[^>]*\.{re.escape(form)}\b", each.text))
    return next(found, pattern.span)


@record
class Taste:
    """How examples are written, apart from what they say.

    ``window`` is the part of every range that is drawn from, as shares of its width: the lower
    half is easy, the upper hard. ``templates`` bounds the paraphrases of a pattern. ``blocks`` writes
    steps with a list over several lines, as YAML libraries do unless they are told otherwise.
    """

    words: WordList
    naming: str = "hybrid"
    templates: int | None = None
    spelling: Spelling = Spelling()
    window: tuple[Fraction, Fraction] = (Fraction(0), Fraction(1))
    formulas: bool = False
    blocks: bool = False
    deeper: int = 0


@record
class Drawn:
    """An example before it is proved: what is asked, canonical text, the answer."""

    question: str
    trace: str
    answer: Rational
    template: int


def seeded(seed: int, index: int, *more: object) -> Pick:
    """Return the choices of one row; they come from ``Random.random`` alone, which no version changes."""
    draw = Random(":".join(map(str, (seed, index, *more)))).random
    return lambda count: int(draw() * count)


def draw_example(pattern: Pattern, taste: Taste, pick: Pick) -> Drawn:
    """Draw an example; raises ``Unsatisfied`` where the pattern is too narrow or asks for a form that there is not."""
    for _ in range(ATTEMPTS):
        try:
            values = _Drawing(pattern, taste, pick).values()
            if values is not None:
                return _written(pattern, taste, pick, *values)
        except NoValue:
            continue
        except NoForm as error:
            raise FormMissing(pattern.name, str(error)) from error
    raise Unsatisfied(pattern.name)


def draw_value(draw: Draw, values: Values, taste: Taste, pick: Pick) -> object:
    """Return a number, a word, or ``None`` where a range is empty."""
    match draw:
        case Range():
            return number_in(draw, values, taste, pick)
        case Choice(options=options):
            return options[pick(len(options))]
        case FromLexicon(kind=kind):
            words = taste.words.of(kind)
            return words[pick(len(words))]
        case _:
            assert_never(draw)


def number_in(draw: Range, values: Values, taste: Taste, pick: Pick) -> Rational | None:
    """Return a number of a range, from the part of it that is wanted; ``None`` if it is empty."""
    low, high, step = draw.low(values), draw.high(values), draw.step
    count = (high - low) // step + 1
    if count < 1:
        return None
    first, end = taste.window
    start = first.numerator * count // first.denominator
    stop = max(end.numerator * count // end.denominator, start + 1)
    found = low + step * (start + pick(stop - start))
    return found if found.__class__ is int else whole(Fraction(found))


class _Drawing:
    """Draws the quantities of one example."""

    def __init__(self, pattern: Pattern, taste: Taste, pick: Pick) -> None:
        self.pattern = pattern
        self.taste = taste
        self.pick = pick
        self.taken: set[int] = set()

    def values(self) -> tuple[Values, list[str], list[str]] | None:
        """Return what was drawn, the sentences and steps of a chain; ``None`` if a requirement fails."""
        values: Values = {}
        try:
            if not self.quantities(self.pattern, values):
                return None
            if self.pattern.chain is not None:
                return self.chain(self.pattern.chain, values)
        except NoValue:
            return None
        return values, [], []

    def quantities(self, source: Pattern | Event, values: Values) -> bool:
        """Draw and derive; return whether the requirements hold."""
        for name, draw in source.draws:
            found = self.draw(draw, values)
            if found is None:
                return False
            values[name] = found
        for name, formula in source.derives:
            values[name] = formula(values)
        return all(holds(values) for holds in source.requires)

    def draw(self, draw: Draw, values: Values) -> object:
        if isinstance(draw, FromLexicon):
            return self.word(draw.kind)
        return draw_value(draw, values, self.taste, self.pick)

    def word(self, kind: str) -> object:
        """Return a word that this example does not use yet."""
        words = self.taste.words.of(kind)
        place = self.pick(len(words))
        for step in range(len(words)):
            word = words[(place + step) % len(words)]
            if id(word) not in self.taken:
                break
        self.taken.add(id(word))
        return word

    def chain(self, chain: Chain, values: Values) -> tuple[Values, list[str], list[str]] | None:
        """Let several things happen, one after the other."""
        pick = self.pick
        depth = (number_in(chain.depth, values, self.taste, pick) or 1) + self.taste.deeper
        now, sentences, lines = chain.starts(values), list[str](), list[str]()
        name = chain.first.fill(values, self.taste.spelling, pick)
        for place in range(int(depth)):
            event = self.event(chain.events, values, now)
            if event is None:
                return None
            happening, inner = event
            following = "result" if place == depth - 1 else f"step{place + 1}"
            names = {**inner, "now": name, "next": following, "i": place + 1}
            says = happening.says[pick(min(len(happening.says), self.taste.templates or len(happening.says)))]
            sentences.append(says.fill(inner, self.taste.spelling, pick))
            lines += [step.fill(names, self.taste.spelling, pick) for step in happening.steps]
            now = happening.becomes(inner)
            if any("next" in step.names for step in happening.steps):
                name = following
        return {**values, "now": now, "events": " ".join(sentences), "current": name}, sentences, lines

    def event(self, events: tuple[Event, ...], values: Values, now: Rational) -> tuple[Event, Values] | None:
        """Return something that can happen to the running value, and what it draws."""
        for _ in range(8):
            event, inner = events[self.pick(len(events))], {**values, "now": now}
            if self.quantities(event, inner):
                return event, inner
        return None


def draw_aside(asides: tuple[Event, ...], taste: Taste, pick: Pick) -> str:
    """Return a sentence that matters to nothing."""
    aside = asides[pick(len(asides))]
    values: Values = {}
    for name, draw in aside.draws:
        found = draw_value(draw, values, taste, pick)
        if found is None:
            raise Unsatisfied(_ASIDE)
        values[name] = found
    try:
        return aside.says[pick(len(aside.says))].fill(values, taste.spelling, pick)
    except NoForm as error:
        raise FormMissing(_ASIDE, str(error)) from error


def _written(pattern: Pattern, taste: Taste, pick: Pick, values: Values, said: list[str], lines: list[str]) -> Drawn:
    """Fill the templates."""
    answer = pattern.answer(values)
    count = len(pattern.questions)
    template = pick(min(count, taste.templates or count)) if count > 1 else 0
    question = pattern.questions[template].fill(values, taste.spelling, pick)
    names = {**values, "now": values["current"]} if lines else dict(values)
    styles = pattern.names.get(taste.naming) or next(iter(pattern.names.values()), ())
    for name, text in styles:
        names[name] = text.fill(values, taste.spelling, pick)
    return Drawn(_sentences(question), _trace_text(pattern, names, lines, taste, pick), answer, template)


def _sentences(question: str) -> str:
    """Return a question with a capital where each sentence begins."""
    parts = question.split(". ")
    return ". ".join([part[:1].upper() + part[1:] for part in parts])


def _trace_text(pattern: Pattern, names: Values, lines: list[str], taste: Taste, pick: Pick) -> str:
    composed = len(pattern.traces) > 1
    indent, parts = ("  ", []) if composed else ("", [])
    for trace in pattern.traces:
        steps = _filled(trace.steps, names, taste, pick)
        steps = [*steps[:-1], *lines, steps[-1]] if trace is pattern.traces[-1] else steps
        if taste.formulas:
            steps = _with_formula(steps, pattern.formula)
        if taste.blocks:
            steps = [_in_block(step, indent) for step in steps]
        head = f"- expert: {trace.expert}\n" if composed else f"expert: {trace.expert}\n"
        label = f"  name: {trace.name}\n" if trace.name else ""
        parts.append(f"{head}{label}{indent}trace:\n" + "".join([f"{indent}- {step}\n" for step in steps]))
    return "".join(parts)


def _filled(steps: Iterable[Template], names: Values, taste: Taste, pick: Pick) -> list[str]:
    return [step.fill(names, taste.spelling, pick) for step in steps]


def _in_block(step: str, indent: str) -> str:
    """Return a step that holds a list with a line for each of its keys; others as they are."""
    return _KEY.sub(f"\n{indent}  ", step[1:-1]) if "[" in step else step


def _with_formula(steps: list[str], formula: str) -> list[str]:
    """Put a formula step, which means nothing, before the first operation, as run 1 had it."""
    place = next((at for at, step in enumerate(steps) if not step.startswith("{op: init")), len(steps))
    return [*steps[:place], f'{{op: formula, expression: "{formula}"}}', *steps[place:]]
