"""The straight way from a text to everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from tracedsl.compiler import compile_document
from tracedsl.diagnostics import Diagnostic, Severity
from tracedsl.executor import Execution, execute
from tracedsl.graph import Graph
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import Number
from tracedsl.review import review_answer, review_form, review_grounding, review_shortcuts
from tracedsl.source import Source
from tracedsl.syntax import Parsed, parse_source
from tracedsl.syntax.ast import Document
from tracedsl.verifier import verify
from tracedsl.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Report:
    """What checking a document found; a stage that was not reached is ``None``."""

    parsed: Parsed
    graph: Graph | None
    execution: Execution | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def source(self) -> Source:
        """The text."""
        return self.parsed.source

    @property
    def document(self) -> Document | None:
        """The document, if the text is one."""
        return self.parsed.document

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that make the document invalid."""
        return tuple(fault for fault in self.diagnostics if fault.severity is Severity.ERROR)

    @property
    def answer(self) -> Number | None:
        """What the document computes, if it runs."""
        return self.execution.answer if self.execution is not None else None


def examine(parsed: Parsed, words: Vocabulary, limits: Limits = DEFAULT) -> Report:
    """Take a parsed document through every stage that it reaches; report all faults, in order."""
    faults, document = list(parsed.diagnostics), parsed.document
    if document is None:
        return Report(parsed, None, None, _in_order(faults))
    faults += review_form(document, parsed.source)
    compiled = compile_document(document, words, sound=not _has_error(faults))
    graph, execution = compiled.graph, None
    verified = verify(graph)
    faults += (*compiled.diagnostics, *verified.diagnostics)
    faults += review_grounding(document, graph, words.lexicon)
    if verified.graph is not None:
        execution = execute(verified.graph, limits)
        faults += execution.diagnostics
        faults += review_answer(document, execution)
        faults += review_shortcuts(graph, parsed.source)
    return Report(parsed, graph, execution, _in_order(faults))


def examine_text(source: Source, words: Vocabulary, limits: Limits = DEFAULT, *, row: bool = False) -> Report:
    """Check the text of one document."""
    return examine(parse_source(source, words, limits, row=row), words, limits)


def _has_error(faults: list[Diagnostic]) -> bool:
    return any(fault.severity is Severity.ERROR for fault in faults)


def _in_order(faults: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    if len(faults) < 2:
        return tuple(faults)
    return tuple(sorted(faults, key=lambda fault: (fault.span, fault.code)))
