"""From text to a document, and back."""

from __future__ import annotations

from tracedsl.diagnostics import Diagnostic, text
from tracedsl.limits import DEFAULT, Limits
from tracedsl.reading import Node, read_tree
from tracedsl.record import record
from tracedsl.source import Source
from tracedsl.syntax.ast import Document
from tracedsl.syntax.documents import DocumentReader
from tracedsl.syntax.fast import read_fast
from tracedsl.vocabulary import Vocabulary


@record
class Parsed:
    """A document (``None`` where the text is none), its tree, its faults, the events it took.

    Plain text is read without events, and has no tree unless it was asked for.
    """

    source: Source
    document: Document | None
    root: Node | None
    diagnostics: tuple[Diagnostic, ...]
    events: int


def parse_source(
    source: Source, words: Vocabulary, limits: Limits = DEFAULT, *, row: bool = False, tree: bool = False
) -> Parsed:
    """Read one document.

    ``row`` says that it is a row, whose further columns mean nothing; ``tree`` that the tree is
    needed too, which plain text is otherwise read without.
    """
    if not (row or tree) and (document := read_fast(source.text, words, limits)) is not None:
        return Parsed(source, document, None, (), 0)
    reading = read_tree(source, limits)
    if reading.root is None:
        faults = reading.diagnostics or (text.EmptyDocument(span=source.whole),)
        return Parsed(source, None, None, faults, reading.nodes)
    reader = DocumentReader(words, limits, row=row)
    document = reader.read(reading.root)
    return Parsed(source, document, reading.root, (*reading.diagnostics, *reader.faults), reading.nodes)
