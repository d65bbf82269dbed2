"""A document to its canonical text, with the comments of the text it was read from."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

from tracedsl.reading import Mapping, Node, Sequence
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Broken,
    Composition,
    Compute,
    Document,
    Domain,
    Example,
    Formula,
    Given,
    Init,
    Literal,
    Name,
    Query,
    State,
    Step,
    Trace,
)
from tracedsl.syntax.comments import comments

MARKER = re.compile(r"^---(?=[ \t\r\n]|$)", re.MULTILINE)
_UNSAFE = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


class Line(NamedTuple):
    """A line of canonical text and the stretch of the source that it comes from."""

    text: str
    span: Span


def format_document(document: Document) -> str:
    """Return the canonical text of a document."""
    return "".join(f"{line.text}\n" for line in _document_lines(document, {}))


def format_with_comments(document: Document, text: str, root: Node) -> str:
    """Return canonical text with the comments of ``text``, each by the line that it stood by.

    A `---` before the document stays, and so does what stands before that.
    """
    lines = list(_document_lines(document, _mappings(root)))
    marker = MARKER.search(text)
    found = list(comments(text, root))
    ahead = [span for span in found if marker is not None and span.start < marker.start()]
    before, beside, after = _attach(lines, text, found[len(ahead) :])
    parts = [text[span.start : span.end] for span in ahead] + (["---"] if marker is not None else [])
    for index, line in enumerate(lines):
        indent = " " * (len(line.text) - len(line.text.lstrip(" ")))
        notes = beside.get(index, [])
        above = [*before.get(index, []), *(notes if len(notes) > 1 else [])]
        parts += [f"{indent}{note}" for note in above]
        parts.append(f"{line.text}  {notes[0]}" if len(notes) == 1 else line.text)
    return "".join(f"{part}\n" for part in (*parts, *after))


def format_step(step: Step) -> str:
    """Return a step as one line of flow style, keys in canonical order."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in _entries(step)) + "}"


def quote(text: str) -> str:
    """Return free text as a double-quoted scalar that every YAML and JSON reader takes alike."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _entries(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case Init(var=var, value=value, unit=unit):
            yield from (("op", "init"), ("var", var.text))
            yield ("value" if isinstance(value, Literal) else "source"), value.text
            if unit is not None:
                yield "unit", unit.text
        case Given(values=values):
            yield from (("op", "given"), ("values", _numbers(values)))
        case Compute(op=op, args=args, var=var):
            yield from (("op", "compute"), ("compute_op", op.text))
            yield from (("args", f"[{', '.join([arg.text for arg in args])}]"), ("var", var.text))
        case Domain(op=op, slots=slots, var=new):
            yield "op", op.text
            yield from ((slot, operand.text) for slot, operand in slots)
            if new is not None:
                yield "var", new.text
        case State(assertions=assertions):
            yield from (("op", "state"), ("assertions", _numbers(assertions)))
        case Formula(expression=expression):
            yield from (("op", "formula"), ("expression", quote(expression.text)))
        case Query(var=var):
            yield from (("op", "query"), ("var", var.text))
        case Broken():
            raise ValueError("a broken step has no canonical text")
        case _:
            assert_never(step)


def _numbers(pairs: tuple[tuple[Name, Literal], ...]) -> str:
    return "{" + ", ".join(f"{name.text}: {literal.text}" for name, literal in pairs) + "}"


def _document_lines(document: Document, mappings: dict[Span, Mapping]) -> Iterator[Line]:
    match document:
        case Example(question=question, answer=answer, body=body, span=span):
            if question is not None:
                yield Line(f"question: {quote(question.text)}", question.span)
            if answer is not None:
                yield Line(f"answer: {answer.text}", answer.span)
            if isinstance(body, Composition):
                yield Line("composition:", _key(mappings.get(span), "composition", body.span))
            yield from _document_lines(body, mappings)
        case Composition(traces=parts):
            for part in parts:
                yield from _trace_lines(part, mappings, "- ", "  ")
        case Trace():
            yield from _trace_lines(document, mappings, "", "")
        case _:
            assert_never(document)


def _trace_lines(trace: Trace, mappings: dict[Span, Mapping], first: str, indent: str) -> Iterator[Line]:
    expert = trace.expert
    yield Line(f"{first}expert: {expert.text}", expert.span)
    if trace.name is not None:
        yield Line(f"{indent}name: {trace.name.text}", trace.name.span)
    start = trace.steps[0].span.start if trace.steps else trace.span.end
    yield Line(f"{indent}trace:", _key(mappings.get(trace.span), "trace", Span(start, start)))
    for step in trace.steps:
        yield Line(f"{indent}- {format_step(step)}", step.span)


def _key(mapping: Mapping | None, name: str, otherwise: Span) -> Span:
    pairs = mapping.pairs if mapping is not None else ()
    return next((key.span for key, _ in pairs if key.text == name), Span(otherwise.start, otherwise.start))


def _mappings(root: Node) -> dict[Span, Mapping]:
    """Return the mappings of the upper levels by their span."""
    found: dict[Span, Mapping] = {}
    stack: list[tuple[Node, int]] = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, Mapping):
            found[node.span] = node
            inner: Iterable[Node] = (value for _, value in node.pairs)
        else:
            inner = node.items if isinstance(node, Sequence) else ()
        stack += [(child, depth + 1) for child in inner if depth < 2]
    return found


def _attach(
    lines: list[Line], text: str, found: Iterable[Span]
) -> tuple[dict[int, list[str]], dict[int, list[str]], list[str]]:
    """Say for each comment which line it stands before or beside, or that it comes last."""
    before: dict[int, list[str]] = {}
    beside: dict[int, list[str]] = {}
    after: list[str] = []
    order = sorted(range(len(lines)), key=lambda index: lines[index].span)
    starts = [lines[index].span.start for index in order]
    for span in found:
        note = text[span.start : span.end]
        own_line = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip(" \t-")
        place = bisect_left(starts, span.start)
        earlier = order[place - 1] if place else None
        if earlier is not None and (span.start < lines[earlier].span.end or not own_line):
            beside.setdefault(earlier, []).append(note)
        elif place < len(order):
            before.setdefault(order[place], []).append(note)
        else:
            after.append(note)
    return before, beside, after
