"""T2: the shape of documents, steps, names and numbers."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import COMPOSED, GOOD, vary
from tracedsl.source import Span


class NotADocument(Diagnostic):
    """A document is a trace, a composition or an example.

    A trace is a mapping with `expert` and `trace`; a composition a list of traces; an example
    adds `question` and `answer`, and holds a composition under `composition`.
    """

    code: ClassVar = "T201"
    name: ClassVar = "not-a-document"
    title: ClassVar = "expected a trace, a composition or an example, found {kind}"
    label: ClassVar = "not a mapping with `expert` and `trace`"
    advice: ClassVar = "start with `expert: arithmetic` and `trace:`, or with a list of such mappings"
    example: ClassVar = "- just\n- words\n"
    kind: str


class MissingKey(Diagnostic):
    """A trace or an example lacks a key that it needs."""

    code: ClassVar = "T202"
    name: ClassVar = "missing-key"
    title: ClassVar = "the key `{key}` is missing"
    label: ClassVar = "{thing} needs `{key}`"
    advice: ClassVar = "a trace has `expert:` and `trace:`; `tracedsl experts` lists the experts"
    example: ClassVar = vary("expert: arithmetic\n", "")
    key: str
    thing: str


class UnknownKey(Diagnostic):
    """A document has a key that means nothing there.

    Nothing is ignored silently: a misspelt key would otherwise change what a trace means.
    """

    code: ClassVar = "T203"
    name: ClassVar = "unknown-key"
    title: ClassVar = "`{key}` is not a key of {thing}"
    label: ClassVar = "unknown key"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "delete it; the keys are {known} (`name` only inside a composition)"
    example: ClassVar = "title: prices\n" + GOOD
    key: str
    thing: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class WrongKind(Diagnostic):
    """A value is a list, a mapping or a scalar where another kind is needed."""

    code: ClassVar = "T204"
    name: ClassVar = "wrong-kind"
    title: ClassVar = "`{key}` must be {wanted}, not {kind}"
    label: ClassVar = "{kind}"
    advice: ClassVar = "write {shape}"
    example: ClassVar = vary("[price, count]", "price")
    key: str
    wanted: str
    kind: str
    shape: str


class MissingField(Diagnostic):
    """A step lacks a field that its operation needs."""

    code: ClassVar = "T205"
    name: ClassVar = "missing-field"
    title: ClassVar = "this {step} lacks `{field}`"
    label: ClassVar = "no `{field}`"
    advice: ClassVar = "a step is written {form}"
    example: ClassVar = vary(", value: 12", "")
    step: str
    field: str
    form: str


class UnknownField(Diagnostic):
    """A step has a field that its operation does not know.

    Nothing is ignored silently: with `valeu: 5` the step would have no value at all.
    """

    code: ClassVar = "T206"
    name: ClassVar = "unknown-field"
    title: ClassVar = "`{op}` has no field `{field}`"
    label: ClassVar = "unknown field"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "delete it; a step is written {form}"
    example: ClassVar = vary("value: 12", "valeu: 12")
    op: str
    field: str
    form: str
    near: tuple[str, ...]


class NotANumber(Diagnostic):
    """A number is written as digits, a decimal, a fraction, a percent or a sum of money.

    `12`, `-3`, `.5`, `1/2`, `2 1/2`, `20%`, `$5` and a quoted `"80,000"` are numbers. Words,
    exponents, `nan`, `inf`, hexadecimal digits and YAML's other readings (`1_000`, `1:30`) are not.
    """

    code: ClassVar = "T207"
    name: ClassVar = "not-a-number"
    title: ClassVar = "`{text}` is not a number"
    label: ClassVar = "expected a number such as 12, 0.5, 1/2 or 20%"
    advice: ClassVar = "other readers take it for {reading}; write it with digits alone, as an integer, a decimal, a fraction or a percent"
    otherwise: ClassVar = "write it with digits alone, as an integer, a decimal, a fraction or a percent"
    example: ClassVar = vary("value: 12", "value: 1e3")
    text: str
    reading: str = ""


class NameForNumber(Diagnostic):
    """An `init` brings a number in; it cannot refer to another quantity.

    A later step can use an earlier one by its name, so no copy is needed. A result of an
    earlier sub-trace comes in by `source`.
    """

    code: ClassVar = "T208"
    name: ClassVar = "name-for-number"
    title: ClassVar = "`{text}` is a name where a number is needed"
    label: ClassVar = "expected a number"
    advice: ClassVar = (
        "use `{text}` itself in the later steps; a result of an earlier sub-trace comes in by `source: prev.result`"
    )
    example: ClassVar = vary("value: 3", "value: price")
    text: str


class ExpressionForNumber(Diagnostic):
    """A number is a number, not a calculation.

    The expert computes: each operation is a step, so that it can be checked and executed exactly.
    """

    code: ClassVar = "T209"
    name: ClassVar = "expression-for-number"
    title: ClassVar = "`{text}` is a calculation where a number is needed"
    label: ClassVar = "expected a number"
    advice: ClassVar = (
        "init each number and combine them with a step such as {{op: compute, compute_op: mul, args: [a, b], var: c}}"
    )
    example: ClassVar = vary("value: 12", "value: 4 * 18")
    text: str


class NotAName(Diagnostic):
    """A name is made of ASCII letters, digits and underscores, in segments joined by dots.

    Letters that only look like ASCII ones are refused, so that two names that look alike are alike.
    """

    code: ClassVar = "T210"
    name: ClassVar = "not-a-name"
    title: ClassVar = "`{text}` is not a name"
    label: ClassVar = "expected a name such as price or bob.cards"
    advice: ClassVar = "use ASCII letters, digits and underscores, starting with a letter; join parts with a dot"
    example: ClassVar = vary("var: price", "var: unit price")
    text: str


class ReservedName(Diagnostic):
    """Words that YAML readers turn into something else cannot be names.

    `null`, `true`, `false`, `yes`, `no`, `on` and `off` are refused in any case, so a trace
    means the same to every reader. `y` and `n` are names.
    """

    code: ClassVar = "T211"
    name: ClassVar = "reserved-name"
    title: ClassVar = "`{text}` cannot be a name"
    label: ClassVar = "some YAML readers take this for another value"
    advice: ClassVar = "choose a longer name, such as `{text}_count`"
    example: ClassVar = vary("var: price", "var: no")
    text: str


class TooManyDigits(Diagnostic):
    """A number is written with more digits than the limit."""

    code: ClassVar = "T212"
    name: ClassVar = "too-many-digits"
    title: ClassVar = "this number has {digits} digits, more than {most}"
    label: ClassVar = "the limit `digits` is passed"
    advice: ClassVar = "round it, or raise the limit with `--limit digits=N`"
    example: ClassVar = vary("value: 12", "value: " + "123" * 11)
    digits: int
    most: int


class NameTooLong(Diagnostic):
    """A name is longer than the limit."""

    code: ClassVar = "T213"
    name: ClassVar = "name-too-long"
    title: ClassVar = "this name has {length} characters, more than {most}"
    label: ClassVar = "the limit `name` is passed"
    advice: ClassVar = "shorten it, or raise the limit with `--limit name=N`"
    example: ClassVar = vary("var: price", "var: " + "long_" * 13)
    length: int
    most: int


class NotAUnit(Diagnostic):
    """A unit is a word, or words joined by `*` and `/`."""

    code: ClassVar = "T214"
    name: ClassVar = "not-a-unit"
    title: ClassVar = "`{text}` is not a unit"
    label: ClassVar = "expected a unit such as dollars, items/day or kg*m"
    advice: ClassVar = "join words with `*` and `/`, without spaces or numbers"
    example: ClassVar = vary("value: 12", "value: 12, unit: dollars per day")
    text: str


class FieldsTogether(Diagnostic):
    """Two fields of a step exclude one another."""

    code: ClassVar = "T215"
    name: ClassVar = "fields-together"
    title: ClassVar = "`{first}` and `{second}` cannot stand together"
    label: ClassVar = "one too many"
    advice: ClassVar = "delete one: {why}"
    places: ClassVar = {"other": "beside this one"}
    example: ClassVar = vary("var: prev, source", "var: prev, value: 5, source", COMPOSED)
    instead: ClassVar = COMPOSED
    first: str
    second: str
    why: str
    other: Span


class NoQuery(Diagnostic):
    """A trace ends with a query: the result that is asked."""

    code: ClassVar = "T221"
    name: ClassVar = "no-query"
    title: ClassVar = "the trace asks for no result"
    label: ClassVar = "expected a `query` after this"
    advice: ClassVar = "end the trace with {{op: query, var: NAME}}, where a step before it computes NAME"
    example: ClassVar = vary("- {op: query, var: total}\n", "")


class SecondQuery(Diagnostic):
    """A trace asks for exactly one result."""

    code: ClassVar = "T222"
    name: ClassVar = "second-query"
    title: ClassVar = "the trace asks for a second result"
    label: ClassVar = "a trace has one query"
    advice: ClassVar = "delete one of them; a composition can compute several results"
    places: ClassVar = {"first": "the first query"}
    example: ClassVar = GOOD + "- {op: query, var: total}\n"
    first: Span


class StepAfterQuery(Diagnostic):
    """The query is the last step."""

    code: ClassVar = "T223"
    name: ClassVar = "step-after-query"
    title: ClassVar = "a step stands after the query"
    label: ClassVar = "this step can no longer matter"
    advice: ClassVar = "move the query to the end, or delete the step"
    places: ClassVar = {"first": "the query"}
    example: ClassVar = GOOD + "- {op: init, var: tax, value: 2}\n"
    first: Span


class NoSteps(Diagnostic):
    """A trace needs at least one step before its query."""

    code: ClassVar = "T224"
    name: ClassVar = "no-steps"
    title: ClassVar = "the trace has no step before its end"
    label: ClassVar = "expected `init` or another step"
    advice: ClassVar = "init the quantities that the problem gives, compute with them, then query the result"
    example: ClassVar = "expert: arithmetic\ntrace:\n- {op: query, var: total}\n"


class TooManySteps(Diagnostic):
    """A document has more steps than the limit."""

    code: ClassVar = "T225"
    name: ClassVar = "too-many-steps"
    title: ClassVar = "the document has {count} steps, more than {most}"
    label: ClassVar = "the limit `steps` is passed here"
    advice: ClassVar = "if it is meant to be so long, raise the limit with `--limit steps=N`"
    example: ClassVar = "expert: arithmetic\ntrace:\n" + "- {op: formula, expression: x}\n" * 1001
    count: int
    most: int


class EmptyComposition(Diagnostic):
    """A composition holds at least one trace."""

    code: ClassVar = "T226"
    name: ClassVar = "empty-composition"
    title: ClassVar = "the composition has no sub-trace"
    label: ClassVar = "expected a list of traces"
    advice: ClassVar = "write a trace with `expert:` and `trace:` for each part of the problem"
    example: ClassVar = "question: How many?\ncomposition: []\n"
    instead: ClassVar = COMPOSED


DIAGNOSTICS = (
    NotADocument,
    MissingKey,
    UnknownKey,
    WrongKind,
    MissingField,
    UnknownField,
    NotANumber,
    NameForNumber,
    ExpressionForNumber,
    NotAName,
    ReservedName,
    TooManyDigits,
    NameTooLong,
    NotAUnit,
    FieldsTogether,
    NoQuery,
    SecondQuery,
    StepAfterQuery,
    NoSteps,
    TooManySteps,
    EmptyComposition,
)
