"""YAML and JSON text to a tree of mappings, lists and scalars, with offsets.

The reader walks the parser's events and never builds its objects: that is what keeps every
input (nested brackets, aliases, octal numbers, dates) in bounded work, and it is the faster
way too. It works on text alone; what scalars mean is decided by those who use the tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from tracedsl.diagnostics import Diagnostic, text
from tracedsl.limits import DEFAULT, Limits
from tracedsl.source import Source, Span

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML without libyaml: the same events, ten times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARK = "\ufeff"  # of the order of bytes
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_SEPARATOR = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_MOST_REFUSALS = 64
_new = tuple.__new__  # makes a named tuple in half the time; four in five nodes are scalars


class Scalar(NamedTuple):
    """A word, number or text; ``plain`` if it stands without quotes."""

    text: str
    plain: bool
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands, quotes included."""
        return Span(self.start, self.end)


class Mapping(NamedTuple):
    """Keys and values in the order of the text, no key twice; ``flow`` if it stands in braces."""

    pairs: tuple[tuple[Scalar, Node], ...]
    start: int
    end: int
    flow: bool = True

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


Node = Scalar | Mapping | Sequence


class Reading(NamedTuple):
    """A document's tree (``None`` if it cannot be read), its faults and the events it took."""

    root: Node | None
    diagnostics: tuple[Diagnostic, ...]
    nodes: int


def is_nothing(node: Node | None) -> bool:
    """Return whether a node is an empty plain scalar: a key without a value, an empty document."""
    return isinstance(node, Scalar) and node.plain and not node.text


def kind_of(node: Node) -> str:
    """Return what a node is, in words that follow "found"."""
    match node:
        case Scalar(text="", plain=True):
            return "nothing"
        case Scalar(plain=plain):
            return "a word or number" if plain else "a text"
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"


def read_tree(source: Source, limits: Limits = DEFAULT) -> Reading:
    """Read one document into a tree.

    Everything that YAML allows and the language does not (anchors, tags, duplicate keys, …) is
    reported; an empty document has no root and no fault.
    """
    if len(source.text) > limits.bytes or len(source.text.encode(errors="surrogatepass")) > limits.bytes:
        large = text.TooLarge(span=Span(0, 1), what="bytes", most=limits.bytes, limit="bytes")
        return Reading(None, (large,), 0)
    found = _CONTROL.search(source.text)
    if found is not None:
        fault = text.ControlCharacter(span=Span(*found.span()), character=ascii(found[0])[1:-1])
        return Reading(None, (fault,), 0)
    reader = _Reader(source.text, limits)
    root = reader.read()
    reader.faults += _separators(source.text, root)
    return Reading(root, tuple(reader.faults), reader.nodes)


def _as_counted(source: str) -> str:
    """Return a text that the parser reads alike and counts as we do.

    It would not count a mark of the order of bytes, and it refuses the pairs that JSON escapes an emoji by,
    which are as long as an escaped end of line and one escape.
    """
    if source.startswith(_MARK):
        source = "\n" + source[1:]
    if "\\u" in source and _PAIR.search(source) and _is_json(source):
        return _PAIR.sub(_joined, source)
    return source


def _is_json(source: str) -> bool:
    try:
        json.loads(source)
    except (ValueError, RecursionError):
        return False
    return True


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\\n\\U{0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00:08x}"


class _Stop(Exception):
    """The rest of the document is not worth reading."""


