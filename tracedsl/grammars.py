"""The only module that knows the parser generator: the grammar files, asked.

What comes back is plain data (tuples and strings), so nothing else in the package depends on
the parser's trees.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken
from lark.lexer import Lexer

from tracedsl.record import record
from tracedsl.resources import read

#: A parse tree as data: the rule's name, then its children; a terminal is ``(name, text)``.
Node = tuple["str | Node", ...]


@record
class Unexpected:
    """Where a text or a sequence leaves its grammar.

    ``offset`` counts characters of a text, or tokens of a sequence; ``expected`` holds the
    names of the terminals that could follow.
    """

    offset: int
    expected: frozenset[str]


@lru_cache(maxsize=4096)
def structure_fault(kinds: tuple[str, ...], start: str = "document") -> Unexpected | None:
    """Return where a sequence of step kinds (``EXPERT``, ``INIT``, …) leaves the grammar.

    The verdict is a function of the sequence alone, so it is kept: a corpus of a million
    traces asks the parser for each distinct sequence once.
    """
    try:
        _structure().parse(kinds, start=start)
    except UnexpectedToken as error:
        ended = error.token.type == "$END"
        return Unexpected(
            len(kinds) if ended else error.token.start_pos or 0, frozenset(error.accepts or error.expected)
        )
    return None


@lru_cache(maxsize=4096)
def formula_tree(text: str, start: str) -> Node | Unexpected:
    """Parse a formula (``start="formula"``) or a condition (``start="condition"``).

    What comes back is kept: bounds of draws are mostly the same few numbers.
    """
    return _tree(_formulas(), text, start)


def canonical_tree(grammar: str, text: str) -> Node | Unexpected:
    """Parse canonical text by a whole canonical grammar."""
    return _tree(_canonical(grammar), text, "canonical")


def _tree(parser: Lark, text: str, start: str) -> Node | Unexpected:
    try:
        return _plain(parser.parse(text, start=start))
    except UnexpectedEOF as error:
        return Unexpected(len(text), frozenset(error.expected))
    except UnexpectedToken as error:
        at = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        return Unexpected(at, frozenset(error.accepts or error.expected))
    except UnexpectedCharacters as error:
        return Unexpected(error.pos_in_stream or 0, frozenset(error.allowed or ()))


def _plain(tree: Tree[Token] | Token) -> Node:
    if isinstance(tree, Token):
        return (tree.type, str(tree))
    return (str(tree.data), *(_plain(child) for child in tree.children))


class _Kinds(Lexer):
    """Feeds ready kinds to the parser instead of cutting a text into tokens."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, data: tuple[str, ...]) -> Iterator[Token]:  # type: ignore[override]
        for index, kind in enumerate(data):
            yield Token(kind, kind, start_pos=index)


@cache
def _structure() -> Lark:
    rules = read("grammar", "trace.lark").partition("// Scalars.")[0]
    return _build(rules, ("document", "trace"), _Kinds)


@cache
def _formulas() -> Lark:
    return _build(read("grammar", "formula.lark"), ("formula", "condition"))


@cache
def _canonical(grammar: str) -> Lark:
    return _build(grammar, ("canonical",))


def _build(grammar: str, start: tuple[str, ...], lexer: type[Lexer] | None = None) -> Lark:
    return Lark(grammar, parser="lalr", start=list(start), lexer=lexer or "contextual")
