"""T12: the trace in what a model has written."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import GOOD
from tracedsl.source import Span

_FENCED = f"Each costs 12, so I multiply.\n\n```yaml\n{GOOD}```\n"


class NoTrace(Diagnostic):
    """A completion holds no trace, neither in a fence nor bare.

    A trace begins on a line of its own with `expert:`, `- expert:` or the same in JSON.
    """

    code: ClassVar = "T121"
    name: ClassVar = "no-trace-in-completion"
    title: ClassVar = "the completion holds no trace"
    label: ClassVar = "no line begins with `expert:`"
    advice: ClassVar = "write the trace on lines of its own, bare or between ``` and ```"
    example: ClassVar = "They cost 36 dollars.\n"
    instead: ClassVar = _FENCED


class Truncated(Diagnostic):
    """A completion ends inside its trace: in a step, or before its fence is closed.

    It is usually the limit on new tokens that cuts it; nothing is ever added to repair it.
    """

    code: ClassVar = "T122"
    name: ClassVar = "truncated"
    title: ClassVar = "the completion ends inside {place}"
    label: ClassVar = "not finished"
    advice: ClassVar = "allow more new tokens; a torn trace is not repaired"
    example: ClassVar = GOOD[: GOOD.index(", args")]
    instead: ClassVar = GOOD
    place: str


class SeveralTraces(Diagnostic):
    """A completion holds more than one trace.

    To take the first or the last would pay for guessing twice.
    """

    code: ClassVar = "T123"
    name: ClassVar = "several-traces"
    title: ClassVar = "the completion holds a second trace"
    label: ClassVar = "another one begins here"
    advice: ClassVar = "write exactly one; sub-traces are one list of `- expert:`"
    places: ClassVar = {"first": "the first one"}
    example: ClassVar = f"{_FENCED}\nOr rather:\n\n```yaml\n{GOOD.replace('mul', 'add')}```\n"
    instead: ClassVar = _FENCED
    first: Span


class TextAfterTrace(Diagnostic):
    """A completion goes on after its trace."""

    code: ClassVar = "T124"
    name: ClassVar = "text-after-trace"
    title: ClassVar = "there is text after the trace"
    label: ClassVar = "expected the end"
    advice: ClassVar = "write what there is to say before the trace, and end with it"
    example: ClassVar = f"{_FENCED}So the answer is 36.\n"
    instead: ClassVar = _FENCED


DIAGNOSTICS = (NoTrace, Truncated, SeveralTraces, TextAfterTrace)
