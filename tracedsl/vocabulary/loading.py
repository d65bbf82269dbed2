"""Expert files to experts, strictly: a fault points into the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic, curricula, near, shape, text, vocabulary
from tracedsl.grammars import Unexpected
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.primitives import PRIMITIVES
from tracedsl.reading import Mapping, Node, Scalar, read_tree
from tracedsl.record import record
from tracedsl.resources import terminal
from tracedsl.source import Source, Span
from tracedsl.vocabulary.declarations import NAME, Declarations
from tracedsl.vocabulary.formulas import (
    Call,
    Condition,
    Formula,
    calls_of,
    parse_condition,
    parse_formula,
    slots_of,
)
from tracedsl.vocabulary.model import COMPOSITION, Expert, Operation, SlotType, Trend, Vocabulary
from tracedsl.vocabulary.shapes import COMMON

_SLOT = re.compile(terminal("formula.lark", "SLOT"))
_EXPERT = re.compile(r"^kind:[ \t]*(expert)[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_NEXT = re.compile(r"\n---(?=[ \t\r\n]|\Z)")
_EXPERT_KEYS = ("kind", "name", "summary", "compute", "operations", "aliases", "laws")
_OPERATION_KEYS = ("summary", "slots", "literals", "absent", "requires", "defines", "updates", "aliases", "monotone")


class Loaded(NamedTuple):
    """An expert (``None`` if its file is too broken) and the faults of its file."""

    expert: Expert | None
    diagnostics: tuple[Diagnostic, ...]


#: What a file of declarations may be beside an expert.
OTHER_KINDS = ("patterns", "mixes", "prompts", "rewards", "lexicon", "words", "overlay")


def declared_kind(root: Node | None) -> str:
    """Return what a tree says that it is, such as ``expert``; empty where it says nothing."""
    pairs = root.pairs if isinstance(root, Mapping) else ()
    return next((value.text for key, value in pairs if key.text == "kind" and isinstance(value, Scalar)), "")


def first_document(text: str) -> str:
    """Return the first document of a text; the others of an expert file hold its patterns."""
    found = _NEXT.search(text)
    return text if found is None else text[: found.start() + 1]


def misplaced(source: Source) -> Iterator[Diagnostic]:
    """Report an expert that is not the first document of its file."""
    start = len(first_document(source.text))
    for found in _EXPERT.finditer(source.text, start):
        at, wanted = Span(*found.span(1)), "a kind of document behind the first"
        yield vocabulary.BadDeclaration(span=at, text="expert", wanted=wanted, known=OTHER_KINDS, near=())


def load_expert(source: Source, known: Vocabulary) -> Loaded:
    """Read one expert file; its expert and its steps must be new to the experts known."""
    reading = read_tree(replace(source, text=first_document(source.text)))
    if reading.root is None:
        faults = reading.diagnostics or (text.EmptyDocument(span=source.whole),)
        return Loaded(None, faults)
    loader = _Loader(known, [*reading.diagnostics, *misplaced(source)])
    expert = loader.expert(reading.root)
    return Loaded(None if loader.faults else expert, tuple(loader.faults))


def _but(slots: dict[str, SlotType], kind: SlotType) -> list[str]:
    return [slot for slot, own in slots.items() if own is not kind]


class _Loader(Declarations):
    """Reads one expert."""

    def __init__(self, known: Vocabulary, faults: list[Diagnostic]) -> None:
        super().__init__(faults)
        self.known = known

    def expert(self, root: Node) -> Expert:
        keys = self.keys(root, _EXPERT_KEYS, ("kind", "name"), "an expert")
        if "kind" in keys:
            self.choice(keys["kind"], ("expert",), "the kind of an expert file")
        name = self.name(keys.get("name"))
        if name in self.known.experts:
            self.declared_twice(keys["name"], "expert", name, "another file")
        if name == COMPOSITION:
            self.declared_twice(keys["name"], "expert", name, "tracedsl, for problems of several experts")
        operations = {
            key.text: self.operation(key, value, name)
            for key, value in self.pairs(keys.get("operations"), "operations")
        }
        return Expert(
            name=name,
            summary=self.text(keys.get("summary"), "summary"),
            compute=tuple(
                self.choice(item, PRIMITIVES, "an operation") for item in self.items(keys.get("compute"), "compute")
            ),
            operations=operations,
            aliases=self.aliases(keys.get("aliases"), COMMON, "a step", (*operations, *self.known.operations)),
            laws=tuple(self.laws(keys.get("laws"), operations)),
        )

    def laws(self, node: Node | None, operations: dict[str, Operation]) -> Iterator[Condition]:
        """Read conditions in which operations are called by their slots in order."""
        for item in self.items(node, "laws"):
            text = self.text(item, "law")
            parsed = parse_condition(text)
            if isinstance(parsed, Unexpected):
                self.unread(item, text, "law", parsed)
                continue
            for call in (*calls_of(parsed.left), *calls_of(parsed.right)):
                self.law_call(item, call, operations)
            yield parsed

    def law_call(self, item: Node, call: Call, operations: dict[str, Operation]) -> None:
        """Report a call in a law of what is no operation, or with another number of operands."""
        count, operation = len(call.operands), operations.get(call.primitive)
        if operation is None:
            self.call(item, call, operations)
        elif count != len(operation.slots):
            arity = f"exactly {len(operation.slots)} operands"
            self.faults.append(vocabulary.WrongArity(span=item.span, op=call.primitive, arity=arity, count=count))

    def operation(self, key: Scalar, node: Node, expert: str) -> Operation:
        keys = self.keys(node, _OPERATION_KEYS, ("slots",), "an operation")
        slots = self.slots(keys.get("slots"))
        effects = ("defines" in keys) + bool(self.pairs(keys.get("updates"), "updates"))
        if effects != 1:
            self.faults.append(vocabulary.NoEffect(span=key.span, op=key.text, count=effects))
        if (owner := self.owner(key.text)) is not None:
            self.declared_twice(key, "step", key.text, owner)
        reads = _Reads(self, key.text, slots)
        operation = Operation(
            name=self.name(key),
            expert=expert,
            summary=self.text(keys.get("summary"), "summary"),
            slots=slots,
            defines=reads.formula(keys["defines"]) if "defines" in keys else None,
            updates=tuple(reads.updates(self.pairs(keys.get("updates"), "updates"))),
            requires=tuple(reads.conditions(self.items(keys.get("requires"), "requires"))),
            absent=dict(reads.absent(self.pairs(keys.get("absent"), "absent"))),
            literals=frozenset(
                self.choice(item, _but(slots, SlotType.ENTITY), "a slot that takes a value")
                for item in self.items(keys.get("literals"), "literals")
            ),
            aliases=self.aliases(keys.get("aliases"), slots, "a slot", ("op", "var")),
            monotone=self.trends(keys.get("monotone"), slots),
        )
        return replace(operation, fields=operation.laid_out())

    def trends(self, node: Node | None, slots: dict[str, SlotType]) -> dict[str, Trend]:
        """Read how the result changes with each slot."""
        return {
            self.choice(key, slots, "a slot"): Trend(self.choice(value, [*Trend], "a trend") or Trend.INCREASING)
            for key, value in self.pairs(node, "monotone")
        }

    def owner(self, step: str) -> str | None:
        """Return who declares a step already."""
        if step in COMMON:
            return "every expert"
        for expert in self.known.experts.values():
            if step in expert.aliases:
                return f"`{expert.name}`, as another name of `{expert.aliases[step]}`"
        declared = self.known.operations.get(step)
        return f"`{declared.expert}`" if declared else None

    def slots(self, node: Node | None) -> dict[str, SlotType]:
        """Return the declared slots; a slot is a plain word that no step has as a key already."""
        found = self.pairs(node, "slots")
        if isinstance(node, Mapping) and not found:
            self.faults.append(curricula.NothingListed(span=node.span, key="slots"))
        for slot, _ in found:
            if not _SLOT.fullmatch(slot.text) or slot.text in ("op", "var"):
                self.faults.append(shape.NotAName(span=slot.span, text=slot.text))
        types = (self.choice(value, [*SlotType], "a slot type") or SlotType.NUMBER for _, value in found)
        return {slot.text: SlotType(kind) for (slot, _), kind in zip(found, types, strict=True)}

    def aliases(self, node: Node | None, known: Iterable[str], wanted: str, taken: Iterable[str]) -> dict[str, str]:
        known = tuple(known)
        for key, _ in self.pairs(node, "aliases"):
            if key.text in (*known, *taken) or not NAME.fullmatch(key.text):
                self.declared_twice(key, wanted.removeprefix("a "), key.text, "this file")
        return {key.text: self.choice(value, known, wanted) for key, value in self.pairs(node, "aliases")}


@record
class _Reads:
    """Reads the formulas of one operation against its slots."""

    loader: _Loader
    op: str
    slots: dict[str, SlotType]

    def formula(self, node: Node) -> Formula:
        text = self.loader.text(node, "formula")
        parsed = parse_formula(text)
        if isinstance(parsed, Unexpected):
            self.loader.unread(node, text, "formula", parsed)
            return Call("add", ())
        self._check(node, parsed)
        return parsed

    def conditions(self, nodes: Iterable[Node]) -> Iterator[Condition]:
        for node in nodes:
            text = self.loader.text(node, "condition")
            parsed = parse_condition(text)
            if isinstance(parsed, Unexpected):
                self.loader.unread(node, text, "condition", parsed)
                continue
            self._check(node, parsed.left)
            self._check(node, parsed.right)
            yield parsed

    def updates(self, pairs: Iterable[tuple[Scalar, Node]]) -> Iterator[tuple[str, Formula]]:
        for key, value in pairs:
            yield self.entity(key), self.formula(value)

    def absent(self, pairs: Iterable[tuple[Scalar, Node]]) -> Iterator[tuple[str, Rational]]:
        for key, value in pairs:
            number = read_number(value.text) if isinstance(value, Scalar) else None
            if isinstance(number, Number):
                yield self.entity(key), number.value
            else:
                self.loader.faults.append(shape.NotANumber(span=value.span, text=self.loader.text(value, key.text)))

    def entity(self, key: Scalar) -> str:
        """Return a slot that must be of an entity."""
        entities = [slot for slot, kind in self.slots.items() if kind is SlotType.ENTITY]
        return self.loader.choice(key, entities or ("a slot of the type `entity`",), "an entity slot")

    def _check(self, node: Node, formula: Formula) -> None:
        for slot in slots_of(formula):
            if slot not in self.slots:
                known = tuple(self.slots)
                fault = vocabulary.UnknownSlot(
                    span=node.span, slot=slot, op=self.op, known=known, near=near(slot, known)
                )
                self.loader.faults.append(fault)
        for call in calls_of(formula):
            self.loader.call(node, call)
