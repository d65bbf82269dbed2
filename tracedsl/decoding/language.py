"""The incremental checker: canonical text byte by byte, with a symbol table.

    state = Language().start()
    for byte in b"expert: arithmetic":
        state = state.step(byte)

A state is immutable. ``step`` gives the next one, or ``None`` where no valid text goes on so;
every state can be completed, and ``complete`` says that it is. What is offered follows from the
grammar files and the declared operations alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, assert_never

from tracedsl.decoding.effects import Quantity, fits
from tracedsl.decoding.forms import Form
from tracedsl.decoding.lexing import (
    NAME_BYTES,
    NUMBER_BYTES,
    Kind,
    is_name,
    kind_goes_on,
    name_goes_on,
    number_goes_on,
    number_of,
)
from tracedsl.decoding.options import ANY, Options, checked
from tracedsl.decoding.planning import Planner
from tracedsl.decoding.scopes import Scope
from tracedsl.decoding.shapes import shapes
from tracedsl.decoding.states import OPEN, Choice, Counting, Free, Head, Naming, Sign, Spot, Stage, State, firsts
from tracedsl.decoding.tries import Node, trie
from tracedsl.numbers import Number
from tracedsl.syntax.scalars import refers_by_place
from tracedsl.vocabulary import Vocabulary, default

#: An entity that nothing has brought in, under a name in writing.
NEW = Quantity(OPEN, None, known=False)


class Language:
    """The texts that a vocabulary and some options allow."""

    def __init__(self, vocabulary: Vocabulary | None = None, options: Options = ANY) -> None:
        options = self.options = checked(options)
        self.shapes = shapes(vocabulary or default(), options.experts, options.operands)
        self.planner = Planner(options, self.shapes.forms, self.shapes.layouts)
        self.opening = options.opening.encode()
        self.spelt = [number for number in options.numbers or () if options.percents or not number.percent]
        self.numbers = [self.planner.quantity(number) for number in self.spelt]
        self.given = self.numbers if options.numbers is not None else list(self.planner.literals)
        self._start: State | None = None
        self._literals: dict[Hashable, Node] = {}
        bullets = {layout.bullet[:1] for layout in self.shapes.layouts}
        self.breaks = frozenset("".join((*bullets, "\n", options.closing[:1])).encode())

    def start(self) -> State:
        """Return the state before the first byte."""
        if self._start is None:
            first = State(self, Scope(), Stage.OPENING, Free(0))
            self._start = first if self.opening else self._heads(first)
        return self._start

    def complete(self, state: State) -> bool:
        """Return whether a text may end at a state."""
        if state.stage is Stage.HEAD and not self.options.closing:
            return isinstance(state.spot, Node) and not state.spot.depth and self.planner.complete(state.scope)
        return state.stage is Stage.ENDED

    def step(self, state: State, byte: int) -> State | None:
        """Return the state after a byte."""
        spot = state.spot
        match spot:
            case Node():
                return self._along(state, spot, byte)
            case Choice(node=node):
                if byte in node.children:
                    return self._along(state, node, byte)
                return self._counted(state, "", byte) if byte in NUMBER_BYTES else None
            case Naming(text=text):
                if byte in NAME_BYTES:
                    return self._named(state, text, byte)
                return self._over(state, self.name(state, text), byte)
            case Counting(text=text):
                if byte in NUMBER_BYTES:
                    return self._counted(state, text, byte)
                return self._over(state, self.number(state, text), byte)
            case Free(matched=matched):
                return self._free(state, matched, byte)
            case _:
                assert_never(spot)

    def takes(self, state: State, byte: int) -> bool:
        """Return whether a byte may come; a fixed text that it ends always leads on."""
        if isinstance(state.spot, Node) and byte in state.spot.children:
            return True
        return self.step(state, byte) is not None

    def leads_to(self, state: State, byte: int, following: int) -> bool:
        """Return whether a byte may lead to another, as far as that can be told without going on."""
        child = state.spot.children.get(byte) if isinstance(state.spot, Node) else None
        first = firsts(child.event, self.breaks) if child is not None and child.event is not None else None
        return first is None or following in first

    def along(self, state: State, text: bytes) -> tuple[State, int]:
        """Go on as far as a text only goes on with fixed texts or letters; return where it ends in it."""
        match state.spot:
            case Node() as node:
                for at, byte in enumerate(text):
                    child = node.children.get(byte)
                    if child is None:
                        return (state.at(state.stage, node) if at else state), at
                    if child.event is not None:
                        return self.arrive(state, child.event), at + 1
                    node = child
                return state.at(state.stage, node), len(text)
            case Naming(text=name) if len(name) + len(text) < self.options.limits.name:
                for at, byte in enumerate(text):
                    if not name_goes_on(name, byte, self.options.limits.name):
                        return (state.at(state.stage, Naming(name)) if at else state), at
                    name += chr(byte)
                return state.at(state.stage, Naming(name)), len(text)
            case _:
                return state, 0

    def _along(self, state: State, node: Node, byte: int) -> State | None:
        child = node.children.get(byte)
        if child is None:
            return self._over(state, node.value, byte)
        return self.arrive(state, child.event) if child.event is not None else state.at(state.stage, child)

    def _over(self, state: State, value: Any, byte: int) -> State | None:
        """Go on after a word that the byte ends."""
        after = self.after(state, value) if value is not None else None
        return after.step(byte) if after is not None else None

    def _named(self, state: State, text: str, byte: int) -> State | None:
        longest = self.options.limits.name
        if not name_goes_on(text, byte, longest):
            return None
        longer = text + chr(byte)
        if len(longer) == longest and self.name(state, longer) is None:
            return None
        return state.at(state.stage, Naming(longer))

    def _counted(self, state: State, text: str, byte: int) -> State | None:
        kind, most = self.kind(state), self.options.limits.digits
        if kind is not None:
            return state.at(state.stage, Counting(text + chr(byte))) if kind_goes_on(kind, text, byte) else None
        if not number_goes_on(text, byte, most, lambda number: self.legal(state, number), bounded=state.bounded):
            return None
        return state.at(state.stage, Counting(text + chr(byte)))

    def _free(self, state: State, matched: int, byte: int) -> State | None:
        text = self.opening[:matched] + bytes((byte,))
        while not self.opening.startswith(text):
            text = text[1:]
        return self._heads(state) if text == self.opening else state.at(state.stage, Free(len(text)))

    def name(self, state: State, text: str) -> Any:
        """Return what a name means where it is written, ``None`` if it cannot stand there."""
        if not is_name(text):
            return None
        match state.stage:
            case Stage.VAR:
                return text if text not in state.scope.names else None
            case Stage.LABEL:
                return text if text not in state.scope.labels and not refers_by_place(text) else None
            case _:
                known = state.scope.names.get(text)
                return self._operand(state, known or Quantity(text, None, known=False))

    def unheard(self, state: State) -> Any:
        """Return what a name means, where it is written, that nothing has."""
        return NEW if state.stage is Stage.OPERAND else OPEN

    def number(self, state: State, text: str) -> Quantity | None:
        """Return a number that has been written, ``None`` if it is not whole or cannot stand there."""
        number = number_of(text, self.options.limits.digits)
        return self.planner.quantity(number) if number is not None and self.legal(state, number) else None

    def kind(self, state: State) -> Kind | None:
        """Return which numbers can stand where a state is, ``None`` if each must be tried."""
        return self.planner.kind(state.scope, state.form, state.operands)

    def legal(self, state: State, number: Number) -> bool:
        """Return whether a number can stand where a state is."""
        if number.percent and not self.options.percents:
            return False
        quantity = self.planner.quantity(number)
        if state.stage is Stage.VALUE:
            return self.relaxed(state) or self._brings(state, quantity)
        return self._operand(state, quantity) is not None

    def _brings(self, state: State, quantity: Quantity) -> bool:
        """Return whether a document can be ended after an init."""
        ends, scope, var = self.planner.ends, state.scope, state.var
        return self._some(scope, ("brings", var), quantity, lambda each: ends(scope.brought(var, each)))

    def _some(self, scope: Scope, key: Hashable, quantity: Quantity, holds: Callable[[Quantity], bool]) -> bool:
        """Return whether something holds for a number; if it does for none of its kind, that is asked once."""
        kind = (key, quantity.percent)
        if kind not in scope.memo:
            kin = [each for each in self.planner.literals if each.percent == quantity.percent]
            scope.memo[kind] = any(map(holds, kin))
        return scope.memo[kind] and holds(quantity)

    def relaxed(self, state: State) -> bool:
        """Return whether no plan need be sought."""
        return self.planner.relaxed(state.scope)

    def _operand(self, state: State, quantity: Quantity) -> Quantity | None:
        form, before = state.form, state.operands
        assert form is not None
        if not fits(form, len(before), quantity, before):
            return None
        completes, scope = self.planner.completes, state.scope
        if quantity.named:
            return quantity if completes(scope, form, (*before, quantity)) else None
        key = ("literal", form.op, before)
        fine = self._some(scope, key, quantity, lambda each: completes(scope, form, (*before, each)))
        return quantity if fine else None

    def arrive(self, state: State, event: Any) -> State:
        """Return the state after a fixed text is over; what is there can be completed."""
        match event:
            case Head(expert=expert, composition=composition, labelled=True):
                return state.at(Stage.LABEL, Naming(""), var=expert)
            case Head(expert=expert, composition=composition):
                return self._steps(state, state.scope.begin(expert, composition=composition))
            case Form():
                return self._operands(state.at(Stage.OPERAND, state.spot, form=event, operands=()))
            case Sign.MORE:
                return self._operands(state)
            case Sign.BODY:
                return self._steps(state, state.scope)
            case Sign.INIT:
                return self._var(state.at(Stage.VAR, state.spot, form=None, operands=()))
            case Sign.DONE if state.form is not None and state.form.defines:
                return self._var(state)
            case Sign.DONE | Sign.CLOSE:
                return self._close(state)
            case Sign.VALUE:
                return self._values(state)
            case Sign.SOURCE:
                return state.at(Stage.SOURCE, trie((), self._sources(state)))
            case Sign.QUERY:
                names = [name for name in state.scope.written if self.planner.may_ask(state.scope, name)]
                return state.at(Stage.QUERY, trie((), [(name, name) for name in names]))
            case _:
                return state.at(Stage.ENDED, self.shapes.nothing)

    def after(self, state: State, value: Any) -> State | None:
        """Return the state after a word: the texts that may follow it."""
        follow = self.shapes.follow
        match state.stage:
            case Stage.OPERAND:
                return self._after_operand(state.at(Stage.AFTER_OPERAND, state.spot, operands=(*state.operands, value)))
            case Stage.VAR if state.form is None:
                return self._after_var(state.at(Stage.AFTER_VAR, state.spot, var=value))
            case Stage.VAR:
                return state.at(Stage.CLOSE, follow.close, var=value)
            case Stage.VALUE:
                return state.at(Stage.CLOSE, follow.close, operands=(value,))
            case Stage.SOURCE:
                quantity, source = value
                return state.at(Stage.CLOSE, follow.close, operands=(quantity,), source=source)
            case Stage.QUERY:
                return state.at(Stage.CLOSE, follow.close, var=value, form=None, operands=())
            case Stage.LABEL:
                scope = state.scope.begin(state.var, composition=True, label=value)
                return state.at(Stage.BODY, follow.body, scope=scope)
            case _:
                return None

    def _heads(self, state: State) -> State:
        """Return the state before a trace's head, or at the end of the text."""
        scope, options = state.scope, self.options
        texts: list[tuple[str, Any]] = []
        for expert in self.shapes.forms if not scope.results or scope.composition else ():
            for composition in (False, True):
                if (composition or not scope.results) and self._startable(scope, expert, composition):
                    texts += self.shapes.heads(expert, composition, first=not scope.results, labels=options.labels)
        if options.closing and self.planner.complete(scope):
            texts.append((options.closing, Sign.END))
        return state.at(Stage.HEAD, self.shapes.tries.of(*texts), scope=scope)

    def _startable(self, scope: Scope, expert: str, composition: bool) -> bool:
        if composition and not (self.options.compositions and self.options.limits.subtraces > 1):
            return False
        return (
            self.planner.begins(scope, expert) or self.planner.begun(scope, expert, composition=composition) is not None
        )

    def _steps(self, state: State, scope: Scope) -> State:
        return State(self, scope, Stage.STEP, self.step_node(scope))

    def step_node(self, scope: Scope) -> Node:
        """Return the steps that may come next; only those that can be completed are offered."""
        if "steps" not in scope.memo:
            scope.memo["steps"] = self._offered(scope)
        return scope.memo["steps"]  # type: ignore[no-any-return]

    def _offered(self, scope: Scope) -> Node:
        planner, bullet = self.planner, self.shapes.layouts[scope.composition].bullet
        texts: list[tuple[str, Any]] = []
        if planner.query(scope) is not None:
            texts.append((f"{bullet}{self.shapes.query}", Sign.QUERY))
        if scope.steps < self.options.steps:
            texts += [
                (f"{bullet}{form.head}", form)
                for form in self.shapes.forms[scope.expert]
                if planner.completes(scope, form, ()) and (not form.defines or planner.fresh(scope) is not None)
            ]
            if self._can_init(scope):
                texts.append((f"{bullet}{self.shapes.init}", Sign.INIT))
        return self.shapes.tries.of(*texts)

    def _can_init(self, scope: Scope) -> bool:
        name = self.planner.fresh(scope)
        if name is None or not self.planner.may_bring(scope):
            return False
        if self.planner.relaxed(scope):
            return True
        found = [*((each, None) for each in self.given), *((each, at) for at, each in enumerate(scope.results))]
        return any(self.planner.ends(scope.brought(name, *each)) for each in found)

    def _operands(self, state: State) -> State:
        assert state.form is not None
        key = ("operands", state.form.op, state.operands)
        memo = state.scope.memo
        if key not in memo:
            memo[key] = self._operand_spot(state.at(Stage.OPERAND, state.spot), state.form)
        return state.at(Stage.OPERAND, memo[key])

    def _operand_spot(self, state: State, form: Form) -> Spot:
        slot, names = form.slot(len(state.operands)), self.options.names
        if slot.absent is not None and names is None and self._operand(state, NEW) is not None:
            return Naming("")
        known = list(state.scope.names.values())
        if slot.absent is not None:
            known += [Quantity(name, None, known=False) for name in names or () if name not in state.scope.names]
        root = trie((), [(each.text, each) for each in known if self._operand(state, each) is not None])
        if slot.literal and self.options.numbers is None:
            return Choice(root)
        if slot.literal and (numbers := self._listed(state)).children:
            root.children.update(numbers.children)  # names cannot begin as numbers do
            root.fixed = False
        return root

    def _listed(self, state: State) -> Node:
        """Return the trie of the numbers that are allowed and can stand where a state is, kept by which those are."""
        kind = self.kind(state)
        if kind is not None and kind in self._literals:
            return self._literals[kind]
        holds = kind.holds if kind is not None else lambda number: self.legal(state, number)
        fitting = [(each.text, each) for each, number in zip(self.numbers, self.spelt, strict=True) if holds(number)]
        key: Hashable = kind if kind is not None else tuple(text for text, _ in fitting)
        if key not in self._literals:
            self._literals[key] = trie((), fitting)
        return self._literals[key]

    def _after_operand(self, state: State) -> State | None:
        form, operands = state.form, state.operands
        assert form is not None
        texts: list[tuple[str, Any]] = []
        if len(operands) >= form.least and self.planner.legal(state.scope, form, operands):
            texts.append((form.tail, Sign.DONE))
        if len(operands) < form.most and self._goes_on(state.scope, form, operands):
            texts.append((form.separator(len(operands)), Sign.MORE))
        return state.at(Stage.AFTER_OPERAND, self.shapes.tries.of(*texts)) if texts else None

    def _goes_on(self, scope: Scope, form: Form, operands: tuple[Quantity, ...]) -> bool:
        candidates = self.planner.candidates(scope, form, operands)
        return any(self.planner.completes(scope, form, (*operands, each)) for each in candidates)

    def _var(self, state: State) -> State:
        names = self.options.names
        if names is None:
            return state.at(Stage.VAR, Naming(""))
        return state.at(Stage.VAR, trie((), [(name, name) for name in names if name not in state.scope.names]))

    def _after_var(self, state: State) -> State:
        value, source = self.shapes.value, self.shapes.source
        texts: list[tuple[str, Any]] = []
        relaxed = self.relaxed(state)
        if relaxed or any(self.planner.ends(state.scope.brought(state.var, each)) for each in self.given):
            texts.append((value, Sign.VALUE))
        if self._sources(state):
            texts.append((source, Sign.SOURCE))
        return state.at(Stage.AFTER_VAR, self.shapes.tries.of(*texts))

    def _sources(self, state: State) -> list[tuple[str, tuple[Quantity, int]]]:
        results, relaxed = state.scope.results, self.relaxed(state)
        return [
            (text, (results[index], index))
            for text, index in state.scope.sources().items()
            if relaxed or self.planner.ends(state.scope.brought(state.var, results[index], index))
        ]

    def _values(self, state: State) -> State:
        ready = state.at(Stage.VALUE, state.spot)
        if self.options.numbers is None:
            return ready.at(Stage.VALUE, Choice(self.shapes.nothing))
        return ready.at(Stage.VALUE, self._listed(ready))

    def _close(self, state: State) -> State:
        """Return the state after a step: its effect is in the scope."""
        scope, form = state.scope, state.form
        if form is not None:
            done = self.planner.effect(form, state.operands)
            assert done is not None
            return self._steps(state, scope.after(state.operands, done, state.var))
        if not state.operands:
            return self._heads(state.at(Stage.HEAD, state.spot, scope=scope.asked(state.var), var=""))
        return self._steps(state, scope.brought(state.var, state.operands[0], state.source))
