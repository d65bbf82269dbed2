"""A fast reader for plain text: canonical documents, and the same steps in block style.

It knows one spelling of each step and gives up (``None``) at the first character that is
another; the tree reader then takes over. The law that keeps it honest, tested as a property:
what it returns is what the tree reader returns, spans included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tracedsl.grammars import structure_fault
from tracedsl.limits import Limits
from tracedsl.numbers import Number, read_number
from tracedsl.primitives import PRIMITIVES
from tracedsl.resources import terminal
from tracedsl.source import Span
from tracedsl.syntax.ast import Composition, Compute, Document, Domain, Init, Literal, Name, Operand, Query, Step, Trace
from tracedsl.syntax.scalars import refers_by_place
from tracedsl.vocabulary import COMMON, Field, FieldKind, Vocabulary

_NAME = terminal("canonical.lark", "NAME")
_RESERVED = frozenset(re.findall("[a-z]+", terminal("trace.lark", "RESERVED").removeprefix("(?i:")))
_NUMBER = terminal("canonical.lark", "NUMBER")
_SOURCE = terminal("canonical.lark", "SOURCE")
_OPERAND = f"(?:{_NAME}|{_NUMBER})"
_new = tuple.__new__


class _GiveUp(Exception):
    """The text is not plain enough."""


class _Styles(NamedTuple):
    """The patterns for one indentation: a step in flow and in block style, and how a step begins."""

    flow: re.Pattern[str]
    block: re.Pattern[str]
    dash: str


def read_fast(text: str, words: Vocabulary, limits: Limits) -> Document | None:
    """Return the document that a plain text is, or ``None`` if the tree reader has to look."""
    if len(text) > min(limits.bytes, limits.nodes) or limits.depth < 5:
        return None
    try:
        document = _Reader(text, words, limits).document()
    except _GiveUp:
        return None
    return document


_SINGLE = re.compile(rf"expert: ({_NAME})\ntrace:\n(?=((?:  )?)- )")
_PART = re.compile(rf"- expert: ({_NAME})\n(?:  name: ({_NAME})\n)?  trace:\n(?=(  (?:  )?)- )")


class _Reader:
    def __init__(self, text: str, words: Vocabulary, limits: Limits) -> None:
        self.text = text
        self.vocabulary = words
        self.limits = limits
        self.operations = tuple(words.operations.values())
        self.at = 0
        self.kinds: list[str] = []

    def document(self) -> Document:
        if self.text.startswith("expert: "):
            head = _SINGLE.match(self.text)
            if head is None:
                raise _GiveUp
            self.at = head.end()
            document: Document = self.trace(head, 0, head[2], None)
        else:
            document = self.composition()
        if self.at != len(self.text) or len(self.kinds) > self.limits.steps:
            raise _GiveUp
        if structure_fault(tuple(self.kinds)) is not None:
            raise _GiveUp
        return document

    def composition(self) -> Composition:
        parts: list[Trace] = []
        while (head := _PART.match(self.text, self.at)) is not None:
            start, self.at = self.at, head.end()
            label = self.name(head[2], head.start(2)) if head[2] is not None else None
            if label is not None and refers_by_place(label.text):
                raise _GiveUp
            parts.append(self.trace(head, start + 2, head[3], label))
        if not 2 <= len(parts) <= self.limits.subtraces:
            raise _GiveUp
        return Composition(tuple(parts), Span(0, parts[-1].span.end))

    def trace(self, head: re.Match[str], start: int, indent: str, label: Name | None) -> Trace:
        """Read the steps of a trace; its head has been read."""
        expert, styles = self.name(head[1], head.start(1)), _styles(self.vocabulary, indent)
        flow = self.text.startswith("{", self.at + len(styles.dash))
        pattern = styles.flow if flow else styles.block
        self.kinds.append("EXPERT")
        steps: list[Step] = []
        offset = len(styles.dash)
        while (found := pattern.match(self.text, self.at)) is not None:
            steps.append(self.step(found, Span(self.at + offset, found.end() - 1)))
            self.at = found.end()
        if not steps or steps[-1].__class__ is not Query:
            raise _GiveUp
        return Trace(expert, tuple(steps), label, Span(start, self.at - 1))

    def step(self, found: re.Match[str], span: Span) -> Step:
        """Build the step that a pattern has found."""
        op = found.lastgroup
        if op == "init":
            self.kinds.append("INIT")
            var, value, source = found.group("init_var", "init_value", "init_source")
            name = self.name(var, found.start("init_var"))
            if value is not None:
                return Init(name, self.literal(value, found.start("init_value")), None, span)
            return Init(name, self.name(source, found.start("init_source"), 7), None, span)
        if op == "compute":
            self.kinds.append("COMPUTE")
            word, args, var = found.group("compute_compute_op", "compute_args", "compute_var")
            at = found.start("compute_compute_op")
            operands = tuple(self.operands(args, found.start("compute_args")))
            name = self.name(var, found.start("compute_var"))
            return Compute(Name(word, _new(Span, (at, at + len(word)))), operands, name, span)
        if op == "query":
            self.kinds.append("QUERY")
            return Query(self.name(found["query_var"], found.start("query_var")), span)
        self.kinds.append("DOMAIN")
        return self.domain(found, op or "", span)

    def domain(self, found: re.Match[str], tag: str, span: Span) -> Domain:
        operation = self.operations[int(tag[1:])]
        at = found.start(f"{tag}_op")
        slots: list[tuple[str, Operand]] = []
        var: Name | None = None
        for field in operation.fields:
            group = f"{tag}_{field.name}"
            operand = self.operand(found[group], found.start(group))
            if field.kind is not FieldKind.NEW:
                slots.append((field.name, operand))
            elif isinstance(operand, Name):
                var = operand
        return Domain(Name(operation.name, Span(at, at + len(operation.name))), tuple(slots), var, span)

    def name(self, text: str, start: int, extra: int = 0) -> Name:
        end = start + len(text)
        if end - start > self.limits.name + extra or text.lower() in _RESERVED:
            raise _GiveUp
        return Name(text, _new(Span, (start, end)))

    def literal(self, text: str, start: int) -> Literal:
        number = read_number(text, self.limits.digits)
        if number.__class__ is not Number:
            raise _GiveUp
        return Literal(number, _new(Span, (start, start + len(text))))

    def operand(self, text: str, start: int) -> Operand:
        first = text[0]
        return self.name(text, start) if first.isalpha() or first == "_" else self.literal(text, start)

    def operands(self, text: str, start: int) -> Iterator[Operand]:
        """Yield the items of a flow list ``[a, b]`` or of a block list."""
        if text.endswith("]"):
            start += text.index("[") + 1
            for item in text[text.index("[") + 1 : -1].split(", "):
                yield self.operand(item, start)
                start += len(item) + 2
            return
        for line in text.split("\n")[1:]:
            item = line.lstrip(" ")[2:]
            start += len(line) + 1
            yield self.operand(item, start - len(item))


@lru_cache(maxsize=32)
def _styles(words: Vocabulary, indent: str) -> _Styles:
    """Return the patterns for steps that begin with ``indent`` and a dash."""
    dash, inner = f"{indent}- ", f"\\n{indent}  "
    items = rf"\[{_OPERAND}(?:, {_OPERAND})*\]"
    lines = rf"(?:\n{indent}  (?:  )?- {_OPERAND})+"
    flow = _pattern(words, lambda entries: f"{dash}\\{{{', '.join(entries)}\\}}\\n", f" {items}")
    block = _pattern(words, lambda entries: f"{dash}{inner.join(entries)}\\n", f"(?: {items}|{lines})")
    return _Styles(flow, block, dash)


def _pattern(words: Vocabulary, written: Callable[[list[str]], str], operands: str) -> re.Pattern[str]:
    """Return a pattern for any step; the last group of a match is named after the step.

    The steps of experts go by number, since their names need not be names of groups.
    """
    steps = {op: _entries(op, op, COMMON[op], operands) for op in ("init", "compute", "query")}
    for number, (op, operation) in enumerate(words.operations.items()):
        steps[f"d{number}"] = _entries(f"d{number}", op, operation.fields, operands)
    return re.compile("|".join(f"(?P<{tag}>{written(entries)})" for tag, entries in steps.items()))


def _entries(tag: str, op: str, fields: tuple[Field, ...], operands: str) -> list[str]:
    """Return the patterns of a step's entries, each value in a group of its own."""
    if op == "init":
        value, source = rf"value: (?P<init_value>{_NUMBER})", rf"source: (?P<init_source>{_SOURCE})"
        return ["op: init", f"var: (?P<init_var>{_NAME})", f"(?:{value}|{source})"]
    terms = {
        FieldKind.NEW: f" (?P<GROUP>{_NAME})",
        FieldKind.NAME: f" (?P<GROUP>{_NAME})",
        FieldKind.OPERAND: f" (?P<GROUP>{_OPERAND})",
        FieldKind.OPERANDS: f"(?P<GROUP>{operands})",
        FieldKind.OPERATION: f" (?P<GROUP>{'|'.join(PRIMITIVES)})",
    }
    entries = [f"{field.name}:{terms[field.kind].replace('GROUP', f'{tag}_{field.name}')}" for field in fields]
    return [f"op: (?P<{tag}_op>{re.escape(op)})", *entries]
