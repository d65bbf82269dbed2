"""T5: types, units and values."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import GOOD, TRACKED, vary
from tracedsl.source import Span


class PercentForNumber(Diagnostic):
    """A percent stands where a plain number is needed.

    `20%` is the percent 20, not the number 0.2: it fits percent slots such as `rate`, and
    `add`, `sub`, `min` and `max` of percents alone. Elsewhere it could be meant as 20 or as 0.2.
    """

    code: ClassVar = "T501"
    name: ClassVar = "percent-for-number"
    title: ClassVar = "`{text}` is a percent where a number is needed"
    label: ClassVar = "`{op}` takes a number here"
    advice: ClassVar = "use a step of the expert `percentage` (percent_of, percent_off, …), or write the number that is meant: {whole} or {part}"
    otherwise: ClassVar = (
        "use a step of the expert `percentage` (percent_of, percent_off, …), or init the plain number that is meant"
    )
    places: ClassVar = {"origin": "a percent since here"}
    example: ClassVar = vary("value: 3", "value: 20%")
    text: str
    op: str
    whole: str
    part: str
    origin: Span | None


class UnitMismatch(Diagnostic):
    """Quantities of different units are added, subtracted or compared."""

    code: ClassVar = "T502"
    name: ClassVar = "unit-mismatch"
    title: ClassVar = "the units do not agree in this `{op}`"
    label: ClassVar = "this is in {second}"
    expected: ClassVar = "{first}"
    found: ClassVar = "{second}"
    advice: ClassVar = "convert one of them by a step, or correct a `unit:`; a quantity without a unit fits any"
    places: ClassVar = {"first_origin": "{first} comes from here", "second_origin": "{second} comes from here"}
    example: ClassVar = (
        vary("value: 12", "value: 12, unit: dollars").replace("value: 3", "value: 3, unit: hours").replace("mul", "add")
    )
    op: str
    first: str
    second: str
    first_origin: Span | None
    second_origin: Span | None


class UnitInPower(Diagnostic):
    """Powers and roots are taken of quantities without a unit."""

    code: ClassVar = "T503"
    name: ClassVar = "unit-in-power"
    title: ClassVar = "`{op}` takes quantities without a unit"
    label: ClassVar = "this is in {unit}"
    advice: ClassVar = "delete the `unit:`, or multiply step by step"
    places: ClassVar = {"origin": "{unit} comes from here"}
    example: ClassVar = vary("value: 12", "value: 12, unit: dollars").replace("mul", "pow")
    op: str
    unit: str
    origin: Span | None


class DivisionByZero(Diagnostic):
    """A step divides by zero."""

    code: ClassVar = "T504"
    name: ClassVar = "division-by-zero"
    title: ClassVar = "`{op}` divides by zero"
    label: ClassVar = "this is 0"
    advice: ClassVar = "check the value of the divisor and the order of `args`: the dividend comes first"
    example: ClassVar = vary("value: 3", "value: 0").replace("mul", "div")
    op: str


class RequirementNotMet(Diagnostic):
    """A condition that an operation declares does not hold: nobody can give more than there is."""

    code: ClassVar = "T505"
    name: ClassVar = "requirement-not-met"
    title: ClassVar = "`{op}` requires `{condition}`"
    label: ClassVar = "here {left} is {left_value}"
    expected: ClassVar = "{left} {relation} {right_value}"
    found: ClassVar = "{left} = {left_value}"
    advice: ClassVar = "check this number, and the steps above that made `{right}` {right_value}"
    otherwise: ClassVar = "check this number and the steps above that made it"
    example: ClassVar = vary("amount: 4", "amount: 14", TRACKED)
    instead: ClassVar = TRACKED
    op: str
    condition: str
    left: str
    relation: str
    left_value: str
    right: str
    right_value: str


class NoRationalRoot(Diagnostic):
    """Values are exact: a root is taken only where it is a fraction of whole numbers."""

    code: ClassVar = "T506"
    name: ClassVar = "no-rational-root"
    title: ClassVar = "the square root of {value} is not a rational number"
    label: ClassVar = "this is {value}"
    advice: ClassVar = "only squares such as 16 or 9/4 have an exact root; check the value"
    example: ClassVar = vary("mul, args: [price, count]", "sqrt, args: [price]")
    value: str


class ExponentNotWhole(Diagnostic):
    """Values are exact: an exponent is a whole number."""

    code: ClassVar = "T507"
    name: ClassVar = "exponent-not-whole"
    title: ClassVar = "the exponent {value} is not a whole number"
    label: ClassVar = "this is {value}"
    advice: ClassVar = "use a whole exponent, or `sqrt` for a square root"
    example: ClassVar = vary("value: 3", "value: 1/2").replace("mul", "pow")
    value: str


class ValueTooLarge(Diagnostic):
    """A value outgrows the limit."""

    code: ClassVar = "T508"
    name: ClassVar = "value-too-large"
    title: ClassVar = "the result of `{op}` is longer than {most} bits"
    label: ClassVar = "the limit `bits` is passed here"
    advice: ClassVar = "check for a power or a repeated multiplication too many; `--limit bits=N` raises the limit"
    example: ClassVar = vary("value: 3", "value: 3000").replace("mul", "pow")
    op: str
    most: int


class AssertionFailed(Diagnostic):
    """A `state` step claims a value that the quantity does not have."""

    code: ClassVar = "T509"
    name: ClassVar = "assertion-failed"
    title: ClassVar = "`{var}` does not have the claimed value"
    label: ClassVar = "claimed here"
    expected: ClassVar = "{claimed}"
    found: ClassVar = "{value}"
    advice: ClassVar = "correct the claim, or the steps that compute `{var}`"
    example: ClassVar = vary("- {op: query", "- {op: state, assertions: {total: 35}}\n- {op: query")
    var: str
    claimed: str
    value: str


class WrongAnswer(Diagnostic):
    """The trace of an example computes another value than its `answer`."""

    code: ClassVar = "T510"
    name: ClassVar = "wrong-answer"
    title: ClassVar = "the trace does not compute the answer"
    label: ClassVar = "the query gives {value}"
    expected: ClassVar = "{answer}"
    found: ClassVar = "{value}"
    advice: ClassVar = "compare the steps with the question; `tracedsl run --values` shows every value"
    places: ClassVar = {"stated": "the answer is stated here"}
    example: ClassVar = "question: 3 pens cost $12 each. What do they cost?\nanswer: 35\n" + GOOD
    instead: ClassVar = "question: 3 pens cost $12 each. What do they cost?\nanswer: 36\n" + GOOD
    answer: str
    value: str
    stated: Span | None


class AnswerNotANumber(Diagnostic):
    """The stated answer of an example is a number, as the values of a trace are.

    Commas, `$`, `%` and a trailing `.0` are read; words and units are not.
    """

    code: ClassVar = "T511"
    name: ClassVar = "answer-not-a-number"
    title: ClassVar = "the answer `{text}` is not a number"
    label: ClassVar = "expected an answer such as 72, $1,200 or 0.5"
    advice: ClassVar = "write the number alone, without words or units"
    example: ClassVar = "question: 3 pens cost $12 each. What do they cost?\nanswer: 36 dollars\n" + GOOD
    instead: ClassVar = "question: 3 pens cost $12 each. What do they cost?\nanswer: $36\n" + GOOD
    text: str


DIAGNOSTICS = (
    PercentForNumber,
    UnitMismatch,
    UnitInPower,
    DivisionByZero,
    RequirementNotMet,
    NoRationalRoot,
    ExponentNotWhole,
    ValueTooLarge,
    AssertionFailed,
    WrongAnswer,
    AnswerNotANumber,
)
