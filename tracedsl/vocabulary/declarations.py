"""Reading declarations from a tree, strictly: whatever does not belong there is a fault with a place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeGuard, TypeVar

from tracedsl.diagnostics import Diagnostic, near, shape, vocabulary
from tracedsl.grammars import Unexpected
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, Sequence, kind_of
from tracedsl.resources import terminal
from tracedsl.vocabulary.formulas import Call

_T = TypeVar("_T")
NAME = re.compile(terminal("trace.lark", "NAME"))
RESERVED = re.compile(terminal("trace.lark", "RESERVED"))


class Declarations:
    """Takes mappings, lists and words from a tree and collects the faults."""

    def __init__(self, faults: list[Diagnostic]) -> None:
        self.faults = faults

    def declared_twice(self, node: Node, what: str, name: str, owner: str) -> None:
        """Report a second declaration."""
        self.faults.append(vocabulary.DeclaredTwice(span=node.span, what=what, declared=name, owner=owner))

    def keys(self, node: Node, known: tuple[str, ...], needed: tuple[str, ...], thing: str) -> dict[str, Node]:
        """Return a mapping's values by key; report unknown and missing keys."""
        pairs = self.pairs(node, thing)
        for key, _ in pairs:
            if key.text not in known:
                near_names = near(key.text, known)
                self.faults.append(
                    vocabulary.UnknownEntry(span=key.span, key=key.text, thing=thing, known=known, near=near_names)
                )
        found = {key.text: value for key, value in pairs if key.text in known}
        missing = (key for key in needed if key not in found)
        at = pairs[0][0].span if pairs else node.span
        self.faults += (vocabulary.MissingEntry(span=at, key=key, thing=thing) for key in missing)
        return found

    def pairs(self, node: Node | None, key: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return a mapping's keys and values; report another kind."""
        return node.pairs if node is not None and self.is_a(node, Mapping, key, "a mapping", "{KEY: VALUE}") else ()

    def items(self, node: Node | None, key: str) -> tuple[Node, ...]:
        """Return a list's items; report another kind."""
        return node.items if node is not None and self.is_a(node, Sequence, key, "a list", "[…]") else ()

    def text(self, node: Node | None, key: str) -> str:
        """Return a scalar's text; report another kind."""
        return node.text if node is not None and self.is_a(node, Scalar, key, "a text", f"{key}: TEXT") else ""

    def is_a(self, node: Node, kind: type[_T], key: str, wanted: str, form: str) -> TypeGuard[_T]:
        """Return whether a node is of a kind; report another."""
        if isinstance(node, kind):
            return True
        self.faults.append(shape.WrongKind(span=node.span, key=key, wanted=wanted, kind=kind_of(node), shape=form))
        return False

    def name(self, node: Node | None) -> str:
        """Return a name; report what is none."""
        name = self.text(node, "name")
        if node is not None and RESERVED.fullmatch(name):
            self.faults.append(shape.ReservedName(span=node.span, text=name))
        elif node is not None and not NAME.fullmatch(name):
            self.faults.append(shape.NotAName(span=node.span, text=name))
        return name

    def choice(self, node: Node, known: Iterable[str], wanted: str) -> str:
        """Return a word that must be one of those known."""
        known, word = tuple(known), self.text(node, wanted)
        if word and word not in known:
            self.faults.append(
                vocabulary.BadDeclaration(span=node.span, text=word, wanted=wanted, known=known, near=near(word, known))
            )
            return ""
        return word

    def call(self, node: Node, call: Call, more: Iterable[str] = ()) -> None:
        """Report a call of what is no operation, nor one of some more, or with another number of operands."""
        primitive, count = PRIMITIVES.get(call.primitive), len(call.operands)
        if primitive is None:
            self.choice(Scalar(call.primitive, True, *node.span), (*more, *PRIMITIVES), "an operation")
        elif not primitive.takes(count):
            arity = primitive.arity
            self.faults.append(vocabulary.WrongArity(span=node.span, op=call.primitive, arity=arity, count=count))

    def unread(self, node: Node, text: str, what: str, found: Unexpected) -> None:
        """Report a text that is no formula or condition."""
        self.faults.append(vocabulary.BadFormula(span=node.span, text=text, what=what, at=found.offset + 1))
