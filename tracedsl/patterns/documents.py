"""The documents of a file of declarations, each with what it says that it is."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic
from tracedsl.inputs import Item, yaml_items
from tracedsl.limits import DEFAULT
from tracedsl.reading import Node, Reading, Scalar, read_tree
from tracedsl.source import Source
from tracedsl.vocabulary import declared_kind


class Declared(NamedTuple):
    """A document of a file of declarations: its kind, its source, its tree and the faults of its text."""

    kind: str
    source: Source
    root: Node
    faults: tuple[Diagnostic, ...]


@lru_cache(maxsize=32)  # patterns, prompts and mixes of a file are read one after the other
def documents(text: str, name: str) -> tuple[Declared, ...]:
    """Return the documents of a file of declarations; what cannot be read has no kind and an empty tree."""
    items = (item for item in yaml_items(io.BytesIO(text.encode()), name, DEFAULT) if not item.blank)
    return tuple(_declared(item, read_tree(item.source)) for item in items)


def _declared(item: Item, reading: Reading) -> Declared:
    root = reading.root if reading.root is not None else Scalar("", True, 0, 0)
    return Declared(declared_kind(root), item.source, root, (*item.faults, *reading.diagnostics))
