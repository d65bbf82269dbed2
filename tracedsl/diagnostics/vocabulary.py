"""T3: experts and their operations, in traces (T30x) and in expert files (T35x)."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import TRACKED, vary
from tracedsl.source import Span

_EXPERT = """\
kind: expert
name: rounding
summary: takes parts off
operations:
  percent_short:
    summary: what is missing when rate percent is taken off base
    slots: {base: number, rate: percent}
    defines: base * rate / 100
"""


class UnknownExpert(Diagnostic):
    """A trace names an expert that no file declares."""

    code: ClassVar = "T301"
    name: ClassVar = "unknown-expert"
    title: ClassVar = "there is no expert `{expert}`"
    label: ClassVar = "unknown expert"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "the experts are {known}; `--experts DIR` adds your own"
    example: ClassVar = vary("arithmetic", "arithmetics")
    expert: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class UnknownStep(Diagnostic):
    """A step's `op` is neither a common step nor an operation of any expert."""

    code: ClassVar = "T302"
    name: ClassVar = "unknown-step"
    title: ClassVar = "there is no step `{op}`"
    label: ClassVar = "unknown step"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "the steps are {known}"
    example: ClassVar = vary("op: init", "op: inti")
    op: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class StepOfAnotherExpert(Diagnostic):
    """A domain step belongs to one expert, and this trace names another.

    Each expert has a vocabulary of its own. A problem that needs two is split into a
    composition, whose sub-traces hand their results on.
    """

    code: ClassVar = "T303"
    name: ClassVar = "step-of-another-expert"
    title: ClassVar = "`{expert}` has no step `{op}`"
    label: ClassVar = "this step belongs to `{owner}`"
    advice: ClassVar = "this step belongs to {owner}; split the trace into a composition, and bring its result in by `source: prev.result`"
    places: ClassVar = {"chosen": "the expert of this trace"}
    example: ClassVar = vary("entity_track", "arithmetic", TRACKED)
    instead: ClassVar = TRACKED
    op: str
    expert: str
    owner: str
    chosen: Span | None


class UnknownOperation(Diagnostic):
    """A `compute_op` is not an arithmetic operation."""

    code: ClassVar = "T304"
    name: ClassVar = "unknown-operation"
    title: ClassVar = "there is no operation `{op}`"
    label: ClassVar = "unknown operation"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "the operations are {known}"
    example: ClassVar = vary("compute_op: mul", "compute_op: mult")
    op: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class OperationNotInExpert(Diagnostic):
    """An expert computes only with the operations that it declares."""

    code: ClassVar = "T305"
    name: ClassVar = "operation-not-in-expert"
    title: ClassVar = "`{expert}` does not compute `{op}`"
    label: ClassVar = "not an operation of this expert"
    advice: ClassVar = "it computes {known}; for `{op}` use another expert, such as `arithmetic`, in a composition"
    otherwise: ClassVar = (
        "it has only steps of its own; for `{op}` split the trace into a composition with `arithmetic`"
    )
    places: ClassVar = {"chosen": "the expert of this trace"}
    example: ClassVar = vary("compute_op: mul", "compute_op: pow").replace("arithmetic", "rate_equation")
    op: str
    expert: str
    known: tuple[str, ...]
    chosen: Span


class WrongArity(Diagnostic):
    """An operation has too few or too many operands."""

    code: ClassVar = "T306"
    name: ClassVar = "wrong-arity"
    title: ClassVar = "`{op}` takes {arity}, not {count}"
    label: ClassVar = "{count} here"
    advice: ClassVar = "write one step for each `{split}`, and name what comes between"
    otherwise: ClassVar = "name all that it combines, such as `args: [a, b]`"
    example: ClassVar = vary("mul, args: [price, count]", "div, args: [price, count, 2]")
    op: str
    arity: str
    count: int
    split: str = ""


class LiteralNotAllowed(Diagnostic):
    """A slot takes the name of a quantity, not a number.

    A quantity with a name can be checked against the question; a number inside a step hides there.
    """

    code: ClassVar = "T307"
    name: ClassVar = "literal-not-allowed"
    title: ClassVar = "`{slot}` of `{op}` takes a name, not the number {text}"
    label: ClassVar = "expected a name"
    advice: ClassVar = "init it first: {{op: init, var: {slot}, value: {text}}}"
    example: ClassVar = """\
expert: percentage
trace:
- {op: init, var: rate, value: 20}
- {op: percent_off, base: 50, rate: rate, var: sale}
- {op: query, var: sale}
"""
    op: str
    slot: str
    text: str


