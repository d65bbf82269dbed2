"""Where in a text a decoder is: what is being written, and what may follow."""

from __future__ import annotations

from enum import Enum, auto
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tracedsl.decoding.effects import Quantity
from tracedsl.decoding.forms import Form
from tracedsl.decoding.scopes import Scope
from tracedsl.decoding.tries import Node
from tracedsl.record import entity, record
from tracedsl.vocabulary import Operation

if TYPE_CHECKING:
    from tracedsl.decoding.language import Language


#: Stands for a name in writing wherever a completion repeats it.
OPEN = "\0"


class Stage(Enum):
    """What is being written."""

    OPENING = auto()  # free text up to the opening
    HEAD = auto()  # a trace's head, or the end
    LABEL = auto()
    BODY = auto()
    STEP = auto()  # which step, or the query
    OPERAND = auto()
    AFTER_OPERAND = auto()
    VAR = auto()
    AFTER_VAR = auto()
    VALUE = auto()
    SOURCE = auto()
    QUERY = auto()
    CLOSE = auto()
    ENDED = auto()


class Sign(Enum):
    """What a fixed text that is over leads to, where nothing else need be known."""

    BODY = auto()
    INIT = auto()
    QUERY = auto()
    MORE = auto()
    DONE = auto()
    VALUE = auto()
    SOURCE = auto()
    CLOSE = auto()
    END = auto()


#: Signs after which a step or a trace is over, so that all that can follow begins alike.
CLOSED = frozenset({Sign.CLOSE, Sign.BODY})


def firsts(event: Any, breaks: frozenset[int]) -> frozenset[int] | None:
    """Return the bytes that can come first after a fixed text, where all that follow it begin alike."""
    return breaks if event in CLOSED else None


@record
class Head:
    """A trace's head has been written."""

    expert: str
    composition: bool
    labelled: bool


@record
class Naming:
    """A new name in writing."""

    text: str


@record
class Counting:
    """An open number in writing."""

    text: str


@record
class Free:
    """Free text of which the last ``matched`` characters begin the opening."""

    matched: int


@record
class Choice:
    """A word of a list, or the beginning of an open number."""

    node: Node


#: Where in the text a state stands.
Spot = Node | Choice | Naming | Counting | Free


@entity
class State:
    """A prefix of a valid text; states are told apart by identity."""

    language: Language
    scope: Scope
    stage: Stage
    spot: Spot
    form: Form | None = None
    operands: tuple[Quantity, ...] = ()
    var: str = ""
    source: int | None = None

    def step(self, byte: int) -> State | None:
        """Return the state after one more byte, ``None`` if no valid text goes on with it."""
        return self.language.step(self, byte)

    def steps(self, text: bytes) -> State | None:
        """Return the state after some bytes."""
        at, used = self.language.along(self, text)
        state: State | None = at
        for byte in text[used:]:
            if state is None:
                return None
            state = state.step(byte)
        return state

    def takes(self, text: bytes) -> bool:
        """Return whether a valid text may go on with some bytes; no more is worked out than that takes."""
        state: State | None = self
        for byte, following in pairwise(text):
            if state is None or not self.language.leads_to(state, byte, following):
                return False
            state = state.step(byte)
        return state is not None and (not text or self.language.takes(state, text[-1]))

    @property
    def allowed(self) -> frozenset[int]:
        """The bytes that a valid text may go on with."""
        return frozenset(byte for byte in range(256) if self.language.takes(self, byte))

    @property
    def bounded(self) -> bool:
        """Whether the numbers that can stand here have no gaps: an operation's conditions bound them."""
        return self.form is not None and isinstance(self.form.rule, Operation)

    @property
    def complete(self) -> bool:
        """Whether the text may end here."""
        return self.language.complete(self)

    def shortest_completion(self) -> bytes:
        """Return a short text that completes this one; it is known, not proved the shortest."""
        from tracedsl.decoding.completion import completion

        return "".join(completion(self)).encode()

    def at(self, stage: Stage, spot: Spot, **changes: Any) -> State:
        """Return a state in the same step."""
        if not changes:
            return State(self.language, self.scope, stage, spot, self.form, self.operands, self.var)
        kept = {"scope": self.scope, "form": self.form, "operands": self.operands, "var": self.var, **changes}
        return State(self.language, stage=stage, spot=spot, **kept)
