"""Documents of patterns to patterns, strictly: a fault points into the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from tracedsl.diagnostics import Diagnostic, curricula, near, vocabulary
from tracedsl.grammars import Unexpected
from tracedsl.numbers import Number, Rational, read_number
from tracedsl.patterns.documents import documents
from tracedsl.patterns.holes import Template, counted_nouns, left_over, question_template, trace_template
from tracedsl.patterns.model import (
    Chain,
    Choice,
    Draw,
    Event,
    FromLexicon,
    Pattern,
    Patterns,
    PatternTrace,
    Range,
)
from tracedsl.patterns.trees import depth_of, has, kind_of_option, merged, scalars, written
from tracedsl.patterns.values import Environment, Evaluated, condition_ready, ready
from tracedsl.patterns.words import Entry, Noun, Word, plural
from tracedsl.reading import Mapping, Node, Scalar, Sequence
from tracedsl.source import Source, Span
from tracedsl.vocabulary import COMPOSITION, FieldKind, Vocabulary
from tracedsl.vocabulary.declarations import Declarations
from tracedsl.vocabulary.formulas import (
    Call,
    Condition,
    Constant,
    Formula,
    calls_of,
    parse_condition,
    parse_formula,
    slots_of,
)

_KEYS = ("kind", "expert", "uniform", "scaffold", "shared", "patterns")
_PATTERN_KEYS = (
    *("extends", "tags", "draws", "derives", "requires", "names", "questions", "trace", "composition", "answer"),
    *("depth", "start", "first", "events"),
)
_EVENT_KEYS = ("draws", "derives", "requires", "says", "steps", "becomes")
_RANGE = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+?)(?: by (?P<step>.+))?")
_IN_STEPS = ("now", "next", "i")
#: What a chain calls by itself, so that no draw may.
_CHAINED = (*_IN_STEPS, "events", "current")
_NOTHING = Scalar("", True, 0, 0)

_Draws = tuple[tuple[str, Draw], ...]
_Derives = tuple[tuple[str, Evaluated], ...]
_Requires = tuple[Callable[[Environment], bool], ...]


class LoadedPatterns(NamedTuple):
    """The patterns of a file and the faults found, each with the source it points into."""

    patterns: Patterns
    faults: tuple[tuple[Diagnostic, Source], ...]


def load_patterns(text: str, name: str, words: Vocabulary, kinds: Iterable[str]) -> LoadedPatterns:
    """Read the patterns of a file; ``kinds`` are those of the lexicon's words."""
    patterns, faults = dict[str, Pattern](), list[tuple[Diagnostic, Source]]()
    for kind, source, root, unreadable in documents(text, name):
        if kind != "patterns":
            continue
        loader = _Loader(words, tuple(kinds), source)
        loader.faults += unreadable
        found = loader.document(root)
        for again in found.keys() & patterns.keys():
            loader.faults.append(_declared_again(found[again], "another document of this file"))
        faults += ((fault, source) for fault in loader.faults)
        if not loader.faults:
            patterns |= found
    return LoadedPatterns(patterns, tuple(faults))


def _declared_again(pattern: Pattern, owner: str) -> Diagnostic:
    return vocabulary.DeclaredTwice(span=pattern.span, what="pattern", declared=pattern.name, owner=owner)


def repeated(patterns: Patterns, known: Patterns) -> Iterator[tuple[Diagnostic, Source]]:
    """Yield a fault for each pattern whose name another file has."""
    for name in patterns.keys() & known.keys():
        yield _declared_again(patterns[name], known[name].source.name), patterns[name].source


