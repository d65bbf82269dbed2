"""C0: what is wrong with a declared pattern."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import vary

PATTERN = """\
kind: patterns
expert: arithmetic
patterns:
  two_prices:
    draws: {item: toys, price: 2..20, count: 2..9}
    questions:
    - A <item> costs $<price>. What do <count item> cost?
    trace:
    - {op: init, var: price, value: <price>}
    - {op: init, var: count, value: <count>}
    - {op: compute, compute_op: mul, args: [price, count], var: total}
    - {op: query, var: total}
    answer: price * count
"""


class UnknownHole(Diagnostic):
    """A template or a formula of a pattern uses a name that the pattern does not draw or derive."""

    code: ClassVar = "C001"
    name: ClassVar = "unknown-hole"
    title: ClassVar = "`{hole}` is neither drawn nor derived"
    label: ClassVar = "nothing fills it"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "declare it in `draws` or `derives`; there are {known}"
    example: ClassVar = vary("costs $<price>", "costs $<prize>", PATTERN)
    instead: ClassVar = PATTERN
    hole: str
    known: tuple[str, ...]
    near: tuple[str, ...]


class BadRange(Diagnostic):
    """A draw is neither a range, nor a list, nor a kind of word of the lexicon."""

    code: ClassVar = "C002"
    name: ClassVar = "bad-range"
    title: ClassVar = "`{text}` is not something to draw from"
    label: ClassVar = "expected a range, a list or a kind of word"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = (
        "write LOW..HIGH, LOW..HIGH by STEP, a list such as [10, 20], or a kind of word such as `person`"
    )
    example: ClassVar = vary("2..20", "2-20", PATTERN)
    instead: ClassVar = PATTERN
    text: str
    near: tuple[str, ...]


class NoTrace(Diagnostic):
    """A pattern has a trace, or a composition of several: exactly one of the two."""

    code: ClassVar = "C003"
    name: ClassVar = "no-trace"
    title: ClassVar = "`{pattern}` must have either `trace` or `composition`"
    label: ClassVar = "has {count} of them"
    advice: ClassVar = "`trace` lists steps of the file's expert; `composition` lists traces, each with its `expert`"
    example: ClassVar = PATTERN.replace("    trace:", "    composition: []\n    trace:")
    instead: ClassVar = PATTERN
    pattern: str
    count: int


class NotProved(Diagnostic):
    """An example drawn from a pattern does not pass the check, so the pattern generates nothing."""

    code: ClassVar = "C004"
    name: ClassVar = "not-proved"
    title: ClassVar = "`{pattern}` draws examples that are not proved: {fault}"
    label: ClassVar = "{code_found} for the question: {question}"
    advice: ClassVar = "`tracedsl explain {code_found}` says more; mend the trace, the ranges or the answer"
    example: ClassVar = vary("answer: price * count", "answer: price + count", PATTERN)
    instead: ClassVar = PATTERN
    pattern: str
    fault: str
    code_found: str
    question: str


class NeverHolds(Diagnostic):
    """A pattern draws no example: what it requires holds too rarely, a range is empty, or a formula has no value."""

    code: ClassVar = "C005"
    name: ClassVar = "never-holds"
    title: ClassVar = "`{pattern}` drew no example in {attempts} attempts"
    label: ClassVar = "a range is empty, a formula has no value, or `requires` never holds"
    advice: ClassVar = "widen the ranges, or derive one quantity from the others instead of requiring"
    example: ClassVar = vary("    questions:", "    requires: [price > 100]\n    questions:", PATTERN)
    instead: ClassVar = PATTERN
    pattern: str
    attempts: int


class UnknownForm(Diagnostic):
    """A hole asks for a form that its word or number does not have.

    Nouns have `s` (plural), `a` (with an article), `key` and `name` (plural and singular as names); people `they`, `them`, `their`,
    `key`; numbers `times`, `verb`, `part`, `word`, `digits`; words of a table their columns.
    """

    code: ClassVar = "C006"
    name: ClassVar = "unknown-form"
    title: ClassVar = "a hole of `{pattern}` asks for the form `{form}`, which its value does not have"
    label: ClassVar = "asked for here"
    advice: ClassVar = (
        "nouns have s, a, key and name; people they, them, their and key; numbers times, verb, part, word and digits"
    )
    example: ClassVar = vary("<item>", "<item.many>", PATTERN)
    instead: ClassVar = PATTERN
    pattern: str
    form: str


class NothingListed(Diagnostic):
    """A list of a pattern, or the slots of an operation, are empty, so there is nothing to choose from."""

    code: ClassVar = "C007"
    name: ClassVar = "nothing-listed"
    title: ClassVar = "`{key}` lists nothing"
    label: ClassVar = "an empty list"
    advice: ClassVar = "give `{key}` one entry or more"
    example: ClassVar = vary("    - A <item> costs $<price>. What do <count item> cost?\n", "", PATTERN).replace(
        "questions:", "questions: []"
    )
    instead: ClassVar = PATTERN
    key: str


class WordInFormula(Diagnostic):
    """A formula computes with a name that stands for a word, or a word is counted by another number."""

    code: ClassVar = "C008"
    name: ClassVar = "word-for-number"
    title: ClassVar = "`{hole}` is {kind}, and this place takes {wanted}"
    label: ClassVar = "expected {wanted}"
    advice: ClassVar = (
        "formulas compute with numbers that are drawn or derived; a hole such as <count item> counts a word"
    )
    example: ClassVar = vary("answer: price * count", "answer: price * item", PATTERN)
    instead: ClassVar = PATTERN
    hole: str
    kind: str
    wanted: str


class InheritsItself(Diagnostic):
    """A pattern extends itself, directly or by others."""

    code: ClassVar = "C009"
    name: ClassVar = "inherits-itself"
    title: ClassVar = "`{pattern}` extends itself"
    label: ClassVar = "leads back here"
    advice: ClassVar = "put what patterns share into `shared`, and extend that"
    example: ClassVar = vary("    draws:", "    extends: two_prices\n    draws:", PATTERN)
    instead: ClassVar = PATTERN
    pattern: str


REWARDS = """\
kind: rewards
policies:
  strict:
    summary: nothing but a right answer is worth anything
    rewards: {unparsed: 0, wrong_expert: 0, invalid: 0, short_circuit: 0, wrong_answer: 0.1, right_value: 1}
"""


class RewardFalls(Diagnostic):
    """A reward policy pays less for a completion with one mistake less.

    A model then learns to keep the mistake. From `unparsed` to `same_function` no reward may fall.
    """

    code: ClassVar = "C010"
    name: ClassVar = "reward-falls"
    title: ClassVar = "`{outcome}` is worth {reward}, and `{worse}` {more}"
    label: ClassVar = "the rewards fall here"
    advice: ClassVar = "give `{outcome}` at least {more}, or `{worse}` at most {reward}"
    example: ClassVar = vary("invalid: 0,", "invalid: 0.2,", REWARDS)
    instead: ClassVar = REWARDS
    outcome: str
    reward: str
    worse: str
    more: str


DIAGNOSTICS = (
    UnknownHole,
    BadRange,
    NoTrace,
    NotProved,
    NeverHolds,
    UnknownForm,
    NothingListed,
    WordInFormula,
    InheritsItself,
    RewardFalls,
)
