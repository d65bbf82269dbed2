"""Folders of experts, patterns and mixes of one's own, beside the shipped ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracedsl.reading import read_tree
from tracedsl.record import record
from tracedsl.source import Source
from tracedsl.vocabulary import (
    OTHER_KINDS,
    Vocabulary,
    declared_kind,
    default,
    first_document,
    load_expert,
    misplaced,
)

if TYPE_CHECKING:  # `check` need not load what only `generate`, `lint` and training use
    from tracedsl.patterns.curriculum import Curriculum, Located


@record
class Unsound:
    """A file that is not what it should be, and its faults, each with where it stands."""

    name: str
    wanted: str
    faults: tuple[Located, ...]


def paths_in(folder: Path) -> list[Path]:
    """Return the YAML files of a folder in the order in which they are read."""
    return sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))


def vocabulary_of(files: Iterable[Source]) -> Vocabulary | Unsound:
    """Return the shipped experts and those of files, which may also hold patterns, mixes and the like."""
    vocabulary = default()
    for source in files:
        root = read_tree(replace(source, text=first_document(source.text))).root
        if root is not None and declared_kind(root) in ("", *OTHER_KINDS):
            if faults := tuple((fault, source) for fault in misplaced(source)):
                return Unsound(source.name, "expert file", faults)
            continue
        loaded = load_expert(source, vocabulary)
        if loaded.expert is None:
            return Unsound(source.name, "expert file", tuple((fault, source) for fault in loaded.diagnostics))
        vocabulary = vocabulary.with_expert(loaded.expert)
    return vocabulary


def curriculum_of(files: Iterable[Source], words: Vocabulary) -> Curriculum | Unsound:
    """Return the shipped patterns, mixes and prompts and those of files."""
    from tracedsl.patterns.curriculum import load_curriculum, shipped

    loaded = load_curriculum(files, words, shipped())
    return Unsound(loaded.faults[0][1].name, "file of patterns", loaded.faults) if loaded.faults else loaded.curriculum
