"""Everything that corpora are drawn from: patterns, mixes, prompts, and the overlays of past runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from tracedsl import resources
from tracedsl.diagnostics import Diagnostic
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.loading import EventReader, documents, load_patterns
from tracedsl.patterns.mixes import Mix, load_mixes
from tracedsl.patterns.model import Event, Patterns
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping as Tree
from tracedsl.reading import Node, Scalar
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary, default
from tracedsl.vocabulary.declarations import Declarations

_FILES = (
    *("arithmetic.yaml", "comparison.yaml", "entity_track.yaml", "percentage.yaml", "rate_equation.yaml"),
    *("composition.yaml", "mixes.yaml", "prompts.yaml"),
)
_OVERLAYS = "experts/history"
Located = tuple[Diagnostic, Source]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Curriculum:
    """Patterns by name, mixes by name, sentences that matter to nothing, prompts by name."""

    patterns: Patterns
    mixes: Mapping[str, Mix]
    asides: tuple[Event, ...]
    prompts: Mapping[str, str]


class Overlaid(NamedTuple):
    """A vocabulary and patterns as a past run had them."""

    vocabulary: Vocabulary
    patterns: Patterns


class LoadedCurriculum(NamedTuple):
    """A curriculum and what is wrong with its files, which then lack in it."""

    curriculum: Curriculum
    faults: tuple[Located, ...]


@cache
def shipped() -> Curriculum:
    """Return the shipped curriculum."""
    files = [Source(resources.read("experts", name), name) for name in _FILES]
    loaded = load_curriculum(files, default(), Curriculum({}, {}, (), {}))
    if loaded.faults:
        raise ValueError([(source.name, fault.message) for fault, source in loaded.faults])
    return loaded.curriculum


def load_curriculum(files: Iterable[Source], words: Vocabulary, base: Curriculum) -> LoadedCurriculum:
    """Add the patterns, mixes and prompts of files to a curriculum; other documents are passed over."""
    kinds, faults, found = tuple(word_list(Part.ALL).kinds), list[Located](), base
    for file in files:
        patterns = load_patterns(file.text, file.name, words, kinds)
        faults += patterns.faults
        found = replace(found, patterns={**found.patterns, **patterns.patterns})
        for kind, source, root in documents(file.text, file.name):
            if kind == "mixes":
                loaded = load_mixes(root, source, found.mixes, EventReader(words, kinds, source))
                faults += ((fault, source) for fault in loaded.faults)
                found = replace(found, mixes=loaded.mixes, asides=(*found.asides, *loaded.asides))
            elif kind == "prompts":
                reader = Declarations([])
                keys = reader.keys(root, ("kind", "prompts"), ("prompts",), "a file of prompts")
                prompts = {
                    key.text: reader.text(node, "prompt") for key, node in reader.pairs(keys["prompts"], "prompts")
                }
                faults += ((fault, source) for fault in reader.faults)
                found = replace(found, prompts={**found.prompts, **prompts})
    return LoadedCurriculum(found, tuple(faults))


def overlaid(name: str, words: Vocabulary) -> Overlaid | None:
    """Return what an overlay of ``experts/history`` changes, ``None`` if there is none of that name."""
    try:
        text = resources.read(_OVERLAYS, f"{name}.yaml")
    except FileNotFoundError:
        return None
    head = next(root for kind, _, root in documents(text, name) if kind == "overlay")
    pairs = _pairs(head)
    parent = pairs.get("extends")
    below = overlaid(parent.text, words) if isinstance(parent, Scalar) else None
    vocabulary, patterns = below or Overlaid(words, {})
    for expert, operations in _pairs(pairs.get("compute")).items():
        vocabulary = vocabulary.with_compute(expert, tuple(_operations(operations)))
    loaded = load_patterns(text, f"{name}.yaml", vocabulary, tuple(word_list(Part.ALL).kinds))
    if loaded.faults:
        raise ValueError([fault.message for fault, _ in loaded.faults])
    return Overlaid(vocabulary, {**patterns, **loaded.patterns})


def _pairs(node: Node | None) -> dict[str, Node]:
    return {key.text: value for key, value in node.pairs} if isinstance(node, Tree) else {}


def _operations(node: Node) -> list[str]:
    return [item.text for item in getattr(node, "items", ()) if item.text in PRIMITIVES]
