"""The words of ``experts/lexicon.yaml`` that questions are filled with, by kind and by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import cache

from tracedsl import resources
from tracedsl.patterns.documents import documents
from tracedsl.patterns.model import WordList
from tracedsl.patterns.words import HELD, Entry, Noun, Person, Word, plural, share_of
from tracedsl.reading import Mapping, Node, Scalar, Sequence
from tracedsl.vocabulary import lexicon

_PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}


class Part(StrEnum):
    """Which words are used: those of the seed, the train or the held part, or all."""

    SEED = "seed"
    TRAIN = "train"
    HELD = "held"
    ALL = "all"


@cache
def word_list(part: Part) -> WordList:
    """Return the words of a part; a kind of which the part has none keeps all its words."""
    keys = dict(_pairs(_root()))
    seed = frozenset(_words(keys["seed"]))
    choose: dict[Part, Callable[[tuple[Word, ...]], Iterable[Word]]] = {
        Part.SEED: lambda words: (word for word in words if first_word(word) in seed),
        Part.TRAIN: lambda words: (word for word in words if word not in _held(words)),
        Part.HELD: _held,
        Part.ALL: lambda words: words,
    }
    kinds = {"person": tuple(_people(keys["people"]))}
    nouns: dict[str, tuple[Word, ...]] = {kind: tuple(map(_noun, _words(node))) for kind, node in _pairs(keys["nouns"])}
    tables = {name: tuple(_entries(node)) for name, node in _pairs(keys["tables"])}
    every = kinds | nouns | tables
    chosen = {kind: tuple(choose[part](words)) for kind, words in every.items()}
    groups = {
        name: tuple(word for kind in _words(node) for word in chosen[kind]) for name, node in _pairs(keys["groups"])
    }
    return WordList({kind: words or every[kind] for kind, words in chosen.items()} | groups)


def _held(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the held words of a kind: at least one."""
    held = tuple(word for word in words if share_of(first_word(word)) < HELD)
    return held or (min(words, key=lambda word: share_of(first_word(word))),)


def first_word(word: Word) -> str:
    """Return what a word is listed under."""
    match word:
        case Person(name=name):
            return name
        case Noun(one=one):
            return one
        case Entry(words=words):
            return next(iter(words.values())).one


@cache
def measures() -> frozenset[str]:
    """Return the units that come in parts, so that "how many" of them may be a fraction."""
    return frozenset(_words(dict(_pairs(_root()))["measures"]))


def _root() -> Node:
    text = resources.read("experts", "lexicon.yaml")
    return next(each.root for each in documents(text, "lexicon.yaml") if each.kind == "words")


def _people(node: Node) -> Iterator[Word]:
    for pronoun, names in _pairs(node):
        yield from (Person(name, *_PRONOUNS[pronoun]) for name in _words(names))


def _entries(node: Node) -> Iterator[Word]:
    """Yield the lines of a table: the first holds the names of its columns."""
    lines = list(map(_words, node.items if isinstance(node, Sequence) else ()))
    for line in lines[1:]:
        yield Entry({name: _noun(word) for name, word in zip(lines[0], line, strict=True)})


def _noun(word: str) -> Noun:
    return Noun(word, plural(word, lexicon()))


def _pairs(node: Node) -> Iterable[tuple[str, Node]]:
    return ((key.text, value) for key, value in node.pairs) if isinstance(node, Mapping) else ()


def _words(node: Node) -> list[str]:
    """Return the words of a list, or of a text that separates them by commas."""
    if isinstance(node, Sequence):
        return [item.text for item in node.items if isinstance(item, Scalar)]
    return [word.strip() for word in node.text.split(",")] if isinstance(node, Scalar) else []
