"""Canonical text as context-free rules, made from the declared operations; what the writers write."""

from __future__ import annotations

from collections.abc import Mapping

from tracedsl.decoding.forms import Form
from tracedsl.decoding.shapes import Shapes, shapes
from tracedsl.limits import DEFAULT
from tracedsl.numbers import Number, spell
from tracedsl.record import record
from tracedsl.resources import terminal
from tracedsl.syntax.scalars import is_reserved, refers_by_place
from tracedsl.vocabulary import Vocabulary


@record
class Wanted:
    """What an export is asked for; ``None`` leaves open.

    ``steps`` bounds the steps of each sub-trace, its query included.
    """

    experts: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    numbers: tuple[Number, ...] | None = None
    steps: int | None = None
    operands: int = 32


@record
class Text:
    """Literal text."""

    text: str


@record
class Rule:
    """Another rule, by its name."""

    name: str


@record
class Pattern:
    """Any text of a regular expression."""

    name: str
    regex: str


@record
class Several:
    """A part from ``least`` to ``most`` times; ``None``: any number of times."""

    part: Part
    least: int
    most: int | None


@record
class Row:
    """Parts one after the other."""

    parts: tuple[Part, ...]


@record
class Either:
    """One of several parts."""

    parts: tuple[Part, ...]


Part = Text | Rule | Pattern | Several | Row | Either
#: Rules by name; the first is where a text begins, and each comes before those that it uses.
Rules = Mapping[str, Part]

NAME, SOURCE = (terminal("canonical.lark", each).replace("(?:", "(") for each in ("NAME", "SOURCE"))
#: Canonical numbers, but for fractions that could be shortened.
NUMBER = r"(-?[1-9][0-9]*(\.[0-9]*[1-9])?|-?0\.[0-9]*[1-9]|0|-?[1-9][0-9]*/[1-9][0-9]*)"


def check(wanted: Wanted) -> None:
    """Refuse a pool in which something can be no name; raises ValueError."""
    for name in wanted.names or ():
        if is_reserved(name):
            raise ValueError(f"{name!r} is a word of YAML and no name")
        if len(name) > DEFAULT.name:
            raise ValueError(f"{name!r} is longer than the {DEFAULT.name} characters of a name")
    if wanted.names is not None and len(wanted.names) < 2:
        raise ValueError("a pool needs two names: one to bring a number in, one for what is computed")
    if wanted.steps is not None and wanted.steps < 2:
        raise ValueError("a trace has two steps or more: what computes, and the query")


def rules(vocabulary: Vocabulary, wanted: Wanted) -> Rules:
    """Return the rules of all texts that a vocabulary allows, without any symbol table."""
    check(wanted)
    known = shapes(vocabulary, wanted.experts, wanted.operands)
    return _Builder(known, wanted).rules()


class _Builder:
    def __init__(self, known: Shapes, wanted: Wanted) -> None:
        self.known, self.wanted = known, wanted
        self.ops = list(dict.fromkeys(form.op for forms in known.forms.values() for form in forms))

    def rules(self) -> Rules:
        found: dict[str, Part] = {"document": Either((Rule("trace"), Row((Rule("part"), Rule("more")))))}
        experts = list(self.known.forms)
        found["trace"] = Either(tuple(self.trace(name, 0, "") for name in experts))
        found["part"] = Either(tuple(self.trace(name, 1, "") for name in experts))
        found["more"] = Several(Rule("further"), 1, DEFAULT.subtraces - 1)
        found["further"] = Either(tuple(self.trace(name, 1, "\n") for name in experts))
        for name, forms in self.known.forms.items():
            found[f"{name}_step"] = Either((Rule("init"), *(Rule(_key(form.op)) for form in forms)))
        found["init"] = self.init()
        found["query"] = Row((Text(self.known.query), Rule("name"), Text("}")))
        for form in {form.op: form for forms in self.known.forms.values() for form in forms}.values():
            found[_key(form.op)] = self.form(form)
        found["operand"] = Either((Rule("name"), Rule("number")))
        return {**found, **self.words()}

    def words(self) -> dict[str, Part]:
        names, numbers = self.wanted.names, self.wanted.numbers
        return {
            "name": Pattern("NAME", NAME) if names is None else Either(tuple(map(Text, names))),
            "number": Pattern("NUMBER", f"{NUMBER}%?") if numbers is None else Either(_spelt(numbers)),
            "source": Pattern("SOURCE", SOURCE),
        }

    def trace(self, expert: str, composed: int, before: str) -> Part:
        layout = self.known.layouts[composed]
        head = Text(before + layout.head + expert)
        step = Row((Text(layout.bullet), Rule(f"{expert}_step")))
        most = self.wanted.steps - 1 if self.wanted.steps is not None else None
        steps = (Several(step, 1, most), Text(layout.bullet), Rule("query"))
        if not composed:
            return Row((head, Text(layout.body), *steps))
        label = Row((Text(layout.label), Rule("name"), Text(layout.body)))
        return Row((head, Either((Text(layout.body), label)), *steps))

    def init(self) -> Part:
        value, source = Row((Text(self.known.value), Rule("number"))), Row((Text(self.known.source), Rule("source")))
        return Row((Text(self.known.init), Rule("name"), Either((value, source)), Text("}")))

    def form(self, form: Form) -> Part:
        if form.most > form.least:  # one kind of operand, any number of times
            more = Several(Row((Text(form.separator(1)), Rule("operand"))), form.least - 1, form.most - 1)
            operands: tuple[Part, ...] = (Rule("operand"), more)
        else:
            listed: list[Part] = []
            for index in range(form.least):
                listed += [Text(form.separator(index))] if index else []
                listed.append(Rule("operand" if form.slot(index).literal else "name"))
            operands = tuple(listed)
        var = (Rule("name"), Text("}")) if form.defines else ()
        return Row((Text(form.head), *operands, Text(form.tail), *var))


def _key(op: str) -> str:
    return f"op_{op.replace(' ', '_')}"


def _spelt(numbers: tuple[Number, ...]) -> tuple[Part, ...]:
    return tuple(Text(text) for text in dict.fromkeys(map(spell, numbers)))


def sources(limit: int) -> list[tuple[str, int]]:
    """Return each way to refer to an earlier sub-trace by its place, and how many there must be before."""
    found = [("prev.result", 1), *((f"sub{index}.result", index + 1) for index in range(limit - 1))]
    assert all(refers_by_place(text.removesuffix(".result")) for text, _ in found)
    return found
