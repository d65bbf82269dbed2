"""llguidance's parametric Lark: the symbol table as the bits of a rule's parameter.

For a closed pool of names it lets exactly the texts through that `tracedsl.decoding` does under
``Options(names=…, labels=False, percents=False, execute=False)``, but that it counts neither steps
nor the digits of a number; numbers are a pool too, or of the canonical form, fractions not reduced.
From bit 0 on: the names that are defined; those that a step has written; how many sub-traces are
over; whether this is a composition; the expert.

Every operation has a condition of its own: the engine offers a literal whether or not what
follows it has an alternative left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tracedsl.decoding.forms import Form
from tracedsl.decoding.shapes import shapes
from tracedsl.exports.rules import NUMBER, Wanted, check, sources
from tracedsl.limits import DEFAULT
from tracedsl.numbers import spell
from tracedsl.vocabulary import Operation, Vocabulary

_BITS = 64


def to_llguidance(vocabulary: Vocabulary, wanted: Wanted) -> str:
    """Return the grammar of a pool of names; raises ValueError for no pool, or one that does not fit 64 bits."""
    check(wanted)
    if wanted.names is None:
        raise ValueError("the llguidance form needs a pool of names: --names a,b,c")
    if wanted.steps is not None:
        raise ValueError("the llguidance form cannot bound steps; the pool of names bounds what is brought in")
    if wanted.numbers is not None and all(each.percent for each in wanted.numbers):
        raise ValueError("the llguidance form has no percents: give a number that is none")
    return "\n".join(_Writer(vocabulary, wanted, wanted.names).lines()) + "\n"


class _Writer:
    def __init__(self, vocabulary: Vocabulary, wanted: Wanted, names: tuple[str, ...]) -> None:
        self.names, self.wanted = names, wanted
        self.known = shapes(vocabulary, wanted.experts, wanted.operands)
        self.experts = list(self.known.forms)
        self.count = len(names)
        over = DEFAULT.subtraces.bit_length()
        self.over = f"[{2 * self.count}:{2 * self.count + over}]"
        self.composed = 2 * self.count + over
        self.expert = self.composed + 1
        self.end = self.expert + max(1, (len(self.experts) - 1).bit_length())
        if self.end > _BITS:
            most = (_BITS - (self.end - 2 * self.count)) // 2
            raise ValueError(f"the llguidance form takes a pool of at most {most} names, not {self.count}")

    def lines(self) -> Iterator[str]:
        """Yield the rules."""
        heads = [self.head(name, 0, "") for name in self.experts] + [self.head(name, 1, "") for name in self.experts]
        yield _rule("start", heads)
        yield _rule("next::_", [self.head(name, 1, "\n") for name in self.experts])
        layouts = self.known.layouts
        flags = (f"bit_clear({self.composed})", f"bit_set({self.composed})")
        yield _rule(
            "bullet::_", [f"{_text(each.bullet)} %if {flag}" for each, flag in zip(layouts, flags, strict=True)]
        )
        yield _rule("steps::_", list(self.steps()))
        yield from self.init()
        yield from self.query()
        for form in {form.op: form for forms in self.known.forms.values() for form in forms}.values():
            yield from self.form(form)
        yield _rule("ref::_", [f"{_text(name)} %if bit_set({at})" for at, name in enumerate(self.names)])
        yield _rule("operand::_", [f"ref::_ %if {self.some}", "number"])
        if self.wanted.numbers is None:
            yield f"number: /{NUMBER.replace('/', chr(92) + '/')}/"
        else:
            yield _rule("number", [_text(spell(each)) for each in self.wanted.numbers if not each.percent])

    @property
    def some(self) -> str:
        """The condition that a name is defined."""
        return f"not(is_zeros([0:{self.count}]))"

    @property
    def written(self) -> str:
        """The condition that a step has written a name."""
        return f"not(is_zeros([{self.count}:{2 * self.count}]))"

    def free(self, least: int) -> str:
        """Return the condition that so many names are not defined yet."""
        return f"bit_count_le([0:{self.count}], {self.count - least})"

    def is_expert(self, names: list[str]) -> str:
        """Return the condition that one of some experts is writing."""
        found = [f"eq([{self.expert}:{self.end}], {self.experts.index(name)})" for name in names]
        return _any(found) if len(found) < len(self.experts) else ""

    def head(self, expert: str, composed: int, before: str) -> str:
        layout = self.known.layouts[composed]
        state = (self.experts.index(expert) << self.expert) | (composed << self.composed)
        adds = "_" if state == composed << self.composed else f"bit_or({hex(state)})"  # that bit is set already
        entry = f"steps::{adds}" if before else f"steps::{hex(state)}"
        return f"{_text(before + layout.head + expert + layout.body)} {entry}"

    def steps(self) -> Iterator[str]:
        """Yield what may come next: a query, an init, each operation of the experts that have it."""
        yield f"bullet::_ {_text(self.known.query)} asked::_ %if {self.written}"
        yield f"bullet::_ {_text(self.known.init)} brought::_ %if {_all([self.free(1), self.room()])}"
        ops: dict[str, tuple[Form, list[str]]] = {}
        for expert, forms in self.known.forms.items():
            for form in forms:
                ops.setdefault(form.op, (form, []))[1].append(expert)
        for form, experts in ops.values():
            conditions = [self.is_expert(experts), *self.needs(form)]
            yield f"bullet::_ {_text(form.head)} {_key(form)}::_{_if(_all(conditions))}"

    def needs(self, form: Form) -> list[str]:
        """Return the conditions under which a step can be completed."""
        slots = [form.slot(index) for index in range(form.least)]
        named = [self.some] if any(not each.literal and each.absent is None for each in slots) else []
        return [*named, self.free(1)] if form.defines else named

    def room(self) -> str:
        """Return the condition that a trace can be ended after an init: by a query, an update, or another name."""
        updating = [name for name, forms in self.known.forms.items() if any(not form.defines for form in forms)]
        others = [self.is_expert(updating) or "true"] if updating else []
        return _any([self.written, self.free(2), *others])

    def init(self) -> Iterator[str]:
        """Yield the rules of an init: a name, a number or a result, the name defined."""
        value = f"{_text(self.known.value)} number"
        alternatives = []
        for at, name in enumerate(self.names):
            ending = f'"}}" steps::set_bit({at})'
            alternatives.append(f"{_text(name)} {value} {ending} %if bit_clear({at})")
            later = f"and(bit_clear({at}), not(is_zeros({self.over})))"
            alternatives.append(f"{_text(name)} {_text(self.known.source)} source::_ {ending} %if {later}")
        yield _rule("brought::_", alternatives)
        referred = sources(DEFAULT.subtraces)
        yield _rule("source::_", [f"{_text(text)} %if ge({self.over}, {least})" for text, least in referred])

    def query(self) -> Iterator[str]:
        """Yield the rules of a query, and of what may follow it."""
        asked = [
            f'{_text(name)} "}}" over::incr({self.over}) %if bit_set({self.count + at})'
            for at, name in enumerate(self.names)
        ]
        yield _rule("asked::_", asked)
        alone = f'"" %if or(bit_clear({self.composed}), ge({self.over}, 2))'
        kept = ((1 << (self.composed + 1)) - 1) & ~((1 << 2 * self.count) - 1)
        more = f"next::bit_and({hex(kept)}) %if and(bit_set({self.composed}), lt({self.over}, {DEFAULT.subtraces}))"
        yield _rule("over::_", [alone, more])

    def form(self, form: Form) -> Iterator[str]:
        """Yield the rules of an operation: its operands, then what it defines or has updated."""
        if form.most > form.least:
            more = f"({_text(form.separator(1))} operand::_){{{form.least - 1},{form.most - 1}}}"
            yield _rule(f"{_key(form)}::_", [f"operand::_ {more} {_text(form.tail)} made::_"])
        else:
            yield from self.slot(form, 0)
        if form.defines and _key(form) == _key(self.defining[0]):
            both = [f'{_text(name)} "}}" steps::bit_or({hex(self.both(at))}) %if bit_clear({at})'
                    for at, name in enumerate(self.names)]  # fmt: skip
            yield _rule("made::_", both)

    @property
    def defining(self) -> list[Form]:
        """The operations that define a name."""
        return [form for forms in self.known.forms.values() for form in forms if form.defines]

    def both(self, at: int) -> int:
        """Return the bits of a name that is defined and written."""
        return (1 << at) | (1 << (self.count + at))

    def slot(self, form: Form, index: int) -> Iterator[str]:
        """Yield the rule of an operand and what follows it, and those of the operands after it."""
        rule = f"{_slot(form, index)}::_"
        if index == form.least:
            yield _rule(rule, [f"{_text(form.tail)} {'made' if form.defines else 'steps'}::_"])
            return
        before = f"{_text(form.separator(index))} " if index else ""
        following = _slot(form, index + 1)
        alternatives = []
        if _updates(form, index):
            for at, name in enumerate(self.names):
                wrote = f"{following}::set_bit({self.count + at})"
                alternatives.append(f"{before}{_text(name)} {wrote} %if bit_set({at})")
                if form.slot(index).absent is not None:
                    tail = self.later(form, index + 1)
                    alternatives.append(
                        f"{before}{_text(name)} {tail} steps::bit_or({hex(self.both(at))}) %if bit_clear({at})"
                    )
        else:
            alternatives.append(f"{before}{'operand' if form.slot(index).literal else 'ref'}::_ {following}::_")
        yield _rule(rule, alternatives)
        yield from self.slot(form, index + 1)

    def later(self, form: Form, start: int) -> str:
        """Return the operands after one that brings an entity in, which they cannot name yet, and the step's end."""
        parts = []
        for index in range(start, form.least):
            if _updates(form, index):
                raise ValueError(f"the llguidance form cannot say {form.op}: it updates after what may be new")
            parts += [_text(form.separator(index)), f"{'operand' if form.slot(index).literal else 'ref'}::_"]
        return " ".join([*parts, _text(form.tail)])


def _updates(form: Form, index: int) -> bool:
    """Return whether a step updates the entity at a place."""
    if not isinstance(form.rule, Operation) or form.defines:
        return False
    slots = list(form.rule.slots)
    return slots[index] in {slot for slot, _ in form.rule.updates}


def _slot(form: Form, index: int) -> str:
    """Return the rule of a step from one of its slots on; no step's own name begins so."""
    return f"slot_{form.op.replace(' ', '_')}_{index}" if index else _key(form)


def _key(form: Form) -> str:
    return f"op_{form.op.replace(' ', '_')}"


def _text(text: str) -> str:
    return json.dumps(text)


def _rule(name: str, alternatives: list[str]) -> str:
    return f"{name}: " + "\n  | ".join(alternatives)


def _if(condition: str) -> str:
    return f" %if {condition}" if condition else ""


def _all(conditions: list[str]) -> str:
    return _nested("and", [each for each in conditions if each])


def _any(conditions: list[str]) -> str:
    return _nested("or", conditions)


def _nested(word: str, conditions: list[str]) -> str:
    """Join conditions by a function of two."""
    if len(conditions) < 2:
        return conditions[0] if conditions else ""
    return f"{word}({conditions[0]}, {_nested(word, conditions[1:])})"