class _Reader:
    def __init__(self, source: str, limits: Limits) -> None:
        self.text = source
        self.limits = limits
        self.faults: list[Diagnostic] = []
        self.nodes = 0
        self.aliased = False

    def read(self) -> Node | None:
        """Return the root, or ``None`` where reading stopped or there is nothing."""
        parser = _Parser(_as_counted(self.text))
        try:
            return self._walk(parser)
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            self.faults.append(_syntax_fault(error, self.text, self.limits.depth))
            return None
        finally:
            parser.dispose()

    def _walk(self, parser: Any) -> Node | None:
        stack: list[tuple[list[Node], Any]] = []
        nodes: list[Node] = []
        next_event, count, most = parser.get_event, 0, self.limits.nodes
        while (kind := (event := next_event()).__class__) is not StreamEndEvent:
            count += 1
            if count > most:
                self._overflow(event)
            if kind is ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    self._inspect(event)
                fields = (event.value, not event.style, event.start_mark.index, event.end_mark.index)
                nodes.append(_new(Scalar, fields))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, len(stack))
                stack.append((nodes, event))
                nodes = []
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                children = nodes
                nodes, opened = stack.pop()
                start, end = opened.start_mark.index, event.end_mark.index
                if not opened.flow_style:  # a block ends where the next token begins: go back to its last child
                    end = children[-1].end if children else start
                if kind is MappingEndEvent:
                    nodes.append(self._mapping(children, start, end, opened.flow_style))
                else:
                    nodes.append(Sequence(tuple(children), start, end))
            elif kind is AliasEvent:
                self._refuse(text.AnchorOrAlias(span=_span(event)))
                self.aliased = True
                nodes.append(Scalar("", True, *_span(event)))
            elif kind is DocumentStartEvent:
                self._begin(event, bool(nodes))
        self.nodes = count
        root = nodes[0] if nodes and not self.aliased else None
        return None if is_nothing(root) else root

    def _open(self, event: Any, depth: int) -> None:
        if depth >= self.limits.depth:
            at = Span(event.start_mark.index, event.start_mark.index + 1)
            self._refuse(text.TooDeep(span=at, most=self.limits.depth))
            raise _Stop
        if event.anchor is not None or event.tag is not None:
            self._inspect(event)

    def _overflow(self, event: Any) -> NoReturn:
        self.nodes = self.limits.nodes
        most = self.limits.nodes
        self._refuse(text.TooLarge(span=_span(event), what="mappings, lists and scalars", most=most, limit="nodes"))
        raise _Stop

    def _mapping(self, children: list[Node], start: int, end: int, flow: bool) -> Mapping:
        keys, values = children[::2], children[1::2]
        names = {key.text for key in keys if type(key) is Scalar}
        if len(names) == len(keys) and "<<" not in names:
            return Mapping(tuple(zip(keys, values, strict=True)), start, end, flow)  # type: ignore[arg-type]
        return Mapping(tuple(self._sound(zip(keys, values, strict=True))), start, end, flow)

    def _sound(self, pairs: Iterable[tuple[Node, Node]]) -> Iterator[tuple[Scalar, Node]]:
        """Yield the pairs whose keys are words, each once; refuse the others."""
        seen: dict[str, Span] = {}
        for key, value in pairs:
            if not isinstance(key, Scalar):
                self._refuse(text.KeyNotScalar(span=key.span, kind=kind_of(key).removeprefix("a ")))
            elif key.text in seen and not _is_fragment(key, value):
                self._refuse(text.DuplicateKey(span=key.span, key=key.text, first=seen[key.text]))
            elif key.text == "<<" and key.plain:
                self._refuse(text.MergeKey(span=key.span))
            else:
                seen[key.text] = key.span
                yield key, value

    def _begin(self, event: Any, second: bool) -> None:
        if event.version or event.tags:
            self._refuse(text.Directive(span=_span(event)))
        if second:
            self._refuse(text.SeveralDocuments(span=_span(event)))
            raise _Stop

    def _inspect(self, event: Any) -> None:
        at = Span(event.start_mark.index, max(event.start_mark.index + 1, event.end_mark.index))
        if event.anchor is not None:
            self._refuse(text.AnchorOrAlias(span=at))
        if event.tag is not None:
            self._refuse(text.Tag(span=at, tag=event.tag.replace("tag:yaml.org,2002:", "!!")))

    def _refuse(self, fault: Diagnostic) -> None:
        self.faults.append(fault)
        if len(self.faults) >= _MOST_REFUSALS:
            raise _Stop


def _is_fragment(key: Scalar, value: Node) -> bool:
    """Return whether a pair is a piece of a number such as 1,000,000, whose second 000 is no repetition."""
    return is_nothing(value) and key.plain and key.text.isdigit() and len(key.text) == 3


def _span(event: Any) -> Span:
    return Span(event.start_mark.index, max(event.end_mark.index, event.start_mark.index + 1))


def _syntax_fault(error: yaml.MarkedYAMLError, source: str, depth: int) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    at = min(mark.index if mark else 0, max(len(source) - 1, 0))
    if "nesting depth" in (error.problem or ""):  # newer versions of the parser have a limit of their own
        return text.TooDeep(span=Span(at, at + 1), most=depth)
    if source[at : at + 1] == "\t":
        return text.YamlSyntax(span=Span(at, at + 1), problem="a tab indents this line", context="indent with spaces")
    return text.YamlSyntax(
        span=Span(at, at + 1), problem=error.problem or "unreadable", context=error.context or "here"
    )


def _separators(source: str, root: Node | None) -> Iterator[Diagnostic]:
    """Report line ends that editors do not show as such, outside a question."""
    if source.isascii() and "\r" not in source:
        return
    pairs = root.pairs if isinstance(root, Mapping) else ()
    question = next((value.span for key, value in pairs if key.text == "question"), Span(0, 0))
    for found in _SEPARATOR.finditer(source):
        if found.start() not in question:
            yield text.LineSeparator(span=Span(*found.span()), character=ascii(found[0])[1:-1])