class _Loader(Declarations):
    """Reads one document of patterns."""

    def __init__(self, words: Vocabulary, kinds: tuple[str, ...], source: Source) -> None:
        super().__init__([])
        self.vocabulary = words
        self.kinds = kinds
        self.source = source

    def document(self, root: Node) -> Patterns:
        keys = self.keys(root, _KEYS, ("patterns",), "a file of patterns")
        expert = self.choice(keys["expert"], self.vocabulary.experts, "an expert") if "expert" in keys else ""
        uniform = self.choice(keys["uniform"], ("true", "false"), "true or false") if "uniform" in keys else ""
        scaffold = frozenset(self.text(item, "scaffold") for item in self.items(keys.get("scaffold"), "scaffold"))
        bodies = {key.text: node for key, node in self.pairs(keys.get("shared"), "shared")}
        own = self.pairs(keys.get("patterns"), "patterns")
        bodies |= {key.text: node for key, node in own}
        patterns = {}
        for key, node in own:
            whole = self.inherited(node, bodies)
            read = _PatternReader(self, self.name(key), expert or COMPOSITION, key).pattern(whole)
            patterns[key.text] = replace(read, uniform=uniform == "true", scaffold=scaffold)
        return patterns

    def inherited(self, node: Node, bodies: dict[str, Node], depth: int = 0) -> Node:
        """Return a pattern with what it inherits: keys of mappings are merged, others replaced."""
        parent = next((value for key, value in self.pairs(node, "a pattern") if key.text == "extends"), None)
        if parent is None or not isinstance(node, Mapping):
            return node
        name = self.choice(parent, bodies, "a pattern or shared part")
        if not name:
            return node
        if depth > len(bodies):
            self.faults.append(curricula.InheritsItself(span=parent.span, pattern=name))
            return node
        base = self.inherited(bodies[name], bodies, depth + 1)
        return merged(base, node) if isinstance(base, Mapping) else node

    def draw(self, node: Node) -> Draw:
        """Read what a quantity or a word is drawn from."""
        match node:
            case Sequence(items=(_, *_)):
                options = tuple(self.option(item) for item in node.items)
                kinds = {kind_of_option(option): None for option in options}
                if len(kinds) > 1:
                    self.no_range(node, f"a list of {' and '.join(kinds)}")
                return Choice(options)
            case Scalar(text=text) if (found := _RANGE.fullmatch(text)) is not None:
                low, high = (self.formula(text, node) for text in (found["low"], found["high"]))
                step = read_number(found["step"] or "1")
                if not isinstance(step, Number) or step.value <= 0:
                    self.no_range(node, found["step"])
                    return Choice((0,))
                return Range(ready(low), ready(high), step.value)
            case Scalar(text=text) if text in self.kinds:
                return FromLexicon(text)
            case _:
                self.no_range(node, node.text if isinstance(node, Scalar) else "[…]")
                return Choice((0,))

    def listed(self, keys: dict[str, Node], *names: str) -> None:
        """Report lists without an entry."""
        for name in names:
            node = keys.get(name)
            if isinstance(node, Sequence) and not node.items:
                self.faults.append(curricula.NothingListed(span=node.span, key=name))

    def no_range(self, node: Node, text: str) -> None:
        self.faults.append(curricula.BadRange(span=node.span, text=text, near=near(text, self.kinds)))

    def option(self, node: Node) -> Rational | Word:
        if isinstance(node, Mapping):
            return Entry({key.text: self.noun(value) for key, value in node.pairs})
        number = read_number(node.text) if isinstance(node, Scalar) else None
        return number.value if isinstance(number, Number) else self.noun(node)

    def noun(self, node: Node) -> Noun:
        text = self.text(node, "a word")
        return Noun(text, plural(text, self.vocabulary.lexicon))

    def formula(self, text: str, node: Node) -> Formula:
        """Read a formula; one with a fault becomes 0."""
        found = parse_formula(text)
        if isinstance(found, Unexpected):
            self.unread(node, text, "formula", found)
            return Constant(0)
        return found if self.sound(node, calls_of(found)) else Constant(0)

    def condition(self, node: Node) -> Condition | None:
        """Read a condition; ``None`` for one with a fault."""
        text = self.text(node, "condition")
        found = parse_condition(text)
        if isinstance(found, Unexpected):
            self.unread(node, text, "condition", found)
            return None
        return found if self.sound(node, (*calls_of(found.left), *calls_of(found.right))) else None

    def sound(self, node: Node, calls: Iterable[Call]) -> bool:
        """Return whether all calls are of operations, with as many operands as they take; report others."""
        before = len(self.faults)
        for call in calls:
            self.call(node, call)
        return len(self.faults) == before


class EventReader:
    """Reads asides: sentences with draws of their own that belong to no pattern."""

    def __init__(self, words: Vocabulary, kinds: Iterable[str], source: Source) -> None:
        self._loader = _Loader(words, tuple(kinds), source)

    @property
    def faults(self) -> list[Diagnostic]:
        """The faults found so far."""
        return self._loader.faults

    def aside(self, node: Node) -> Event:
        """Read one aside."""
        keys = self._loader.keys(node, ("draws", "says"), ("says",), "an aside")
        self._loader.listed(keys, "says")
        reader = _PatternReader(self._loader, "an aside", "", Scalar("", True, *node.span))
        draws, derives, requires = reader.quantities(keys)
        says = reader.templates(keys.get("says"), "says", question_template, tuple(reader.known))
        return Event(draws, derives, requires, says, (), lambda _: 0)


