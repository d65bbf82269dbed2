"""The steps that a decoder may write, from the declared operations and the canonical grammar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracedsl.numbers import Rational
from tracedsl.primitives import PRIMITIVES, Primitive
from tracedsl.syntax.canonical import layout, pieces
from tracedsl.vocabulary import COMMON, Expert, Operation, SlotType, Vocabulary


class Slot(NamedTuple):
    """What an operand may be: its type, whether a number will do, what a new entity starts at."""

    type: SlotType
    literal: bool
    absent: Rational | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A step with operands: ``head``, then each operand with the text after it.

    ``separators`` stand between operands (the last one again and again where ``most`` exceeds
    them), ``tail`` after the last. ``defines`` says that a new name and ``}`` follow the tail.
    Forms are told apart by identity.
    """

    op: str
    head: str
    slots: tuple[Slot, ...]
    separators: tuple[str, ...]
    tail: str
    least: int
    most: int
    defines: bool
    rule: Primitive | Operation

    def slot(self, index: int) -> Slot:
        """Return what the operand at an index may be."""
        return self.slots[min(index, len(self.slots) - 1)]

    def separator(self, index: int) -> str:
        """Return the text before the operand at an index, the first excepted."""
        return self.separators[min(index, len(self.separators)) - 1]


class Layout(NamedTuple):
    """How a trace is laid out: its head up to the expert, its body's opening, what a step stands after."""

    head: str
    label: str
    body: str
    bullet: str


_BOTH = Slot(SlotType.NUMBER, literal=True)


def layouts() -> tuple[Layout, Layout]:
    """Return the layouts of a trace that stands alone and of one in a composition."""
    head, body, bullet, *_ = layout("trace")
    in_head, _, label, _, in_body, in_bullet, *_ = layout("part")
    alone = Layout(head, "", body.rstrip("\n"), f"\n{bullet}")
    return alone, Layout(in_head, f"\n{label}", f"\n{in_body}".rstrip("\n"), f"\n{in_bullet}")


def forms(expert: Expert, words: Vocabulary, operands: int) -> tuple[Form, ...]:
    """Return the steps that an expert has, those with operands, shortest first."""
    found = [_compute(PRIMITIVES[name], operands) for name in expert.compute]
    found += [_domain(operation, words) for operation in expert.operations.values()]
    return tuple(sorted(found, key=lambda form: (form.least, len(form.head))))


def _compute(primitive: Primitive, operands: int) -> Form:
    (before_op, _), (before_args, _), (before_var, _) = pieces("compute", COMMON["compute"])
    opening, comma, closing = layout("operands")
    head, most = f"{before_op}{primitive.name}{before_args}{opening}", primitive.most or max(operands, primitive.least)
    return Form(
        f"compute {primitive.name}",
        head,
        (_BOTH,),
        (comma,),
        closing + before_var,
        primitive.least,
        most,
        True,
        primitive,
    )


def _domain(operation: Operation, words: Vocabulary) -> Form:
    parts = pieces(operation.name, words.fields(operation.name) or ())
    slots = tuple(
        Slot(kind, name in operation.literals, operation.absent.get(name)) for name, kind in operation.slots.items()
    )
    defines, count = operation.defines is not None, len(slots)
    texts = [text for text, _ in parts]
    tail = texts[count] if defines else "}"
    return Form(operation.name, texts[0], slots, tuple(texts[1:count]), tail, count, count, defines, operation)
