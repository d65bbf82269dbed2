"""T4: names and wiring."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import vary
from tracedsl.source import Span


class AlreadyDefined(Diagnostic):
    """Every step defines a new name.

    A name that meant two things would depend on where one reads it. Entities change by
    `consume`, `add_entity` and `transfer`, which update what exists.
    """

    code: ClassVar = "T401"
    name: ClassVar = "already-defined"
    title: ClassVar = "`{var}` is already defined"
    label: ClassVar = "defined again"
    advice: ClassVar = "choose a new name, such as `{var}_2`, and use it in the steps below"
    places: ClassVar = {"first": "first defined here"}
    example: ClassVar = vary("var: count, value: 3", "var: price, value: 3").replace("price, count", "price, price")
    var: str
    first: Span


class UndefinedName(Diagnostic):
    """A step uses a name that no step defines."""

    code: ClassVar = "T402"
    name: ClassVar = "undefined-name"
    title: ClassVar = "`{var}` is not defined"
    label: ClassVar = "no step defines it"
    advice: ClassVar = "did you mean {near}?"
    otherwise: ClassVar = "bring it in above: {{op: init, var: {var}, value: NUMBER}}"
    places: ClassVar = {"nearest": "`{nearest_name}` is defined here"}
    example: ClassVar = vary("query, var: total", "query, var: totals")
    var: str
    near: tuple[str, ...]
    nearest: Span | None
    nearest_name: str


class DefinedLater(Diagnostic):
    """Steps run in order: a step can use only what is defined above it."""

    code: ClassVar = "T403"
    name: ClassVar = "defined-later"
    title: ClassVar = "`{var}` is used before it is defined"
    label: ClassVar = "not defined yet"
    advice: ClassVar = "move the step that defines `{var}` above this one"
    places: ClassVar = {"later": "defined only here"}
    example: ClassVar = vary("- {op: init, var: count, value: 3}\n", "").replace(
        "- {op: query", "- {op: init, var: count, value: 3}\n- {op: query"
    )
    var: str
    later: Span


class InitOnlyQuery(Diagnostic):
    """The query asks for a quantity that no operation has written.

    A trace that answers with a number of the question computes nothing: the model regurgitates
    instead of wiring. What counts is whether an operation wrote the name, not its value.
    """

    code: ClassVar = "T404"
    name: ClassVar = "init-only-query"
    title: ClassVar = "`{var}` is given, not computed"
    label: ClassVar = "no operation has written `{var}`"
    advice: ClassVar = (
        "query the result of a step that computes; if nothing is to be computed, this is no problem for a trace"
    )
    places: ClassVar = {"origin": "brought in here"}
    example: ClassVar = vary("query, var: total", "query, var: price")
    var: str
    origin: Span


DIAGNOSTICS = (AlreadyDefined, UndefinedName, DefinedLater, InitOnlyQuery)