class _PatternReader:
    """Reads one pattern; ``known`` are the names that may stand in its holes."""

    def __init__(self, loader: _Loader, name: str, group: str, key: Scalar) -> None:
        self.loader = loader
        self.name = name
        self.group = group
        self.key = key
        self.known: list[str] = []
        self.words: set[str] = set()

    def pattern(self, node: Node) -> Pattern:
        loader = self.loader
        needed = ("questions", "start", "first", "depth") if has(node, "events") else ("questions", "answer")
        needed = (*needed, "events") if has(node, "depth") and not has(node, "events") else needed
        keys = loader.keys(node, _PATTERN_KEYS, needed, "a pattern")
        loader.listed(keys, "questions", "trace", "composition", "events")
        if ("trace" in keys) + ("composition" in keys) != 1:
            count = ("trace" in keys) + ("composition" in keys)
            loader.faults.append(curricula.NoTrace(span=self.key.span, pattern=self.name, count=count))
        if "trace" in keys and self.group == COMPOSITION:
            loader.faults.append(vocabulary.MissingEntry(span=self.key.span, key="expert", thing="a file of traces"))
        draws, derives, requires = self.quantities(keys)
        chain = self.chain(keys) if "events" in keys else None
        texts = (*self.known, "events") if chain is not None else tuple(self.known)
        names = {style.text: self.names(value) for style, value in loader.pairs(keys.get("names"), "names")}
        self.known += dict.fromkeys(name for style in names.values() for name, _ in style)
        return Pattern(
            name=self.name,
            group=self.group,
            source=loader.source,
            span=self.key.span,
            draws=draws,
            derives=derives,
            requires=requires,
            questions=self.templates(keys.get("questions"), "questions", question_template, texts),
            traces=tuple(self.traces(keys, (*self.known, "now") if chain is not None else tuple(self.known))),
            answer=self.evaluated(keys.get("answer", _NOTHING), "now" if chain is not None else ""),
            formula=loader.text(keys.get("answer"), "answer"),
            chain=chain,
            names=names,
            tags=frozenset(loader.text(item, "tags") for item in loader.items(keys.get("tags"), "tags")),
        )

    def quantities(self, keys: dict[str, Node], *more: str) -> tuple[_Draws, _Derives, _Requires]:
        draws = []
        for key, node in self.loader.pairs(keys.get("draws"), "draws"):
            self.bounds(node, more)
            draw = self.loader.draw(node)
            draws.append((key.text, draw))
            self.known.append(key.text)
            self.words.discard(key.text)
            if isinstance(draw, FromLexicon) or (
                isinstance(draw, Choice) and not isinstance(draw.options[0], int | Fraction)
            ):
                self.words.add(key.text)
        derives = []
        for key, node in self.loader.pairs(keys.get("derives"), "derives"):
            derives.append((key.text, self.evaluated(node, *more)))
            self.known.append(key.text)
        requires = []
        for node in self.loader.items(keys.get("requires"), "requires"):
            condition = self.loader.condition(node)
            if condition is not None:
                self.slots(condition.left, node, more)
                self.slots(condition.right, node, more)
                requires.append(condition_ready(condition))
        return tuple(draws), tuple(derives), tuple(requires)

    def bounds(self, node: Node, more: tuple[str, ...]) -> None:
        found = _RANGE.fullmatch(node.text) if isinstance(node, Scalar) else None
        for text in (found["low"], found["high"]) if found is not None else ():
            formula = parse_formula(text)
            if not isinstance(formula, Unexpected):
                self.slots(formula, node, more)

    def evaluated(self, node: Node, *more: str) -> Evaluated:
        if node is _NOTHING:  # whose lack has been told
            return ready(Constant(0))
        formula = self.loader.formula(self.loader.text(node, "formula") or "now", node)
        self.slots(formula, node, more)
        return ready(formula)

    def slots(self, formula: Formula, node: Node, more: tuple[str, ...]) -> None:
        for slot in slots_of(formula):
            self.hole(slot, node, (*self.known, *more))
            if slot in self.words:
                fault = curricula.WordInFormula(span=node.span, hole=slot, kind="a word", wanted="a number")
                self.loader.faults.append(fault)

    def hole(self, name: str, node: Node, known: tuple[str, ...]) -> None:
        if name not in known:
            named = tuple(other for other in known if other)
            at = self.loader.source.text.find(f"<{name}", *node.span)
            span = Span(at + 1, at + 1 + len(name)) if at >= 0 else node.span
            self.loader.faults.append(curricula.UnknownHole(span=span, hole=name, known=named, near=near(name, named)))

    def names(self, node: Node) -> tuple[tuple[str, Template], ...]:
        pairs = self.loader.pairs(node, "names")
        return tuple((key.text, self.template(value, trace_template, tuple(self.known))) for key, value in pairs)

    def template(self, node: Node, read: Callable[[str], Template], known: tuple[str, ...]) -> Template:
        template = replace(read(self.loader.text(node, "a template")), span=node.span)
        for name in (*template.names, *left_over(template.text)):
            self.hole(name, node, known)
        for name in counted_nouns(template.text):
            if name in known and name not in self.words:
                fault = curricula.WordInFormula(span=node.span, hole=name, kind="a number", wanted="a word to count")
                self.loader.faults.append(fault)
        return template

    def templates(
        self, node: Node | None, key: str, read: Callable[[str], Template], known: tuple[str, ...]
    ) -> tuple[Template, ...]:
        return tuple(self.template(item, read, known) for item in self.loader.items(node, key))

    def traces(self, keys: dict[str, Node], known: tuple[str, ...]) -> Iterator[PatternTrace]:
        if "trace" in keys:
            yield PatternTrace(self.group, "", self.steps(keys["trace"], known))
        for item in self.loader.items(keys.get("composition"), "composition"):
            parts = self.loader.keys(item, ("expert", "name", "trace"), ("expert", "trace"), "a trace")
            expert = self.loader.choice(parts.get("expert", _NOTHING), self.loader.vocabulary.experts, "an expert")
            name = self.loader.name(parts["name"]) if "name" in parts else ""
            yield PatternTrace(expert, name, self.steps(parts.get("trace"), known))

    def steps(self, node: Node | None, known: tuple[str, ...]) -> tuple[Template, ...]:
        return tuple(self.step(item, known) for item in self.loader.items(node, "trace"))

    def step(self, node: Node, known: tuple[str, ...]) -> Template:
        """Read a step as a line of canonical text: its keys in their declared order."""
        pairs = {key.text: (key, value) for key, value in self.loader.pairs(node, "a step")}
        if "op" not in pairs:
            if isinstance(node, Mapping):
                self.loader.faults.append(vocabulary.MissingEntry(span=node.span, key="op", thing="a step"))
            return trace_template("")
        op = pairs["op"][1]
        fields = self.loader.vocabulary.fields(op.text if isinstance(op, Scalar) else "")
        if fields is None:
            self.loader.choice(op, self.loader.vocabulary.steps, "a step")
            return trace_template("")
        order = {name: place for place, name in enumerate(("op", *(field.name for field in fields)))}
        free = {field.name for field in fields if field.kind is FieldKind.TEXT}
        for _, value in pairs.values():
            for scalar in scalars(value):
                self.template(scalar, trace_template, known)
        entries = sorted(pairs, key=lambda name: order.get(name, len(order)))
        text = ", ".join(f"{name}: {written(pairs[name][1], free=name in free)}" for name in entries)
        return replace(trace_template("{" + text + "}"), span=node.span)

    def chain(self, keys: dict[str, Node]) -> Chain | None:
        self.unchained(keys)
        node = keys.get("depth", Scalar("1", True, *self.key.span))
        bounds = depth_of(node)
        if bounds is None:
            self.loader.no_range(node, node.text if isinstance(node, Scalar) else "[…]")
        starts = self.evaluated(keys.get("start", _NOTHING))
        first = self.template(keys.get("first", _NOTHING), trace_template, tuple(self.known))
        events = tuple(self.event(item) for item in self.loader.items(keys["events"], "events"))
        low, high = (ready(Constant(bound)) for bound in bounds or (1, 1))
        return Chain(Range(low, high, 1), starts, first, events) if events else None

    def unchained(self, keys: dict[str, Node]) -> None:
        """Report draws with the names that a chain gives."""
        for part in ("draws", "derives"):
            for key, _ in self.loader.pairs(keys.get(part), part):
                if key.text in _CHAINED:
                    self.loader.declared_twice(key, "name", key.text, "every chain")

    def event(self, node: Node) -> Event:
        keys, outer = self.loader.keys(node, _EVENT_KEYS, ("says", "steps", "becomes"), "an event"), list(self.known)
        self.unchained(keys)
        self.loader.listed(keys, "says", "steps")
        draws, derives, requires = self.quantities(keys, "now")
        says = self.templates(keys.get("says"), "says", question_template, (*self.known, "now"))
        steps = self.steps(keys.get("steps"), (*self.known, *_IN_STEPS))
        becomes = self.evaluated(keys.get("becomes", _NOTHING), "now")
        self.known = outer
        return Event(draws, derives, requires, says, steps, becomes)
