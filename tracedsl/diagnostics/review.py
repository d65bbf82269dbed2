"""T7: grounding in the question; T8: shortcuts; T9: form. All are warnings."""

from __future__ import annotations

from typing import ClassVar

from tracedsl.diagnostics.base import Warn
from tracedsl.diagnostics.examples import COMPOSED, GOOD, vary
from tracedsl.source import Span

_ASKED = "question: 3 pens cost $12 each. What do they cost?\nanswer: 36\n" + GOOD


class Ungrounded(Warn):
    """A number of the trace does not come from the question.

    A number is grounded if the question has it as digits, as a word (three, half, dozen), or
    as a percent it follows from (20 % gives 20, 0.2, 80 and 1.2), or if it is one of the
    listed constants (2, 7, 12, 60, 100, …). Another number is often a result computed by heart.
    """

    code: ClassVar = "T701"
    name: ClassVar = "ungrounded-number"
    title: ClassVar = "{number} does not occur in the question"
    label: ClassVar = "where does it come from?"
    advice: ClassVar = "compute it from the numbers of the question, or correct it"
    example: ClassVar = vary("answer: 36", "answer: 39", _ASKED).replace("value: 12", "value: 13")
    instead: ClassVar = _ASKED
    number: str


class ResultIsInput(Warn):
    """Whatever the inputs are, the result equals one of them.

    Adding 0, multiplying by 1 or giving everything away computes nothing: it dresses a number
    of the question up as a result.
    """

    code: ClassVar = "T801"
    name: ClassVar = "result-is-an-input"
    title: ClassVar = "`{var}` always equals {number}, which is given"
    label: ClassVar = "computed, but never different"
    advice: ClassVar = "wire the quantities that the answer depends on"
    places: ClassVar = {"origin": "given here"}
    example: ClassVar = vary("value: 3", "value: 1")
    var: str
    number: str
    origin: Span


class ResultIsConstant(Warn):
    """Whatever the inputs are, the result is the same."""

    code: ClassVar = "T802"
    name: ClassVar = "result-is-a-constant"
    title: ClassVar = "`{var}` is always the same, whatever is given"
    label: ClassVar = "does not depend on any quantity"
    advice: ClassVar = "wire the quantities that the answer depends on"
    example: ClassVar = vary("mul, args: [price, count]", "sub, args: [price, price]")
    var: str


class UnusedInit(Warn):
    """A quantity is brought in, and nothing that matters uses it.

    Either the trace forgets it, or the question mentions it only to distract.
    """

    code: ClassVar = "T803"
    name: ClassVar = "unused-init"
    title: ClassVar = "`{var}` is never used"
    label: ClassVar = "the result does not depend on it"
    advice: ClassVar = "use it in a step, or delete this one"
    cure: ClassVar = "delete the step"
    safe: ClassVar = False
    example: ClassVar = vary("args: [price, count]", "args: [price, 3]")
    var: str


class DeadStep(Warn):
    """A step computes something that the result does not depend on."""

    code: ClassVar = "T804"
    name: ClassVar = "dead-step"
    title: ClassVar = "the result does not depend on this `{op}` step"
    label: ClassVar = "`{var}` is not used below"
    advice: ClassVar = "use `{var}` in a later step, or delete this one"
    cure: ClassVar = "delete the step"
    safe: ClassVar = False
    example: ClassVar = vary(
        "- {op: query", "- {op: compute, compute_op: add, args: [total, 2], var: more}\n- {op: query"
    )
    op: str
    var: str


class SameEntity(Warn):
    """A step names the same entity twice, so it changes nothing."""

    code: ClassVar = "T805"
    name: ClassVar = "same-entity"
    title: ClassVar = "this `{op}` goes from `{var}` to itself"
    label: ClassVar = "changes nothing"
    advice: ClassVar = "name another entity, or delete the step"
    cure: ClassVar = "delete the step"
    safe: ClassVar = False
    example: ClassVar = """\
expert: entity_track
trace:
- {op: init, var: ann.apples, value: 9}
- {op: transfer, from: ann.apples, to: ann.apples, amount: 4}
- {op: consume, entity: ann.apples, amount: 2}
- {op: query, var: ann.apples}
"""
    op: str
    var: str


class FormulaStep(Warn):
    """A `formula` step means nothing.

    It was once a note for the reader; models trained with it did worse, so new traces have none.
    """

    code: ClassVar = "T901"
    name: ClassVar = "formula-step"
    title: ClassVar = "a `formula` step means nothing"
    label: ClassVar = "only a note"
    advice: ClassVar = "delete it, or write it as a comment"
    cure: ClassVar = "delete the step"
    example: ClassVar = vary("- {op: compute", "- {op: formula, expression: price * count}\n- {op: compute")


class OtherSpelling(Warn):
    """A step or a field is written by another name than the canonical one."""

    code: ClassVar = "T902"
    name: ClassVar = "other-spelling"
    title: ClassVar = "`{written}` is another spelling of `{canonical}`"
    label: ClassVar = "write `{canonical}`"
    advice: ClassVar = "models learn one spelling; `tracedsl check --fix` or `tracedsl fmt` changes it"
    cure: ClassVar = "write `{canonical}`"
    example: ClassVar = vary("op: compute", "op: compare").replace("arithmetic", "comparison")
    written: str
    canonical: str


class FromForSource(Warn):
    """An `init` has `from:` where the language says `source:`."""

    code: ClassVar = "T903"
    name: ClassVar = "from-for-source"
    title: ClassVar = "`from` on an init is read as `source`"
    label: ClassVar = "write `source`"
    advice: ClassVar = "`from` is a slot of `transfer`; `tracedsl check --fix` changes it here"
    cure: ClassVar = "write `source`"
    example: ClassVar = vary("source: prev", "from: prev", COMPOSED)
    instead: ClassVar = COMPOSED


class UnusedIgnore(Warn):
    """A comment `# tracedsl: ignore[CODE]` ignores nothing.

    It covers its own step (on its line, or on the line below) and warnings only; an error
    cannot be ignored.
    """

    code: ClassVar = "T904"
    name: ClassVar = "unused-ignore"
    title: ClassVar = "this comment ignores {ignored}, which does not occur"
    label: ClassVar = "nothing to ignore"
    advice: ClassVar = "delete the code from the comment; errors cannot be ignored"
    cure: ClassVar = "delete the comment"
    example: ClassVar = vary("value: 3}", "value: 3}  # tracedsl: ignore[T803] needed later")
    ignored: tuple[str, ...]


class IgnoreWithoutCode(Warn):
    """A comment `# tracedsl: ignore` names no code.

    Naming the codes keeps a comment from hiding what comes later.
    """

    code: ClassVar = "T905"
    name: ClassVar = "ignore-without-code"
    title: ClassVar = "this comment names no code to ignore"
    label: ClassVar = "ignores nothing"
    advice: ClassVar = "write `# tracedsl: ignore[T803] reason`"
    example: ClassVar = vary("value: 3}", "value: 3}  # tracedsl: ignore")


DIAGNOSTICS = (
    Ungrounded,
    ResultIsInput,
    ResultIsConstant,
    UnusedInit,
    DeadStep,
    SameEntity,
    FormulaStep,
    OtherSpelling,
    FromForSource,
    UnusedIgnore,
    IgnoreWithoutCode,
)
