"""A tree to a document: trace, composition or example."""

from __future__ import annotations

from collections.abc import Iterator

from tracedsl.diagnostics import Diagnostic, composition, near, shape
from tracedsl.grammars import structure_fault
from tracedsl.limits import Limits
from tracedsl.reading import Mapping, Node, Scalar, Sequence, is_nothing, kind_of
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Composition,
    Document,
    Example,
    Literal,
    Name,
    Query,
    Step,
    Text,
    Trace,
    token,
    traces,
)
from tracedsl.syntax.building import StepReader
from tracedsl.syntax.scalars import read_answer, read_name, refers_by_place
from tracedsl.syntax.torn import torn_entries
from tracedsl.vocabulary import Vocabulary

_TRACE_KEYS = ("expert", "trace")
_EXAMPLE_KEYS = ("question", "answer", "expert", "trace", "composition")


class DocumentReader:
    """Reads one document and collects its faults; ``row`` lets further columns stand."""

    def __init__(self, words: Vocabulary, limits: Limits, *, row: bool = False) -> None:
        self.vocabulary = words
        self.limits = limits
        self.row = row
        self.faults: list[Diagnostic] = []
        self.steps = 0
        self.reader = StepReader(words, limits, self.faults)

    def read(self, root: Node) -> Document | None:
        """Return the document, or ``None`` if the tree is none."""
        match root:
            case Sequence():
                document: Document | None = self.composition(root, root.items)
            case Mapping():
                document = self.mapping(root)
            case Scalar():
                document = self.no_document(root)
        if document is not None and not any(isinstance(fault, shape.TooManySteps) for fault in self.faults):
            self.structure(document)
        return document

    def mapping(self, root: Mapping) -> Document | None:
        values = {key.text: value for key, value in root.pairs}
        if not values.keys() & {"question", "answer", "composition"} and not self.row:
            return self.trace(root)
        return self.example(root, values)

    def example(self, root: Mapping, values: dict[str, Node]) -> Document | None:
        question, answer = self.question(values.pop("question", None)), self.answer(root, values)
        parts, nested = values.pop("composition", None), values.get("trace")
        if parts is not None:
            body: Trace | Composition | None = self.parts(parts)
        elif self.row and isinstance(nested, Mapping):
            body = self.trace(nested)
        elif self.row and isinstance(nested, Sequence) and not _are_steps(nested):
            body = self.composition(nested, nested.items)
        else:
            body = self.plain(root, values)
        if not self.row:
            taken = {"composition"} if parts is not None else {"composition", *_TRACE_KEYS}
            torn = {key.text for key, _ in root.pairs} - values.keys()
            self.unknown(root, taken | {"question", "answer"} | torn, _EXAMPLE_KEYS, "an example")
        return Example(question, answer, body, root.span) if body is not None else None

    def question(self, node: Node | None) -> Text | None:
        if isinstance(node, Scalar):
            return Text(node.text, node.span)
        return None if node is None else self.wrong(node, "question", "a text", 'question: "…"')

    def answer(self, root: Mapping, values: dict[str, Node]) -> Literal | None:
        node = values.pop("answer", None)
        if not isinstance(node, Scalar):
            return None if node is None else self.wrong(node, "answer", "a number", "answer: NUMBER")
        torn = torn_entries(node, values, root)
        read = torn if torn is not None else read_answer(node, self.limits)
        if isinstance(read, Diagnostic):
            self.faults.append(read)
            return None
        return read

    def parts(self, node: Node) -> Composition | None:
        if isinstance(node, Sequence):
            return self.composition(node, node.items)
        return self.wrong(node, "composition", "a list of traces", "composition: [{expert: …, trace: …}]")

    def composition(self, root: Node, items: tuple[Node, ...]) -> Composition | None:
        if not items:
            self.faults.append(shape.EmptyComposition(span=root.span))
            return None
        if len(items) > self.limits.subtraces:
            at, most = items[self.limits.subtraces].span, self.limits.subtraces
            self.faults.append(composition.TooManySubtraces(span=at, count=len(items), most=most))
            return None
        if not any(isinstance(item, Mapping) for item in items) or _are_steps(root):
            return self.no_document(root)
        parts = tuple(trace for item in items if (trace := self.part(item)) is not None)
        if len(items) == 1 and parts:
            self.faults.append(composition.SingleComposition(span=parts[0].expert.span))
        return Composition(parts, root.span) if len(parts) == len(items) else None

    def part(self, node: Node) -> Trace | None:
        if isinstance(node, Mapping):
            return self.trace(node, named=True)
        return self.wrong(node, "sub-trace", "a mapping", "{expert: …, trace: …}")

    def trace(self, root: Mapping, *, named: bool = False) -> Trace | None:
        keys = (*_TRACE_KEYS, "name") if named else _TRACE_KEYS
        known = {key.text for key, _ in root.pairs}
        if not known & {"expert", "trace"} and not named:
            return self.no_document(root)
        values = {key.text: value for key, value in root.pairs}
        if len(values) > len(keys) or not known.issubset(keys):
            self.unknown(root, set(keys), keys, "a trace")
        return self.plain(root, values, named=named)

    def plain(self, root: Mapping, values: dict[str, Node], *, named: bool = False) -> Trace | None:
        expert, steps = self.expert(root, values), values.get("trace")
        if is_nothing(steps):
            self.faults.append(shape.NoSteps(span=_key(root, "trace")))
            steps = None
        elif steps is None:
            self.missing(root, "trace")
        elif not isinstance(steps, Sequence):
            steps = self.wrong(steps, "trace", "a list of steps", "- {op: …} for each step")
        if expert is None or steps is None:
            return None
        name = self.name(values["name"]) if named and "name" in values else None
        return Trace(expert, self.read_steps(steps, expert.text), name, Span(root.start, root.end))

    def read_steps(self, node: Sequence, expert: str) -> tuple[Step, ...]:
        before, self.steps = self.steps, self.steps + len(node.items)
        if self.steps > self.limits.steps:
            at = node.items[max(0, self.limits.steps - before)].span
            self.faults.append(shape.TooManySteps(span=at, count=self.steps, most=self.limits.steps))
            return ()
        read = self.reader.read
        return tuple([read(item, expert) for item in node.items])

    def expert(self, root: Mapping, values: dict[str, Node]) -> Name | None:
        node = values.get("expert")
        if node is None:
            return self.missing(root, "expert")
        if not isinstance(node, Scalar) or not node.text:
            return self.wrong(node, "expert", "the name of an expert", "expert: arithmetic")
        return self.word(node)

    def name(self, node: Node) -> Name | None:
        if not isinstance(node, Scalar):
            return self.wrong(node, "name", "a name", "name: NAME")
        name = self.word(node)
        if name is not None and refers_by_place(name.text):
            self.faults.append(composition.ReservedSubtrace(span=name.span, subtrace=name.text))
        return name

    def word(self, node: Scalar) -> Name | None:
        name = read_name(node, self.limits)
        if isinstance(name, Name):
            return name
        self.faults.append(name)
        return None

    def structure(self, document: Document) -> None:
        """Ask the grammar about the sequence of steps, trace by trace where the whole is not in it."""
        parts = traces(document)
        kinds = [kind for part in parts for kind in ("EXPERT", *map(token, part.steps))]
        if structure_fault(tuple(kinds)) is not None:
            for part in parts:
                self.faults += _structure_faults(part)

    def missing(self, root: Mapping, key: str) -> None:
        others = [name.text for name, _ in root.pairs if name.text not in (*_EXAMPLE_KEYS, "name")]
        if self.row or not near(key, others):  # else the misspelt key is reported
            first = root.pairs[0][0].span if root.pairs else root.span
            self.faults.append(shape.MissingKey(span=first, key=key, thing="a trace"))

    def unknown(self, root: Mapping, taken: set[str], known: tuple[str, ...], thing: str) -> None:
        for key, _ in root.pairs:
            if key.text not in taken:
                close = near(key.text, set(known) - {key.text})
                self.faults.append(shape.UnknownKey(span=key.span, key=key.text, thing=thing, known=known, near=close))

    def wrong(self, node: Node, key: str, wanted: str, written: str) -> None:
        self.faults.append(shape.WrongKind(span=node.span, key=key, wanted=wanted, kind=kind_of(node), shape=written))

    def no_document(self, root: Node) -> None:
        start = root.span.start
        self.faults.append(shape.NotADocument(span=Span(start, start + 1), kind=_described(root)))


