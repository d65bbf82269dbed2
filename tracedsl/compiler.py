"""A document to its graph: names resolved, domain steps lowered, types and units inferred.

What is broken becomes an ``Unknown`` node, so that one fault is reported once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from tracedsl.diagnostics import MOST_HINTS, Diagnostic, composition, has_error, near, vocabulary, wiring
from tracedsl.graph import Action, Claim, Constant, Definition, Graph, Input, NodeId, Scope
from tracedsl.lowering import UNKNOWN, Builder, DomainStep, lower_definition, lower_updates
from tracedsl.numbers import Rational
from tracedsl.primitives import PRIMITIVES
from tracedsl.source import Span
from tracedsl.syntax.ast import (
    Broken,
    Compute,
    Document,
    Domain,
    Formula,
    Given,
    Init,
    Literal,
    Name,
    Operand,
    Query,
    State,
    Step,
    Trace,
    traces,
    writes,
)
from tracedsl.syntax.scalars import SUBTRACE
from tracedsl.units import Unit, parse_unit
from tracedsl.vocabulary import Expert, Vocabulary


class Compiled(NamedTuple):
    """A graph and the faults found while making it."""

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]


def compile_document(document: Document, words: Vocabulary, *, sound: bool = True) -> Compiled:
    """Lower a document to its graph; ``sound`` says that reading it found no error."""
    program = _Program(words)
    parts = traces(document)
    program.register(parts)
    for index, trace in enumerate(parts):
        program.scopes.append(_ScopeCompiler(program, index, trace).compile())
    sound = sound and not has_error(program.faults)
    builder = program.builder
    graph = Graph(tuple(builder.nodes), tuple(program.claims), tuple(program.scopes), sound, builder.typed)
    return Compiled(graph, tuple(program.faults))


class _Program:
    """What the scopes of one document share."""

    def __init__(self, words: Vocabulary) -> None:
        self.vocabulary = words
        self.builder = Builder()
        self.claims: list[Claim] = []
        self.scopes: list[Scope] = []
        self.names: dict[str, tuple[int, Span]] = {}
        self.faults: list[Diagnostic] = []
        self.count = 0

    def register(self, parts: tuple[Trace, ...]) -> None:
        """Note the names of the sub-traces."""
        self.count = len(parts)
        for index, trace in enumerate(parts):
            if (name := trace.name) is None:
                continue
            if name.text in self.names:
                first = self.names[name.text][1]
                self.faults.append(composition.DuplicateSubtrace(span=name.span, subtrace=name.text, first=first))
            else:
                self.names[name.text] = (index, name.span)

    def target(self, reference: Name, index: int) -> int | None:
        """Return the index of the scope that a source in scope ``index`` refers to."""
        word = reference.text.removesuffix(".result")
        target = self._place(word, index)
        if not index:
            fault: Diagnostic = composition.NothingBefore(span=reference.span, text=reference.text)
        elif target is None or target >= self.count:
            known = (*self.names, *(f"sub{earlier}" for earlier in range(index)), "prev")
            fault = composition.UnknownSubtrace(span=reference.span, subtrace=word, near=near(word, known))
        elif target >= index:
            where = "the sub-trace it stands in" if target == index else "a later sub-trace"
            fault = composition.SourceNotBefore(span=reference.span, text=reference.text, where=where)
        else:
            return target
        self.faults.append(fault)
        return None

    def _place(self, word: str, index: int) -> int | None:
        if word == "prev":
            return index - 1
        if (place := SUBTRACE.fullmatch(word)) is not None:
            return int(place["index"][:6])
        return self.names[word][0] if word in self.names else None


class _ScopeCompiler:
    """Compiles one trace."""

    def __init__(self, program: _Program, index: int, trace: Trace) -> None:
        self.program = program
        self.builder = program.builder
        self.index = index
        self.trace = trace
        self.expert = self._expert(trace.expert)
        self.names: dict[str, NodeId] = {}
        self.defined: dict[str, Span] = {}
        self.missed: set[str] = set()
        self.actions: list[Action] = []
        self.sources: set[int] = set()
        self.query: Definition | None = None
        self.number = 0
        self.created: dict[str, tuple[int, Span]] | None = None

    def compile(self) -> Scope:
        for number, step in enumerate(self.trace.steps):
            self.number = number
            self._step(step)
        query = self.query or Definition("", self.builder.add(UNKNOWN), self.trace.expert.span)
        name, expert = self.trace.name, self.trace.expert
        actions, sources = tuple(self.actions), frozenset(self.sources)
        return Scope(expert.text, name.text if name else None, self.names, actions, query, sources)

    def _step(self, step: Step) -> None:
        match step:
            case Init():
                self._act("init", step.span, self._define(step.var, self._value(step)))
            case Compute():
                self._act(step.op.text, step.span, self._define(step.var, self._compute(step)))
            case Domain():
                self._domain(step)
            case Query(var=var):
                self.query = self.query or Definition(var.text, self._read(var), var.span)
            case Given(values=values, span=span):
                made = [self._define(name, self._input(literal, None)) for name, literal in values]
                self._act("given", span, *made)
            case State(assertions=assertions):
                self.program.claims += (
                    Claim(self._read(name), name.text, literal.number.value, name.span) for name, literal in assertions
                )
            case Broken(writes=names):
                for name in names:
                    self.names[name.text] = self.builder.add(UNKNOWN)
                    self.defined.setdefault(name.text, name.span)
            case Formula():
                pass
            case _:
                assert_never(step)

    def _value(self, step: Init) -> NodeId:
        singular = self.program.vocabulary.lexicon.singular
        unit = parse_unit(step.unit.text, singular) if step.unit is not None else None
        if isinstance(step.value, Literal):
            return self._input(step.value, unit)
        target = self.program.target(step.value, self.index)
        if target is None:
            return self.builder.add(UNKNOWN)
        self.sources.add(target)
        self.builder.typed = self.builder.typed or unit is not None
        return self.builder.link(self.program.scopes[target].query.node, unit, step.value.span)

    def _input(self, literal: Literal, unit: Unit | None) -> NodeId:
        value, percent = literal.number
        if percent or unit is not None:
            self.builder.typed = True
        return self.builder.add(Input(value, percent, unit, literal.span))

    def _compute(self, step: Compute) -> NodeId:
        op, expert = step.op, self.expert
        if expert is not None and op.text not in expert.compute:
            self._fault(
                vocabulary.OperationNotInExpert(
                    span=op.span, op=op.text, expert=expert.name, known=expert.compute, chosen=self.trace.expert.span
                )
            )
        operands = tuple([self._operand(arg) for arg in step.args])
        places = tuple([arg.span for arg in step.args])
        return self.builder.apply(PRIMITIVES[op.text], operands, op.text, step.span, places)

    def _domain(self, step: Domain) -> None:
        operation, expert = self.program.vocabulary.operations[step.op.text], self.expert
        if expert is not None and operation.expert != expert.name:
            owner, chosen = operation.expert, self.trace.expert.span
            self._fault(
                vocabulary.StepOfAnotherExpert(
                    span=step.op.span, op=operation.name, expert=expert.name, owner=owner, chosen=chosen
                )
            )
        env = {slot: self._slot(operand, operation.absent.get(slot)) for slot, operand in step.slots}
        ready = DomainStep(operation, dict(step.slots), env, step.span)
        if step.var is not None and operation.defines is not None:
            node = lower_definition(self.builder, ready, operation.defines)
            self._act(operation.name, step.span, self._define(step.var, node))
            return
        made = [self._update(ready.written[slot], node) for slot, node in lower_updates(self.builder, ready)]
        self._act(operation.name, step.span, *made)

    def _slot(self, operand: Operand, absent: Rational | None) -> NodeId:
        if absent is None or operand.text in self.names:
            return self._operand(operand)
        return self.builder.add(Constant(absent))

    def _update(self, entity: Operand, node: NodeId) -> Definition:
        self.names[entity.text] = node
        if entity.text not in self.missed:
            self.defined.setdefault(entity.text, entity.span)
        return Definition(entity.text, node, entity.span)

    def _act(self, op: str, span: Span, *made: Definition) -> None:
        self.actions.append(Action(op, span, made))

    def _define(self, name: Name, node: NodeId) -> Definition:
        text = name.text
        if text in self.defined:
            self._fault(wiring.AlreadyDefined(span=name.span, var=text, first=self.defined[text]))
            self.names[text] = self.builder.add(UNKNOWN)
        else:
            self.defined[text] = name.span
            self.names[text] = self.builder.add(UNKNOWN) if text in self.missed else node
        return Definition(text, node, name.span)

    def _operand(self, operand: Operand) -> NodeId:
        return self._read(operand) if isinstance(operand, Name) else self._input(operand, None)

    def _read(self, name: Name) -> NodeId:
        node = self.names.get(name.text)
        return self._undefined(name) if node is None else node

    def _undefined(self, name: Name) -> NodeId:
        """Report a name that nothing above defines, once."""
        unknown = self.builder.add(UNKNOWN)
        if name.text in self.missed:
            return unknown
        self.missed.add(name.text)
        number, span = self._creation(name.text)
        if span is not None and number > self.number:
            self._fault(wiring.DefinedLater(span=name.span, var=name.text, later=span))
            return unknown
        close = near(name.text, self.defined) if len(self.missed) <= MOST_HINTS else ()
        nearest = self.defined[close[0]] if close else None
        self._fault(
            wiring.UndefinedName(
                span=name.span, var=name.text, near=close, nearest=nearest, nearest_name=close[0] if close else ""
            )
        )
        return unknown

    def _creation(self, name: str) -> tuple[int, Span | None]:
        """Return which step brings a name into being last, and where."""
        if self.created is None:
            found = ((number, each) for number, step in enumerate(self.trace.steps) for each in self._created(step))
            self.created = {each.text: (number, each.span) for number, each in found}
        return self.created.get(name, (0, None))

    def _created(self, step: Step) -> Iterator[Name]:
        """Yield the names that a step brings into being."""
        yield from writes(step)
        if isinstance(step, Domain):
            absent = self.program.vocabulary.operations[step.op.text].absent
            yield from (operand for slot, operand in step.slots if slot in absent and isinstance(operand, Name))

    def _expert(self, name: Name) -> Expert | None:
        known = self.program.vocabulary.experts
        expert = known.get(name.text)
        if expert is None:
            names = tuple(known)
            self._fault(
                vocabulary.UnknownExpert(span=name.span, expert=name.text, known=names, near=near(name.text, names))
            )
        return expert

    def _fault(self, fault: Diagnostic) -> None:
        self.program.faults.append(fault)
