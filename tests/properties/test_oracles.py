"""Other readers as oracles: two strict YAML libraries, the canonical grammar, the step grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml12
import yaml_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import strategies
from tracedsl.grammars import Unexpected, canonical_tree, structure_fault
from tracedsl.reading import Mapping, Node, Scalar, Sequence, read_tree
from tracedsl.source import Source
from tracedsl.syntax.ast import Document
from tracedsl.syntax.canonical import canonical_grammar
from tracedsl.syntax.formatting import format_document
from tracedsl.vocabulary import default

READERS: tuple[Callable[[str], Any], ...] = (yaml_rs.loads, yaml12.parse_yaml)
KINDS = ("EXPERT", "INIT", "GIVEN", "COMPUTE", "DOMAIN", "STATE", "FORMULA", "QUERY")


def same(ours: Node, theirs: object) -> bool:
    """Return whether a tree is another reader's, whose plain scalars are resolved already."""
    match ours, theirs:
        case Mapping(pairs=pairs), dict():
            return [key.text for key, _ in pairs] == [str(key) for key in theirs] and all(
                same(value, other) for (_, value), other in zip(pairs, theirs.values(), strict=True)
            )
        case Sequence(items=items), list():
            return len(items) == len(theirs) and all(map(same, items, theirs))
        case Scalar(text=text, plain=True), bool() | int() | float():
            if isinstance(theirs, bool):
                return text.lower() == str(theirs).lower()
            return float(text.replace("_", "")) == float(theirs)  # yaml_rs takes `_4`, a name, for a number
        case Scalar(text=text), str():
            return text == theirs
        case _:
            return False


@settings(max_examples=5000)
@given(strategies.documents)
def test_two_strict_readers_see_the_same_tree_in_every_spelling(document: Document) -> None:
    """Five thousand documents in five spellings each."""
    text = format_document(document)
    tree = strategies.tree(text)
    spellings = (
        text,
        strategies.block(tree),
        strategies.quoted(tree),
        strategies.commented(text),
        strategies.as_json(text),
    )
    for spelling in spellings:
        root = read_tree(Source(spelling)).root
        assert root is not None
        for read in READERS:
            assert same(root, read(spelling)), (read, spelling)


@given(strategies.traces() | strategies.compositions())
def test_the_canonical_grammar_accepts_what_is_formatted(document: Document) -> None:
    tree = canonical_tree(canonical_grammar(default()), format_document(document))
    assert not isinstance(tree, Unexpected), tree


@given(strategies.traces() | strategies.compositions(), st.data())
def test_the_canonical_grammar_accepts_no_other_spelling(document: Document, data: st.DataObject) -> None:
    text = format_document(document)
    at = data.draw(st.integers(0, len(text)))
    mutant = text[:at] + data.draw(st.sampled_from((" ", "\n", "'", "#", ",", "{"))) + text[at:]
    parsed = canonical_tree(canonical_grammar(default()), mutant)
    if not isinstance(parsed, Unexpected):  # a blank in a free text, say
        again = read_tree(Source(mutant))
        assert not again.diagnostics


@given(st.lists(st.sampled_from(KINDS), max_size=7))
def test_the_kept_verdict_on_structure_is_the_grammar_s(kinds: list[str]) -> None:
    """The rule in words: traces follow one another, each an expert, then steps, then one query."""
    fault = structure_fault(tuple(kinds))
    text = " ".join(kinds)
    parts = text.split("EXPERT")
    well = parts[0] == "" and len(parts) > 1 and all(_is_trace(part.split()) for part in parts[1:])
    assert (fault is None) == well
    assert structure_fault(tuple(kinds)) == fault


def _is_trace(kinds: list[str]) -> bool:
    return len(kinds) >= 2 and kinds[-1] == "QUERY" and "QUERY" not in kinds[:-1]
