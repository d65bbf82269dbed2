"""What a decoder may be asked for beyond validity."""

from __future__ import annotations

from dataclasses import replace

from tracedsl.grounding import grounded
from tracedsl.limits import DEFAULT, Limits
from tracedsl.numbers import Number, read_number, spell
from tracedsl.record import record
from tracedsl.syntax.scalars import NAME, is_reserved
from tracedsl.vocabulary import Lexicon


@record
class Options:
    """Settings of the constraint; the defaults let every valid canonical text through.

    ``experts`` are those allowed (``None``: all). ``numbers`` are the only ones that may be
    written (``None``: any; `grounded_numbers` gives those of a question). ``names`` is a closed
    pool of variable names (``None``: open). ``execute`` keeps the values of all names, so that no
    step without a value can be written. ``no_unused`` lets a query through only when all that was
    brought in and computed is used. ``steps`` and ``operands`` bound a document and a step.
    ``compositions``, ``labels`` (names of sub-traces) and ``percents`` (``20%``) can be forbidden.
    ``opening`` is the text after which the constraint begins (before it the model writes
    freely) and ``closing`` the text that must follow the trace, such as a fence.
    """

    experts: tuple[str, ...] | None = None
    numbers: tuple[Number, ...] | None = None
    names: tuple[str, ...] | None = None
    execute: bool = True
    no_unused: bool = False
    steps: int = 256
    operands: int = 32
    compositions: bool = True
    labels: bool = True
    percents: bool = True
    opening: str = ""
    closing: str = ""
    limits: Limits = DEFAULT


ANY = Options()


def checked(options: Options) -> Options:
    """Return options whose bounds are within the limits; a name or a number that no trace can hold is a ValueError."""
    if isinstance(options.experts, str):
        raise ValueError(f"experts is a tuple of names, not {options.experts!r}")
    if min(options.steps, options.operands) < 1:
        raise ValueError(f"steps and operands are numbers from 1 on, not {options.steps} and {options.operands}")
    for name in options.names or ():
        if NAME.fullmatch(name) is None or is_reserved(name) or len(name) > options.limits.name:
            raise ValueError(f"{name!r} is no name that a trace can hold")
    for number in options.numbers or ():
        if read_number(spell(number), options.limits.digits) != number:
            raise ValueError(f"{spell(number)} is no number that a trace can hold")
    return replace(options, steps=min(options.steps, options.limits.steps))


def grounded_numbers(question: str, lexicon: Lexicon, limits: Limits = DEFAULT) -> tuple[Number, ...]:
    """Return every number that a trace for a question may use without T7, of either sign and as a percent.

    What has more digits than a trace can hold is left out.
    """
    known = {*grounded(question, lexicon), *lexicon.constants}
    values = [value for value in known if isinstance(read_number(spell(Number(value)), limits.digits), Number)]
    signed = sorted({sign * value for value in values for sign in (1, -1)})
    return tuple(Number(value, percent) for percent in (False, True) for value in signed)
