"""Valid documents, straight from the vocabulary, and other spellings of them."""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st

from tracedsl import strategies as library
from tracedsl.reading import Mapping, Node, Scalar, Sequence, read_tree
from tracedsl.source import Source, Span
from tracedsl.syntax.ast import Composition, Document, Example, Text, Trace

NOWHERE = Span(0, 0)
literal, values = library.literal, library.values
questions = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\x85\u2028\t"), max_size=40)
bodies = library.documents()


def _is_trace(document: Document) -> bool:
    return isinstance(document, Trace)


def traces() -> st.SearchStrategy[Document]:
    """Single traces."""
    return library.documents(most=1)


def compositions() -> st.SearchStrategy[Document]:
    """Compositions of two or three traces."""
    return bodies.filter(lambda document: not _is_trace(document))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Examples, whatever their question and answer."""
    body = draw(bodies)
    assert isinstance(body, Trace | Composition)
    answer = draw(st.none() | values)
    question = draw(questions)
    return Example(Text(question, NOWHERE), literal(answer) if answer is not None else None, body, NOWHERE)


documents: st.SearchStrategy[Document] = st.one_of(bodies, examples())

#: A tree without spans: what every spelling of a document must share.
Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(node: Node | None) -> Plain:
    """Return a tree as mappings, lists and texts."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(pairs=pairs):
            return {key.text: plain(value) for key, value in pairs}
        case None:
            raise AssertionError("no tree")


def tree(text: str) -> Plain:
    """Read a text into a tree."""
    reading = read_tree(Source(text))
    assert not reading.diagnostics, (text, reading.diagnostics)
    return plain(reading.root)


def block(node: Plain, indent: str = "") -> str:
    """Spell a tree in block style, texts in double quotes where they need them."""
    match node:
        case dict():
            return "".join(f"{indent}{key}:{_nested(value, indent)}" for key, value in node.items())
        case list():
            parts = (
                block(item, indent + "  ") if not isinstance(item, str) else f"{indent}  {_word(item)}\n"
                for item in node
            )
            return "".join(f"{indent}- {part[len(indent) + 2 :]}" for part in parts)
        case str():
            return f"{_word(node)}\n"


def _nested(node: Plain, indent: str) -> str:
    return f" {_word(node)}\n" if isinstance(node, str) else f"\n{block(node, indent + '  ')}"


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+(?:\.[0-9]+|(?: [0-9]+)?/[0-9]+)?%?")
_MISREAD = {"null", "true", "false", "yes", "no", "on", "off"}


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _MISREAD else quoted(text)


def quoted(node: Plain, indent: str = "") -> str:
    """Spell a tree as JSON with every character outside ASCII escaped, no surrogates."""
    match node:
        case dict():
            return "{" + ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in node.items()) + "}"
        case list():
            return "[" + ", ".join(map(quoted, node)) + "]"
        case str():
            return "".join(
                c if c.isascii() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}"
                for c in json.dumps(node, ensure_ascii=False)
            )


def commented(text: str) -> str:
    """Put a comment beside every line of canonical text, and above it."""
    lines = text.split("\n")[:-1]
    return "# above: {all}\n" + "".join(
        f"{line}  # beside, {index}: [x]\n# under '{index}\n" for index, line in enumerate(lines)
    )


def as_json(text: str) -> str:
    """Spell a document as JSON over several lines."""
    return (
        json.dumps(tree(text), indent=1, ensure_ascii=False)
        .replace("\x7f", "\\u007f")
        .replace("\x85", "\\u0085")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
        .replace("\ufeff", "\\ufeff")
    )