class OperationAsStep(Diagnostic):
    """An arithmetic operation is the `compute_op` of a `compute` step, not a step itself."""

    code: ClassVar = "T308"
    name: ClassVar = "operation-as-step"
    title: ClassVar = "`{op}` is an operation, not a step"
    label: ClassVar = "expected `compute`"
    advice: ClassVar = "write {{op: compute, compute_op: {op}, args: [a, b], var: c}}"
    cure: ClassVar = "write `op: compute, compute_op: {op}`"
    example: ClassVar = vary("op: compute, compute_op: mul", "op: mul")
    op: str


class BadFormula(Diagnostic):
    """A formula of an expert file is not arithmetic over its slots."""

    code: ClassVar = "T351"
    name: ClassVar = "bad-formula"
    title: ClassVar = "`{text}` is not a {what}"
    label: ClassVar = "reading stopped at character {at}"
    advice: ClassVar = "use slots, numbers, + - * / and parentheses, or a call such as min(a, b); a condition compares two of them by <=, <, >=, >, == or !="
    example: ClassVar = vary("base * rate", "base ** rate", _EXPERT)
    instead: ClassVar = _EXPERT
    text: str
    what: str
    at: int


class UnknownSlot(Diagnostic):
    """A formula uses a slot that its operation does not declare."""

    code: ClassVar = "T352"
    name: ClassVar = "unknown-slot"
    title: ClassVar = "`{slot}` is not a slot of `{op}`"
    label: ClassVar = "not declared in `slots`"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "declare it in `slots`; there are {known}"
    example: ClassVar = vary("base * rate", "bases * rate", _EXPERT)
    instead: ClassVar = _EXPERT
    slot: str
    op: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class DeclaredTwice(Diagnostic):
    """An expert or a step is declared twice; a step belongs to one expert."""

    code: ClassVar = "T353"
    name: ClassVar = "declared-twice"
    title: ClassVar = "the {what} `{declared}` is already declared by {owner}"
    label: ClassVar = "declared again"
    advice: ClassVar = "choose another name; {owner} keeps this one"
    example: ClassVar = vary("percent_short", "percent_off", _EXPERT)
    instead: ClassVar = _EXPERT
    what: str
    declared: str
    owner: str


class BadDeclaration(Diagnostic):
    """A value of an expert file is not one that its key can have."""

    code: ClassVar = "T354"
    name: ClassVar = "bad-declaration"
    title: ClassVar = "`{text}` is not {wanted}"
    label: ClassVar = "expected {wanted}"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "it can be {known}"
    example: ClassVar = vary("rate: percent", "rate: percentage", _EXPERT)
    instead: ClassVar = _EXPERT
    text: str
    wanted: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class NoEffect(Diagnostic):
    """An operation defines a new quantity or updates entities: it must do one of the two."""

    code: ClassVar = "T355"
    name: ClassVar = "no-effect"
    title: ClassVar = "`{op}` must have either `defines` or `updates`"
    label: ClassVar = "has {count} of them"
    advice: ClassVar = "`defines: FORMULA` gives a new quantity; `updates: {{SLOT: FORMULA}}` changes entities"
    example: ClassVar = vary("    defines: base * rate / 100\n", "", _EXPERT)
    instead: ClassVar = _EXPERT
    op: str
    count: int


class MissingEntry(Diagnostic):
    """A declaration lacks an entry that it needs."""

    code: ClassVar = "T356"
    name: ClassVar = "missing-entry"
    title: ClassVar = "the entry `{key}` is missing"
    label: ClassVar = "{thing} needs `{key}`"
    advice: ClassVar = "add `{key}: …`"
    example: ClassVar = vary("name: rounding\n", "", _EXPERT)
    instead: ClassVar = _EXPERT
    key: str
    thing: str


class UnknownEntry(Diagnostic):
    """A declaration has an entry that means nothing there."""

    code: ClassVar = "T357"
    name: ClassVar = "unknown-entry"
    title: ClassVar = "`{key}` is not an entry of {thing}"
    label: ClassVar = "unknown entry"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "delete it; the entries are {known}"
    example: ClassVar = vary("summary: takes parts off", "summery: takes parts off", _EXPERT)
    instead: ClassVar = _EXPERT
    key: str
    thing: str
    known: tuple[str, ...]
    near: tuple[str, ...]


DIAGNOSTICS = (
    UnknownExpert,
    UnknownStep,
    StepOfAnotherExpert,
    UnknownOperation,
    OperationNotInExpert,
    WrongArity,
    LiteralNotAllowed,
    OperationAsStep,
    BadFormula,
    UnknownSlot,
    DeclaredTwice,
    BadDeclaration,
    NoEffect,
    MissingEntry,
    UnknownEntry,
)
