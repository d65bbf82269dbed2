"""T6: sub-traces and their results."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic, Warn
from tracedsl.diagnostics.examples import COMPOSED, vary
from tracedsl.source import Span


class NotASource(Diagnostic):
    """A `source` is `prev.result`, `subK.result` (K counts from 0) or `NAME.result`.

    Only the result of a sub-trace leaves it; its other quantities are its own.
    """

    code: ClassVar = "T601"
    name: ClassVar = "not-a-source"
    title: ClassVar = "`{text}` is not a source"
    label: ClassVar = "expected `prev.result`, `sub0.result` or `NAME.result`"
    advice: ClassVar = "write `prev.result` for the sub-trace just before; only a sub-trace's result can be used"
    example: ClassVar = vary("prev.result", "prev.total", COMPOSED)
    instead: ClassVar = COMPOSED
    text: str


class NothingBefore(Diagnostic):
    """A source refers to an earlier sub-trace, and there is none."""

    code: ClassVar = "T602"
    name: ClassVar = "nothing-before"
    title: ClassVar = "there is no sub-trace before this one"
    label: ClassVar = "`{text}` has nothing to refer to"
    advice: ClassVar = "give a `value`, or put the sub-trace that computes it above"
    example: ClassVar = vary("value: 12", "source: prev.result")
    text: str


class SourceNotBefore(Diagnostic):
    """A source refers to the sub-trace it stands in, or to a later one.

    Sub-traces run in order, so results flow only downwards.
    """

    code: ClassVar = "T603"
    name: ClassVar = "source-not-before"
    title: ClassVar = "`{text}` is not computed before this sub-trace"
    label: ClassVar = "refers to {where}"
    advice: ClassVar = "refer to an earlier sub-trace, or move that one up; `sub0` is the first"
    example: ClassVar = vary("prev.result", "sub1.result", COMPOSED)
    instead: ClassVar = COMPOSED
    text: str
    where: str


class UnknownSubtrace(Diagnostic):
    """A source names a sub-trace that does not exist."""

    code: ClassVar = "T604"
    name: ClassVar = "unknown-sub-trace"
    title: ClassVar = "there is no sub-trace `{subtrace}`"
    label: ClassVar = "unknown sub-trace"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "use `prev`, `sub0`, `sub1`, … or give the sub-trace a `name:`"
    example: ClassVar = vary("prev.result", "discount.result", COMPOSED)
    instead: ClassVar = COMPOSED
    subtrace: str
    near: tuple[str, ...]


class DuplicateSubtrace(Diagnostic):
    """Two sub-traces have the same name."""

    code: ClassVar = "T605"
    name: ClassVar = "duplicate-sub-trace"
    title: ClassVar = "two sub-traces are named `{subtrace}`"
    label: ClassVar = "named again"
    advice: ClassVar = "choose another name"
    places: ClassVar = {"first": "first named here"}
    example: ClassVar = COMPOSED.replace("  trace:", "  name: sale\n  trace:")
    instead: ClassVar = COMPOSED
    subtrace: str
    first: Span


class ReservedSubtrace(Diagnostic):
    """`prev` and `sub0`, `sub1`, … refer to sub-traces by their place and cannot be names."""

    code: ClassVar = "T606"
    name: ClassVar = "reserved-sub-trace"
    title: ClassVar = "a sub-trace cannot be named `{subtrace}`"
    label: ClassVar = "refers to a sub-trace by its place"
    advice: ClassVar = "choose a name that says what it computes"
    example: ClassVar = vary("  trace:", "  name: prev\n  trace:", COMPOSED)
    instead: ClassVar = COMPOSED
    subtrace: str


class UnusedResult(Warn):
    """No later sub-trace uses the result of this one.

    Only the last sub-trace's result is the answer, so this one changes nothing.
    """

    code: ClassVar = "T607"
    name: ClassVar = "unused-result"
    title: ClassVar = "the result of this sub-trace is not used"
    label: ClassVar = "`{var}` is queried, but no `source` refers to it"
    advice: ClassVar = "refer to it in a later sub-trace by `source: {subtrace}.result`, or delete the sub-trace"
    example: ClassVar = vary("source: prev.result", "value: 60", COMPOSED)
    instead: ClassVar = COMPOSED
    var: str
    subtrace: str


class SingleComposition(Warn):
    """A composition of one trace is just that trace."""

    code: ClassVar = "T608"
    name: ClassVar = "single-composition"
    title: ClassVar = "a composition of one trace"
    label: ClassVar = "the only sub-trace"
    advice: ClassVar = "write it as a plain trace, without the list"
    example: ClassVar = COMPOSED.partition("- expert: arithmetic")[0]
    instead: ClassVar = COMPOSED


class TooManySubtraces(Diagnostic):
    """A composition has more sub-traces than the limit."""

    code: ClassVar = "T609"
    name: ClassVar = "too-many-sub-traces"
    title: ClassVar = "the composition has {count} sub-traces, more than {most}"
    label: ClassVar = "the limit `subtraces` is passed here"
    advice: ClassVar = "if it is meant to be so long, raise the limit with `--limit subtraces=N`"
    example: ClassVar = COMPOSED.partition("- expert: arithmetic")[0] * 65
    instead: ClassVar = COMPOSED
    count: int
    most: int


DIAGNOSTICS = (
    NotASource,
    NothingBefore,
    SourceNotBefore,
    UnknownSubtrace,
    DuplicateSubtrace,
    ReservedSubtrace,
    UnusedResult,
    SingleComposition,
    TooManySubtraces,
)
