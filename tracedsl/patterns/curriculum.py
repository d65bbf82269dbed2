"""Everything that corpora are drawn from: patterns, mixes, prompts, and the overlays of past runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple

from tracedsl import resources
from tracedsl.diagnostics import Diagnostic
from tracedsl.patterns.documents import Declared, documents
from tracedsl.patterns.lexicon import Part, word_list
from tracedsl.patterns.loading import EventReader, load_patterns, repeated
from tracedsl.patterns.mixes import Known, Mix, load_mixes
from tracedsl.patterns.model import Event, Patterns
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping as Tree
from tracedsl.reading import Node, Scalar
from tracedsl.source import Source
from tracedsl.vocabulary import COMPOSITION, Vocabulary, default
from tracedsl.vocabulary.declarations import Declarations

_FILES = (
    *("arithmetic.yaml", "comparison.yaml", "entity_track.yaml", "percentage.yaml", "rate_equation.yaml"),
    *("composition.yaml", "schemata.yaml", "mixes.yaml", "prompts.yaml"),
)
_OVERLAYS = "experts/history"
#: Folders of experts with more patterns than every start should read; a mix names the one that it is of.
_LIBRARIES = ("stories",)
_KINDS = ("expert", "patterns", "mixes", "prompts")
Located = tuple[Diagnostic, Source]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Curriculum:
    """Patterns by name, mixes by name, sentences that matter to nothing, prompts by name."""

    patterns: Patterns
    mixes: Mapping[str, Mix]
    asides: tuple[Event, ...]
    prompts: Mapping[str, str]

    def of(self, mix: str) -> Patterns:
        """Return the patterns among which a mix chooses: all, or its library in the place of the shipped ones."""
        settings = self.mixes.get(mix)
        return self.patterns if settings is None or settings.library is None else _beside(settings.library, self)


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
    """Add the patterns, mixes and prompts of files to a curriculum; what it has already is not declared again."""
    loader = _Loader(words, base)
    listed = list(files)
    for load in (loader.patterns, loader.prompts, loader.mixes):  # a mix names patterns' tags and a prompt
        for file in listed:
            load(file)
    return LoadedCurriculum(loader.found, tuple(loader.faults))


class _Loader:
    def __init__(self, words: Vocabulary, base: Curriculum) -> None:
        self.vocabulary = words
        self.found = base
        self.kinds = tuple(word_list(Part.ALL).kinds)
        self.faults: list[Located] = []

    def patterns(self, file: Source) -> None:
        patterns = load_patterns(file.text, file.name, self.vocabulary, self.kinds)
        self.faults += (*patterns.faults, *repeated(patterns.patterns, self.found.patterns))
        self.found = replace(self.found, patterns={**self.found.patterns, **patterns.patterns})
        for document in documents(file.text, file.name):
            if document.kind not in (*_KINDS, "rewards", ""):
                self.faults += ((fault, document.source) for fault in _unknown_kind(document))

    def mixes(self, file: Source) -> None:
        for document in documents(file.text, file.name):
            if document.kind == "mixes":
                self.mix(document)

    def mix(self, document: Declared) -> None:
        events = EventReader(self.vocabulary, self.kinds, document.source)
        groups = (*self.vocabulary.experts, COMPOSITION)
        names = Known(groups, overlays(), _LIBRARIES, self.tags(), tuple(self.found.prompts))
        loaded = load_mixes(document.root, self.found.mixes, events, names)
        self.faults += ((fault, document.source) for fault in (*document.faults, *loaded.faults))
        asides = (*self.found.asides, *loaded.asides)
        self.found = replace(self.found, mixes={**self.found.mixes, **loaded.mixes}, asides=asides)

    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for each in self.found.patterns.values() for tag in sorted(each.tags)))

    def prompts(self, file: Source) -> None:
        for document in documents(file.text, file.name):
            if document.kind == "prompts":
                self.prompt(document)

    def prompt(self, document: Declared) -> None:
        reader = Declarations(list(document.faults))
        keys = reader.keys(document.root, ("kind", "prompts"), ("prompts",), "a file of prompts")
        texts = reader.pairs(keys.get("prompts"), "prompts")
        prompts = {key.text: reader.text(node, "prompt") for key, node in texts}
        for key, _ in texts:
            if key.text in self.found.prompts:
                reader.declared_twice(key, "prompt", key.text, "another file")
        self.faults += ((fault, document.source) for fault in reader.faults)
        self.found = replace(self.found, prompts={**self.found.prompts, **prompts})


def _unknown_kind(document: Declared) -> Iterable[Diagnostic]:
    """Report a kind of document that a folder of experts does not have."""
    pairs = document.root.pairs if isinstance(document.root, Tree) else ()
    kind = next(value for key, value in pairs if key.text == "kind")
    reader = Declarations(list(document.faults))
    if document.source.text not in resources.read("experts", "lexicon.yaml"):
        reader.choice(kind, _KINDS, "a kind of declarations")
    return reader.faults


@lru_cache(maxsize=16)
def _beside(name: str, known: Curriculum) -> Patterns:
    """Return a library's patterns and those of a curriculum that are not shipped."""
    return {**library(name), **{own: each for own, each in known.patterns.items() if own not in shipped().patterns}}


@cache
def library(name: str) -> Patterns:
    """Return the patterns of a shipped library, such as ``stories``: those of the files of its folder."""
    folder = f"experts/{name}"
    files = [Source(resources.read(folder, f"{each}.yaml"), f"{name}/{each}.yaml") for each in resources.names(folder)]
    loaded = load_curriculum(files, default(), Curriculum({}, {}, (), {}))
    if loaded.faults:
        raise ValueError([(source.name, fault.message) for fault, source in loaded.faults])
    return loaded.curriculum.patterns


@cache
def overlays() -> tuple[str, ...]:
    """Return the names of the overlays."""
    return resources.names(_OVERLAYS)


def overlaid(name: str, words: Vocabulary) -> Overlaid | None:
    """Return what an overlay of ``experts/history`` changes, ``None`` if there is none of that name."""
    if name not in overlays():
        return None
    text = resources.read(_OVERLAYS, f"{name}.yaml")
    head = next(each.root for each in documents(text, name) if each.kind == "overlay")
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
