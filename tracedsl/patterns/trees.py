"""Parts of declared patterns as they stand in their trees: merged, looked through, written as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracedsl.numbers import Rational
from tracedsl.patterns.words import Entry, Noun, Word
from tracedsl.reading import Mapping, Node, Scalar, Sequence
from tracedsl.syntax.formatting import quote

_DEPTH = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?")


def has(node: Node, name: str) -> bool:
    """Return whether a mapping has a key."""
    return isinstance(node, Mapping) and any(key.text == name for key, _ in node.pairs)


def merged(base: Mapping, own: Mapping) -> Mapping:
    """Return a mapping with what it inherits: keys of mappings are merged, others replaced."""
    values = {key.text: (key, value) for key, value in base.pairs}
    for key, value in own.pairs:
        below = values[key.text][1] if key.text in values else None
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        values[key.text] = (key, merged(below, value) if both else value)  # type: ignore[arg-type]
    return Mapping(tuple(values.values()), own.start, own.end, own.flow)


def depth_of(node: Node) -> tuple[int, int] | None:
    """Return the bounds of a depth: whole numbers from 1 on, or one of them; ``None`` for anything else."""
    found = _DEPTH.fullmatch(node.text) if isinstance(node, Scalar) else None
    bounds = (int(found[1]), int(found[2] or found[1])) if found is not None else (0, 0)
    return bounds if 1 <= bounds[0] <= bounds[1] else None


def kind_of_option(option: Rational | Word) -> str:
    """Return what an entry of a list is, as a message says it."""
    return "lines of tables" if isinstance(option, Entry) else "words" if isinstance(option, Noun) else "numbers"


def scalars(node: Node) -> Iterator[Scalar]:
    """Yield the texts in a value of a step."""
    match node:
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(pairs=pairs):
            for _, value in pairs:
                yield from scalars(value)
        case Scalar():
            yield node


def written(node: Node, *, free: bool = False) -> str:
    """Return a value of a step as canonical text; ``free`` text keeps the quotes that it stands in."""
    match node:
        case Sequence(items=items):
            return f"[{', '.join(map(written, items))}]"
        case Mapping(pairs=pairs):
            return f"{{{', '.join(f'{key.text}: {written(value)}' for key, value in pairs)}}}"
        case Scalar(text=text, plain=plain):
            return quote(text) if free and not plain else text
