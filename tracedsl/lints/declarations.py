"""Declared patterns, looked at through the examples that they draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracedsl import resources
from tracedsl.corpora import messages
from tracedsl.diagnostics import curricula
from tracedsl.limits import DEFAULT
from tracedsl.lints.facts import Fact, Finding, declared_fact
from tracedsl.numbers import show
from tracedsl.patterns.curriculum import Curriculum, load_curriculum, shipped
from tracedsl.patterns.documents import documents
from tracedsl.patterns.holes import Pick
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.loading import EventReader
from tracedsl.patterns.model import Pattern
from tracedsl.pipeline import examine_row
from tracedsl.reading import Mapping, Sequence
from tracedsl.record import record
from tracedsl.sampling import FormMissing, Taste, Unsatisfied, draw_aside, draw_example, fault_of, seeded, undrawable
from tracedsl.source import Source, Span
from tracedsl.vocabulary import OTHER_KINDS, Vocabulary, load_expert, misplaced, without_shipped

_DRAWS = 62


def drawn_facts(patterns: Iterable[Pattern], words: Vocabulary) -> tuple[list[Fact], list[Finding]]:
    """Draw examples of each pattern: facts about them, and what keeps a pattern from drawing any."""
    facts: list[Fact] = []
    faults: list[Finding] = []
    for pattern in patterns:
        try:
            facts += _facts(pattern, words)
        except Unsatisfied as error:
            faults.append(Finding(undrawable(pattern, error), pattern.source))
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
                    span=_step_at(pattern, fault[2]) or pattern.span,
                    pattern=pattern.name,
                    fault=fault[1],
                    code_found=fault[0],
                    question=fact.question,
                ),
                pattern.source,
            )


def _step_at(pattern: Pattern, line: int) -> Span | None:
    """Return where the step is declared that stands in a line of a pattern's traces."""
    at, composed = 0, len(pattern.traces) > 1
    for trace in pattern.traces:
        at += 3 if composed and trace.name else 2
        place = line - at - 1
        steps = trace.steps[:-1] if pattern.chain is not None else trace.steps
        if 0 <= place < len(steps):
            return steps[place].span
        at += len(trace.steps)
    return None


@record
class FileReport:
    """What a file of declarations holds, and what is wrong with it."""

    findings: tuple[Finding, ...]
    expert: str
    patterns: int
    mixes: int


def with_own_expert(source: Source, words: Vocabulary) -> tuple[str, Vocabulary, list[Finding]]:
    """Return the name of a file's expert, empty if it has none, a vocabulary that has it, and the expert's faults."""
    kinds = [each.kind for each in documents(source.text, source.name)]
    if kinds and kinds[0] in OTHER_KINDS:
        return "", words, [Finding(fault, source) for fault in misplaced(source)]
    loaded = load_expert(source, without_shipped(source.text))
    faults = [Finding(fault, source) for fault in loaded.diagnostics]
    if loaded.expert is None:
        return "", words, faults
    name = loaded.expert.name
    return name, words if name in words.experts else words.with_expert(loaded.expert), faults


def check_file(source: Source, words: Vocabulary) -> FileReport:
    """Check a file of declarations: its expert, its patterns and some sixty examples of each, its mixes."""
    expert, words, findings = with_own_expert(source, words)
    if findings:
        return FileReport(tuple(findings), expert, 0, 0)
    found = load_curriculum([source], words, other_than(source.text))
    findings += (Finding(fault, where) for fault, where in found.faults)
    known = other_than(source.text)
    patterns = {name: each for name, each in found.curriculum.patterns.items() if name not in known.patterns}
    findings += prove_patterns(patterns.values(), words)
    if not found.faults:
        findings += _undrawable_asides(source, words)
    return FileReport(tuple(findings), expert, len(patterns), len(found.curriculum.mixes) - len(known.mixes))


def _undrawable_asides(source: Source, words: Vocabulary) -> Iterator[Finding]:
    """Report the asides of a file that cannot be drawn."""
    taste = Taste(word_list(Part.ALL))
    for document in documents(source.text, source.name):
        if document.kind != "mixes" or not isinstance(document.root, Mapping):
            continue
        reader = EventReader(words, word_list(Part.ALL).kinds, document.source)
        listed = next((value for key, value in document.root.pairs if key.text == "asides"), None)
        for node in listed.items if isinstance(listed, Sequence) else ():
            aside = reader.aside(node)
            try:
                for index in range(_DRAWS):
                    draw_aside((aside,), taste, seeded(0, index))
            except Unsatisfied as error:
                yield Finding(fault_of(error, node.span, attempts=1), document.source)


def other_than(text: str) -> Curriculum:
    """Return the shipped curriculum, or what of it another file than this one declares."""
    known = shipped()
    own = {name: each for name, each in known.patterns.items() if each.source.text in text}
    mixes = {} if text == resources.read("experts", "mixes.yaml") else known.mixes
    prompts = {} if text == resources.read("experts", "prompts.yaml") else known.prompts
    patterns = {name: each for name, each in known.patterns.items() if name not in own}
    return Curriculum(patterns, mixes, known.asides, prompts)


def _facts(pattern: Pattern, words: Vocabulary) -> Iterator[Fact]:
    """Yield examples of every template, the numbers as digits so that what is drawn is seen."""
    taste = Taste(word_list(Part.ALL))
    ends: tuple[Pick, ...] = (lambda count: 0, lambda count: count - 1)
    for index in range(_DRAWS):
        template = index % len(pattern.questions)
        narrowed = replace(pattern, questions=(pattern.questions[template],))
        pick = ends[index] if index < len(ends) else seeded(0, index, pattern.name)
        try:
            drawn = draw_example(narrowed, taste, pick)
        except Unsatisfied as error:
            if index < len(ends) and not isinstance(error, FormMissing):
                continue  # the ends of all ranges need not go together
            raise
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
