"""Experts: what each may compute, and what its steps mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tracedsl import resources
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.reading import Mapping, Node, Scalar, Sequence, read_tree
from tracedsl.source import Source
from tracedsl.vocabulary.formulas import show_condition, show_formula
from tracedsl.vocabulary.lexicon import Lexicon
from tracedsl.vocabulary.loading import OTHER_KINDS, Loaded, declared_kind, first_document, load_expert, misplaced
from tracedsl.vocabulary.model import COMPOSITION, Expert, Operation, SlotType, Trend, Vocabulary
from tracedsl.vocabulary.shapes import COMMON, Field, FieldKind, form

__all__ = [
    "COMMON",
    "COMPOSITION",
    "OTHER_KINDS",
    "Expert",
    "Field",
    "FieldKind",
    "Lexicon",
    "Loaded",
    "Operation",
    "SlotType",
    "Trend",
    "Vocabulary",
    "declared_kind",
    "default",
    "first_document",
    "form",
    "lexicon",
    "load_expert",
    "misplaced",
    "show_condition",
    "show_formula",
    "without_shipped",
]

#: The order in which the shipped experts are shown.
_SHIPPED = ("arithmetic.yaml", "comparison.yaml", "entity_track.yaml", "percentage.yaml", "rate_equation.yaml")


@cache
def default() -> Vocabulary:
    """Return the shipped experts."""
    vocabulary = Vocabulary({}, {}, lexicon())
    for name in _SHIPPED:
        loaded = load_expert(Source(resources.read("experts", name), name), vocabulary)
        if loaded.expert is None:
            raise ValueError(f"experts/{name}: {[fault.message for fault in loaded.diagnostics]}")
        vocabulary = vocabulary.with_expert(loaded.expert)
    return vocabulary


def without_shipped(text: str) -> Vocabulary:
    """Return the shipped experts but for the one whose file has this text, so that it can be checked."""
    same = {name.removesuffix(".yaml") for name in _SHIPPED if resources.read("experts", name) == text}
    rest = Vocabulary({}, {}, lexicon())
    for expert in default().experts.values():
        rest = rest if expert.name in same else rest.with_expert(expert)
    return rest


@cache
def lexicon() -> Lexicon:
    """Return the shipped lexicon."""
    root = read_tree(Source(first_document(resources.read("experts", "lexicon.yaml")))).root
    if not isinstance(root, Mapping):
        raise ValueError("experts/lexicon.yaml is not a mapping")
    parts = {key.text: value for key, value in root.pairs}
    return Lexicon(
        constants=frozenset(_numbers(parts["constants"])),
        cues=dict(_cues(parts["cues"])),
        counts={value: node.text for value, node in _by_number(parts["counts"]) if isinstance(node, Scalar)},
        words={word: value for word, (value,) in _entries(parts["words"])},
        magnitudes={word: value for word, (value,) in _entries(parts["magnitudes"])},
        scales=dict(_entries(parts["scales"])),
        singulars={node.text: key.text for key, node in _pairs(parts["plurals"]) if isinstance(node, Scalar)},
    )


def _pairs(node: Node) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if isinstance(node, Mapping) else ()


def _entries(node: Node) -> Iterator[tuple[str, tuple[Rational, ...]]]:
    return ((key.text, _numbers(value)) for key, value in _pairs(node))


def _cues(node: Node) -> Iterator[tuple[Rational, re.Pattern[str]]]:
    for value, words in _by_number(node):
        items = words.items if isinstance(words, Sequence) else ()
        any_of = "|".join(re.escape(item.text) for item in items if isinstance(item, Scalar))
        yield value, re.compile(rf"(?<![A-Za-z])(?:{any_of})", re.IGNORECASE)


def _by_number(node: Node) -> Iterator[tuple[Rational, Node]]:
    return ((value, each) for key, each in _pairs(node) for value in _numbers(key))


def _numbers(node: Node) -> tuple[Rational, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    read = (read_number(item.text) for item in items if isinstance(item, Scalar))
    return tuple(number.value for number in read if isinstance(number, Number))