def _structure_faults(trace: Trace) -> Iterator[Diagnostic]:
    """Report where one trace's steps leave the grammar, in the terms of a writer."""
    fault = structure_fault(("EXPERT", *map(token, trace.steps)), "trace")
    if fault is None:
        return
    queries = [step for step in trace.steps if isinstance(step, Query)]
    if not trace.steps or (not isinstance(trace.steps[0], Query) and not queries):
        last = trace.steps[-1].span if trace.steps else trace.expert.span
        kind = shape.NoQuery if trace.steps else shape.NoSteps
        yield kind(span=last)
        return
    if isinstance(trace.steps[0], Query):
        yield shape.NoSteps(span=trace.steps[0].span)
    after = trace.steps[trace.steps.index(queries[0]) + 1 :] if queries else ()
    for step in after:
        kind_after = shape.SecondQuery if isinstance(step, Query) else shape.StepAfterQuery
        yield kind_after(span=step.span, first=queries[0].span)


def _are_steps(node: Node) -> bool:
    first = node.items[0] if isinstance(node, Sequence) and node.items else None
    return isinstance(first, Mapping) and any(key.text == "op" for key, _ in first.pairs)


def _key(root: Mapping, name: str) -> Span:
    return next(key.span for key, _ in root.pairs if key.text == name)


def _described(root: Node) -> str:
    match root:
        case Sequence() if _are_steps(root):
            return "a list of steps without `expert:` and `trace:`"
        case Mapping(pairs=pairs) if any(key.text == "kind" for key, _ in pairs):
            return "an expert file (`tracedsl experts --check` reads it)"
        case Mapping(pairs=pairs):
            keys = ", ".join(f"`{key.text[:20]}`" for key, _ in pairs[:4])
            return f"a mapping of {keys}" if keys else "an empty mapping"
        case _:
            return kind_of(root)
