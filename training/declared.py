"""Experts, patterns and mixes of one's own, from the folders that a run names under `experts`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from tracedsl.folders import Unsound, curriculum_of, paths_in, vocabulary_of
from tracedsl.patterns.curriculum import Curriculum
from tracedsl.render.text import render_unsound
from tracedsl.source import Source
from tracedsl.vocabulary import Vocabulary

_Found = TypeVar("_Found")


class Declared(NamedTuple):
    """What a run is trained with: the shipped experts, patterns and mixes, and its own."""

    vocabulary: Vocabulary
    curriculum: Curriculum


def declared(folders: Sequence[Path] = ()) -> Declared:
    """Read folders, once; raises SystemExit where one is none or holds what is not sound."""
    return _declared(tuple(folders))


@cache
def _declared(folders: tuple[Path, ...]) -> Declared:
    for folder in folders:
        if not folder.is_dir():
            raise SystemExit(f"`experts` names {folder}, which is no folder")
    files = [_source(path) for folder in folders for path in paths_in(folder)]
    vocabulary = _sound(vocabulary_of(files))
    return Declared(vocabulary, _sound(curriculum_of(files, vocabulary)))


def _source(path: Path) -> Source:
    try:
        return Source(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"cannot read {path}: {error}") from error


def _sound(found: _Found | Unsound) -> _Found:
    if isinstance(found, Unsound):
        raise SystemExit(render_unsound(found))
    return found
