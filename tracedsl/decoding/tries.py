"""Alternatives of literal text as tries of bytes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import count
from typing import Any

_serials = count()


class Node:
    """A place in a trie: ``children`` by byte; ``event`` ends a fixed text, ``value`` a word.

    A fixed text is over with its last byte. A word is over only with the byte after it, so it
    may be the beginning of a longer one. ``serial`` is never used again, so that masks can be
    kept by it. ``fixed`` says that no word stands at or below the node.
    """

    __slots__ = ("children", "depth", "event", "fixed", "serial", "value")

    def __init__(self, depth: int = 0) -> None:
        self.children: dict[int, Node] = {}
        self.depth = depth
        self.event: Any = None
        self.value: Any = None
        self.fixed = True
        self.serial = next(_serials)

    def leaves(self, text: bytes = b"") -> Iterator[tuple[bytes, Node]]:
        """Yield each alternative below this node with the text that leads there, in order."""
        if self.event is not None or self.value is not None:
            yield text, self
        for byte, child in self.children.items():
            yield from child.leaves(text + bytes((byte,)))

    def takes(self, text: bytes) -> bool:
        """Return whether an alternative below this node begins with a text, or is it."""
        return self.down(text)[1] == len(text)

    def down(self, text: bytes) -> tuple[Node, int]:
        """Return how far a text leads, and to which node."""
        at: Node = self
        for used, byte in enumerate(text):
            child = at.children.get(byte)
            if child is None:
                return at, used
            at = child
        return at, len(text)

    def leads(self, text: bytes, node: Node) -> bool:
        """Return whether a text leads from here to a node."""
        return self.down(text) == (node, len(text))


def trie(texts: Iterable[tuple[str, Any]], words: Iterable[tuple[str, Any]] = ()) -> Node:
    """Return a trie of fixed texts with their events and of words with their values."""
    root = Node()
    for text, event in texts:
        _grow(root, text).event = event
    for text, value in words:
        _grow(root, text, fixed=False).value = value
    return root


def _grow(root: Node, text: str, *, fixed: bool = True) -> Node:
    node = root
    for byte in text.encode():
        node.fixed = node.fixed and fixed
        node = node.children.setdefault(byte, Node(node.depth + 1))
    node.fixed = node.fixed and fixed
    return node


class Tries:
    """Tries of fixed texts, made once each."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Node] = {}

    def of(self, *texts: tuple[str, Any]) -> Node:
        """Return the trie of fixed texts and their events."""
        if texts not in self._made:
            self._made[texts] = trie(texts)
        return self._made[texts]
