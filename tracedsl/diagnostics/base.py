"""What a diagnostic is: a frozen class with a message template over typed fields.

A stage that finds a fault builds an instance and says where; every word shown to a user
stands in the class, so one text serves the error, ``tracedsl explain`` and the documentation.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from enum import StrEnum
from string import Formatter
from typing import ClassVar, dataclass_transform

from tracedsl.diagnostics.examples import GOOD
from tracedsl.record import record
from tracedsl.source import Span


class Severity(StrEnum):
    """An error makes a trace invalid; a warning never does."""

    ERROR = "error"
    WARNING = "warning"


@record
class Label:
    """A second place that matters to a diagnostic, and why."""

    span: Span
    text: str


@record
class Edit:
    """Replace a span of the source by a text."""

    span: Span
    content: str


@record
class Fix:
    """Edits that cure a diagnostic; a safe one never changes what a trace means."""

    message: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=False)
class _Declared:
    """Makes a subclass a frozen dataclass to a type checker.

    At run time one ``__init__`` serves all: generating eighty of them would cost each run of
    ``check`` 50 ms.
    """

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{field} cannot be changed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class Diagnostic(_Declared):
    """Base of the catalogue: the class says what is wrong, the instance where.

    ``title``, ``label``, ``advice``, ``cure`` and the texts of ``places`` are templates over
    the instance's fields, and so are ``expected`` and ``found``, shown on lines of their own;
    ``otherwise`` is the advice where a field of ``advice`` is empty.
    ``places`` maps a span-typed field to the text of its label. ``example`` is a document that
    earns the diagnostic, ``instead`` one that does not.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    title: ClassVar[str]
    label: ClassVar[str] = ""
    advice: ClassVar[str] = ""
    otherwise: ClassVar[str] = ""
    expected: ClassVar[str] = ""
    found: ClassVar[str] = ""
    cure: ClassVar[str] = ""
    safe: ClassVar[bool] = True
    places: ClassVar[dict[str, str]] = {}
    example: ClassVar[str]
    instead: ClassVar[str] = GOOD

    span: Span
    edits: tuple[Edit, ...] = ()

    @property
    def message(self) -> str:
        """The fault in one line, without a full stop."""
        return self.fill(self.title)

    @property
    def pointer(self) -> str:
        """What stands beside the caret."""
        return self.fill(self.label)

    @property
    def help(self) -> str:
        """What a beginner can do about it; empty if the message says it all."""
        holes = (name for _, name, _, _ in Formatter().parse(self.advice) if name)
        return self.fill(self.advice if all(getattr(self, hole) for hole in holes) else self.otherwise)

    @property
    def comparison(self) -> tuple[tuple[str, str], ...]:
        """What was expected and what was found, where the two are to be compared."""
        return (("expected", self.fill(self.expected)), ("found", self.fill(self.found))) if self.expected else ()

    @property
    def labels(self) -> tuple[Label, ...]:
        """The other places that matter."""
        spans = ((getattr(self, field), text) for field, text in self.places.items())
        return tuple(Label(span, self.fill(text)) for span, text in spans if span is not None)

    @property
    def fix(self) -> Fix | None:
        """The edits that cure it, if there are any."""
        return Fix(self.fill(self.cure), self.edits, self.safe) if self.edits else None

    def fill(self, template: str) -> str:
        """Put the fields into a template, made visible and short."""
        return Formatter().vformat(template, (), _Fields(self)) if "{" in template else template


class _Fields(dict[str, str]):
    """A diagnostic's fields as a template sees them: visible and short."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self._diagnostic = diagnostic

    def __missing__(self, field: str) -> str:
        return _shown(getattr(self._diagnostic, field))


class Warn(Diagnostic):
    """Base of the warnings."""

    severity: ClassVar[Severity] = Severity.WARNING


def has_error(faults: Iterable[Diagnostic]) -> bool:
    """Return whether one of the diagnostics makes its document invalid."""
    return any(fault.severity is Severity.ERROR for fault in faults)


def visible(text: str) -> str:
    """Return a text with every character that does not print, or that reorders others, escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _shown(value: object, longest: int = 100) -> str:
    if isinstance(value, tuple):
        return words(value)
    text = visible(str(value)[: 2 * longest])
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


#: So many of a list of names are told; of more, how many others there are.
MOST_NAMES = 40


def words(names: Iterable[object]) -> str:
    """Join names for a sentence, each in backticks: ``a``, ``a or b``, ``a, b or c``."""
    quoted = [f"`{_shown(name)}`" for name in names]
    if len(quoted) > MOST_NAMES:
        quoted[MOST_NAMES - 1 :] = [f"{len(quoted) - MOST_NAMES + 1} others"]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


#: How many names of one text a near one is sought for: the search is slow.
MOST_HINTS = 20


def near(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return at most four known names that look like ``name`` or begin it, the nearest first."""
    name, candidates = name[:80], sorted(known)[:500]
    extended = [other for other in candidates if len(other) >= 3 and name != other and name.startswith(other)]
    close = difflib.get_close_matches(name, candidates, n=4)
    return tuple(dict.fromkeys((*extended, *close)))[:4]
