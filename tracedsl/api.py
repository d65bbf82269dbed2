"""The library: the stages one by one, and the two that most users want, `check` and `run`.

`check` and `run` never raise on bad text; faults are in the results. Each stage takes what the
one before it returns; `compile` and `format` raise ValueError where that is no document.
"""

from __future__ import annotations

import tracedsl.drawing  # noqa: F401  # so that things know how to draw themselves
from tracedsl.compiler import Compiled, compile_document
from tracedsl.diagnostics import Severity, has_error
from tracedsl.executor import Execution
from tracedsl.executor import execute as _execute
from tracedsl.graph import VerifiedGraph
from tracedsl.limits import DEFAULT, Limits
from tracedsl.pipeline import Report, examine_text
from tracedsl.results import Result, result_of
from tracedsl.reward import extract, score, score_many
from tracedsl.source import Source
from tracedsl.syntax import Parsed, parse_source
from tracedsl.syntax.formatting import format_document
from tracedsl.verifier import Verified
from tracedsl.verifier import verify as _verify
from tracedsl.vocabulary import Vocabulary, default

__all__ = ["check", "compile", "execute", "extract", "format", "parse", "run", "score", "score_many", "verify"]


def parse(text: str, *, vocabulary: Vocabulary | None = None, limits: Limits = DEFAULT, name: str = "<text>") -> Parsed:
    """Read the text of one document: a trace, a composition or an example."""
    return parse_source(Source(text, name), vocabulary or default(), limits)


def compile(parsed: Parsed, *, vocabulary: Vocabulary | None = None) -> Compiled:
    """Lower a parsed document to its dataflow graph; a text that is no document is a ValueError."""
    if parsed.document is None:
        raise ValueError("the text is no document: see the diagnostics of parse()")
    sound = not has_error(parsed.diagnostics)
    return compile_document(parsed.document, vocabulary or default(), sound=sound)


def verify(compiled: Compiled) -> Verified:
    """Apply the static rules; the graph is ``None`` unless no stage found an error."""
    return _verify(compiled.graph)


def execute(graph: VerifiedGraph, *, limits: Limits = DEFAULT) -> Execution:
    """Compute every value of a verified graph, exactly."""
    return _execute(graph, limits)


def check(text: str, *, vocabulary: Vocabulary | None = None, limits: Limits = DEFAULT, name: str = "<text>") -> Report:
    """Report everything that is wrong or doubtful in the text of one document."""
    return examine_text(Source(text, name), vocabulary or default(), limits)


def run(text: str, *, vocabulary: Vocabulary | None = None, limits: Limits = DEFAULT, name: str = "<text>") -> Result:
    """Execute the text of one document; an example's stated answer is not compared."""
    return result_of(check(text, vocabulary=vocabulary, limits=limits, name=name))


def format(text: str, *, vocabulary: Vocabulary | None = None, limits: Limits = DEFAULT) -> str:
    """Return the canonical text of a document, without its comments; one with errors is a ValueError."""
    parsed = parse(text, vocabulary=vocabulary, limits=limits)
    errors = [fault.message for fault in parsed.diagnostics if fault.severity is Severity.ERROR]
    if parsed.document is None or errors:
        raise ValueError(f"the text cannot be formatted: {'; '.join(errors[:3])}")
    return format_document(parsed.document)
