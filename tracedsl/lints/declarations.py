"""Declared patterns, looked at through the examples that they draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracedsl.corpora import messages
from tracedsl.diagnostics import Diagnostic, curricula
from tracedsl.limits import DEFAULT
from tracedsl.lints.facts import Fact, Finding, declared_fact
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import Curriculum, load_curriculum
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.loading import documents
from tracedsl.patterns.model import Pattern
from tracedsl.pipeline import examine_row
from tracedsl.record import record
from tracedsl.sampling import ATTEMPTS, Taste, Unsatisfied, draw_example, seeded
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary, load_expert, without_shipped

_DRAWS = 24
_KINDS = ("patterns", "mixes", "prompts", "lexicon", "words", "overlay")


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


@record
class FileReport:
    """What a file of declarations holds, and what is wrong with it."""

    findings: tuple[Finding, ...]
    expert: str
    patterns: int
    mixes: int


def check_file(source: Source, words: Vocabulary) -> FileReport:
    """Check a file of declarations: its expert, its patterns and an example or two dozen of each, its mixes."""
    rest, expert, findings = without_shipped(source.text), "", list[Finding]()
    kinds = [kind for kind, _, _ in documents(source.text, source.name)]
    if "expert" in kinds or not kinds or kinds[0] not in _KINDS:
        loaded = load_expert(source, rest)
        findings += (Finding(fault, source) for fault in loaded.diagnostics)
        if loaded.expert is not None:
            expert = loaded.expert.name
            words = words if expert in words.experts else words.with_expert(loaded.expert)
    if findings:
        return FileReport(tuple(findings), expert, 0, 0)
    found = load_curriculum([source], words, Curriculum({}, {}, (), {}))
    findings += (Finding(fault, where) for fault, where in found.faults)
    patterns = found.curriculum.patterns
    findings += prove_patterns(patterns.values(), words)
    return FileReport(tuple(findings), expert, len(patterns), len(found.curriculum.mixes))


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
