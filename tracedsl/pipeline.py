"""The straight way from a text to everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tracedsl.compiler import compile_document
from tracedsl.diagnostics import Diagnostic, Severity, has_error, shape
from tracedsl.executor import Execution, execute
from tracedsl.graph import Apply, Graph
from tracedsl.inputs import Item
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import Number
from tracedsl.picture import Drawable
from tracedsl.reading import Scalar
from tracedsl.record import record
from tracedsl.review import review_answer, review_form, review_grounding, review_shortcuts
from tracedsl.rows import Row
from tracedsl.source import Source, Span
from tracedsl.suppression import suppress
from tracedsl.syntax import Parsed, parse_source
from tracedsl.syntax.ast import Document, Example, Literal, Text, steps
from tracedsl.syntax.scalars import read_answer
from tracedsl.verifier import verify
from tracedsl.vocabulary import Vocabulary


@record
class Work:
    """The work that a document took, in units that do not depend on the machine."""

    events: int
    steps: int
    operations: int
    bits: int


@record
class Report(Drawable):
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
    def work(self) -> Work:
        """YAML events read, steps compiled, operations executed, bits of the longest value."""
        nodes = self.execution.graph.nodes if self.execution is not None else ()
        values = [value for value in self.execution.values if value is not None] if self.execution is not None else []
        return Work(
            events=self.parsed.events,
            steps=sum(1 for _ in steps(self.document)) if self.document is not None else 0,
            operations=sum(isinstance(node, Apply) for node in nodes),
            bits=max((max(v.numerator.bit_length(), v.denominator.bit_length()) for v in values), default=0),
        )

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
    compiled = compile_document(document, words, sound=not has_error(faults))
    graph, execution = compiled.graph, None
    verified = verify(graph)
    faults += (*compiled.diagnostics, *verified.diagnostics)
    faults += review_grounding(document, graph, words.lexicon)
    if verified.graph is not None:
        execution = execute(verified.graph, limits)
        faults += execution.diagnostics
        faults += review_answer(document, execution)
        if not execution.diagnostics:
            faults += review_shortcuts(graph, parsed.source)
    if parsed.root is not None:
        faults = list(suppress(faults, document, parsed.source, parsed.root, complete=execution is not None))
    return Report(parsed, graph, execution, _in_order(faults))


def examine_item(item: Item, words: Vocabulary, limits: Limits = DEFAULT) -> Report:
    """Check a document from a file; positions in a row are worked out only where something is found."""
    if item.faults:
        return Report(Parsed(item.source, None, None, item.faults, 0), None, None, item.faults)
    report = examine_text(item.source, words, limits, row=item.row)
    if item.row is not None and report.diagnostics:
        return replace(report, parsed=replace(report.parsed, source=item.located()))
    return report


def examine_row(
    source: Source, question: str, answer: str | None, words: Vocabulary, limits: Limits = DEFAULT
) -> Report:
    """Check the trace of a row that is no line of a file, with its question and its answer, if that is known."""
    row = Row("", {"question": question, "answer": answer})
    return examine(_as_example(parse_source(source, words, limits), row, limits), words, limits)


def _as_example(parsed: Parsed, row: Row, limits: Limits) -> Parsed:
    """Put a row's question and answer beside its trace."""
    question, answer = row.columns.get("question"), row.columns.get("answer")
    body, nowhere = parsed.document, Span(0, 0)
    if body is None or (question is None and answer is None):
        return parsed
    own = body if isinstance(body, Example) else Example(None, None, body, nowhere)
    faults = list(parsed.diagnostics)
    if question is not None and not isinstance(question, str):
        faults.append(
            shape.WrongKind(span=Span(0, 1), key="question", wanted="a text", kind="another value", shape='"…"')
        )
    stated = read_answer(Scalar(str(answer), False, 0, 1), limits) if answer is not None else None
    if isinstance(stated, Diagnostic):
        faults.append(stated)
    text = Text(question, nowhere) if isinstance(question, str) else own.question
    literal = Literal(stated.number, nowhere) if isinstance(stated, Literal) else own.answer
    example = Example(text, literal, own.body, own.span)
    return Parsed(parsed.source, example, parsed.root, tuple(faults), parsed.events)


def examine_text(source: Source, words: Vocabulary, limits: Limits = DEFAULT, *, row: Row | None = None) -> Report:
    """Check the text of one document, that of a file's row with the row's question and answer."""
    if row is None:
        return examine(parse_source(source, words, limits), words, limits)
    parsed = parse_source(source, words, limits, row=row.trace is None)
    return examine(_as_example(parsed, row, limits), words, limits)


def _in_order(faults: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.span, fault.code)))
