"""Declared patterns, looked at through the examples that they draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracedsl.corpora import messages
from tracedsl.diagnostics import Diagnostic, curricula
from tracedsl.limits import DEFAULT
from tracedsl.lints.facts import Fact, Finding, declared_fact
from tracedsl.numbers import show
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.model import Pattern
from tracedsl.pipeline import examine_row
from tracedsl.sampling import ATTEMPTS, Taste, Unsatisfied, draw_example, seeded
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary

_DRAWS = 24


def drawn_facts(patterns: Iterable[Pattern], words: Vocabulary) -> tuple[list[Fact], list[Finding]]:
    """Draw examples of each pattern: facts about them, and what keeps a pattern from drawing any."""
    facts: list[Fact] = []
    faults: list[Finding] = []
    for pattern in patterns:
        try:
            facts += _facts(pattern, words)
        except Unsatisfied:
            fault: Diagnostic = curricula.NeverHolds(span=pattern.span, pattern=pattern.name, attempts=ATTEMPTS)
            faults.append(Finding(fault, pattern.source))
        except LookupError as error:
            form = str(error.args[0]) if error.args else ""
            fault = curricula.UnknownForm(span=pattern.span, pattern=pattern.name, form=form)
            faults.append(Finding(fault, pattern.source))
    return facts, faults


def prove_patterns(patterns: Iterable[Pattern], words: Vocabulary) -> Iterator[Finding]:
    """Report the patterns that draw no example, or one that is not proved."""
    for pattern in patterns:
        facts, faults = drawn_facts([pattern], words)
        yield from faults
        wrong = next(((fact, fact.faults[0]) for fact in facts if fact.faults), None)
        if wrong is not None:
            fact, fault = wrong
            yield Finding(
                curricula.NotProved(
                    span=pattern.span,
                    pattern=pattern.name,
                    fault=fault.message,
                    code_found=fault.code,
                    question=fact.question,
                ),
                pattern.source,
            )


def _facts(pattern: Pattern, words: Vocabulary) -> Iterator[Fact]:
    """Yield examples of every template, the numbers as digits so that what is drawn is seen."""
    taste = Taste(word_list(Part.ALL))
    for index in range(_DRAWS):
        template = index % len(pattern.questions)
        narrowed = replace(pattern, questions=(pattern.questions[template],))
        drawn = draw_example(narrowed, taste, seeded(0, index, pattern.name))
        report = examine_row(Source(drawn.trace), drawn.question, show(drawn.answer), words, DEFAULT)
        columns = {
            "question": drawn.question,
            "answer": show(drawn.answer),
            "expert": pattern.group,
            "pattern": pattern.name,
            "template": template,
            "prompt": messages("", drawn.question),
            "completion": drawn.trace,
        }
        yield declared_fact(report, columns, pattern.source, pattern.span)
