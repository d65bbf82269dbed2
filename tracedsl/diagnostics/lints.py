"""C1 to C6: what a corpus would teach wrongly. Each says which result of the seed's runs it comes from."""

from __future__ import annotations

import json
from typing import ClassVar

from tracedsl.diagnostics.base import Warn


def _trace(count: int, price: int) -> str:
    return (
        "expert: rate_equation\ntrace:\n"
        f"- {{op: init, var: rate, value: {price}}}\n- {{op: init, var: time, value: {count}}}\n"
        "- {op: compute, compute_op: mul, args: [rate, time], var: quantity}\n- {op: query, var: quantity}\n"
    )


def _rows(count: int = 6, **changes: object) -> str:
    """Return rows without a finding; ``changes`` replace columns of the last."""
    rows = []
    for number in range(2, 2 + count):
        question = f"A machine makes {3 * number} widgets per hour. How many widgets does it make in {number} hours?"
        row: dict[str, object] = {"question": question, "answer": str(3 * number * number)}
        row |= {"trace": _trace(number, 3 * number), "expert": "rate_equation", "pattern": "machines"}
        rows.append(row)
    rows[-1] |= changes
    return "".join(f"{json.dumps(row)}\n" for row in rows)


_GOOD = _rows()
_LAST = _trace(7, 21)


class MixedShapes(Warn):
    """Rows of one pattern, or of an expert that is declared uniform, differ in their sequence of steps.

    Run 3 of the seed had rate_equation traces of four and of six steps, half and half: the
    accuracy there fell from 98 % to 86 %.
    """

    code: ClassVar = "C101"
    name: ClassVar = "mixed-shapes"
    title: ClassVar = "`{group}` has traces of {count} shapes: {shapes}"
    label: ClassVar = "the first row of another shape than the most frequent"
    advice: ClassVar = (
        "give all its patterns the same sequence of steps, or move the others to another expert: "
        "two shapes cost the seed's run 3 twelve points (98 % to 86 %) on rate_equation"
    )
    example: ClassVar = _rows(
        trace=_LAST.replace(
            "var: quantity}\n- {op: query, var: quantity}",
            "var: step1}\n- {op: compute, compute_op: mul, args: [step1, time], var: quantity}\n- {op: query, var: quantity}",
        ),
        question="A machine makes 21 widgets per hour. How many widgets do 7 machines make in 7 hours?",
        answer="1029",
    )
    instead: ClassVar = _GOOD
    group: str
    count: int
    shapes: str


class MixedTargets(Warn):
    """Rows of one shape ask for results under different names.

    In run 4 of the seed every comparison had a query target of its own, and the accuracy fell
    from 95 % to 85 %: the same steps need the same names.
    """

    code: ClassVar = "C102"
    name: ClassVar = "mixed-targets"
    title: ClassVar = "`{group}` queries {count} names: {targets}"
    label: ClassVar = "the first row that queries another name than the most frequent"
    advice: ClassVar = (
        "let all of its traces end in the same name, such as `result`: "
        "targets of each instance cost the seed's run 4 ten points (95 % to 85 %)"
    )
    example: ClassVar = _rows(trace=_LAST.replace("quantity", "output"))
    instead: ClassVar = _GOOD
    group: str
    count: int
    targets: str


class FewRepetitions(Warn):
    """A pattern has so many templates for its rows that the model sees each of them too rarely.

    In run 4 of the seed three templates for each comparison left about five examples of each
    form; the accuracy fell from 95 % to 85 %. One template with 15 examples brought it back.
    """

    code: ClassVar = "C201"
    name: ClassVar = "few-repetitions"
    title: ClassVar = "`{group}` has {rows} rows of {templates} templates: {each} of each"
    label: ClassVar = "a row of this pattern"
    advice: ClassVar = (
        "take fewer templates or more rows, at least {least} of each: "
        "five of each cost the seed's run 4 ten points (95 % to 85 %)"
    )
    example: ClassVar = _rows(4)
    instead: ClassVar = _GOOD
    group: str
    rows: int
    templates: int
    each: str
    least: int


class AbstractName(Warn):
    """A name says nothing about what it stands for, so nothing ties it to the question.

    Run 5 of the seed named quantities x, y, z: the accuracy after SFT fell from 85 % to 75 %,
    because the model could not tell which value goes where.
    """

    code: ClassVar = "C301"
    name: ClassVar = "abstract-name"
    title: ClassVar = "`{group}` names quantities {names}, which say nothing"
    label: ClassVar = "such as here"
    advice: ClassVar = (
        "name the first quantity after the question (`bob.cards`) and the others by what they do: "
        "x, y, z cost the seed's run 5 ten points (85 % to 75 %)"
    )
    example: ClassVar = _rows(trace=_LAST.replace("rate,", "x,").replace("[rate", "[x"))
    instead: ClassVar = _GOOD
    group: str
    names: tuple[str, ...]


class UngroundedAnchor(Warn):
    """A dotted name anchors a quantity in the question, and the question does not have its words.

    Anchored names brought the seed's comparisons from 78 % to 90 % in run 6; an anchor that is
    not in the question is a name to be guessed.
    """

    code: ClassVar = "C302"
    name: ClassVar = "ungrounded-anchor"
    title: ClassVar = "`{anchor}` of `{group}` is anchored in words that the question does not have"
    label: ClassVar = "such as here"
    advice: ClassVar = "use words of the question: anchors brought the seed's comparisons from 78 % to 90 % in run 6"
    example: ClassVar = _rows(trace=_LAST.replace("var: rate", "var: bob.rate").replace("[rate", "[bob.rate"))
    instead: ClassVar = _GOOD
    group: str
    anchor: str


class SharedStep(Warn):
    """A step of one expert stands in traces of another.

    The seed's model wrote percent steps into entity_track as long as vocabularies overlapped.
    """

    code: ClassVar = "C401"
    name: ClassVar = "shared-step"
    title: ClassVar = "the step `{op}` stands in traces of several experts: {experts}"
    label: ClassVar = "such as here"
    advice: ClassVar = (
        "keep each step to one expert and split the trace into a composition: "
        "shared steps made the seed's run 3 write percents into entity_track"
    )
    example: ClassVar = _rows(
        trace="expert: rate_equation\ntrace:\n- {op: init, var: rate, value: 21}\n- {op: init, var: time, value: 7}\n"
        "- {op: percent_of, base: rate, rate: time, var: quantity}\n- {op: query, var: quantity}\n",
        answer="1.47",
    ) + _rows(
        1,
        trace="expert: percentage\ntrace:\n- {op: init, var: rate, value: 6}\n- {op: init, var: time, value: 2}\n"
        "- {op: percent_of, base: rate, rate: time, var: quantity}\n- {op: query, var: quantity}\n",
        answer="0.12",
        pattern="percents",
        expert="percentage",
    )
    instead: ClassVar = _GOOD
    op: str
    experts: str


class ShortCircuit(Warn):
    """A trace reaches its answer without computing it, or could.

    In run 3 of the seed the model answered rates by the rate itself; the rule that the query
    must be computed brought them from 86 % to 100 %.
    """

    code: ClassVar = "C402"
    name: ClassVar = "short-circuit"
    title: ClassVar = "rows of `{group}` reach the answer by a shortcut ({rows} of them): {fault}"
    label: ClassVar = "such as here"
    advice: ClassVar = "make the answer differ from what is given: shortcuts cost the seed's run 3 twelve points"
    example: ClassVar = _rows(trace=_LAST.replace("query, var: quantity", "query, var: rate"), answer="21")
    instead: ClassVar = _GOOD
    rows: int
    group: str
    fault: str


class TextContradictsTrace(Warn):
    """A row's question does not have a number of its trace, or its answer is another one.

    Labels that contradict their trace teach the wrong wiring: in one generator two schemas of
    57 gave such labels to nine rows in ten.
    """

    code: ClassVar = "C501"
    name: ClassVar = "text-contradicts-trace"
    title: ClassVar = "rows of `{group}` contradict their trace ({rows} of them): {fault}"
    label: ClassVar = "such as here"
    advice: ClassVar = "`tracedsl check --strict` lists them all; the seed verified 249 of 249 before training"
    example: ClassVar = _rows(answer="148")
    instead: ClassVar = _GOOD
    rows: int
    group: str
    fault: str


class InvalidRow(Warn):
    """A row's trace is not valid, so it teaches what the verifier refuses."""

    code: ClassVar = "C502"
    name: ClassVar = "invalid-row"
    title: ClassVar = "rows of `{group}` are not valid ({rows} of them): {fault}"
    label: ClassVar = "such as here"
    advice: ClassVar = "`tracedsl check` lists them all; every trace of the seed's data was valid"
    example: ClassVar = _rows(trace=_LAST.replace("[rate, time]", "[rates, time]"))
    instead: ClassVar = _GOOD
    rows: int
    group: str
    fault: str


class UnresolvedPlaceholder(Warn):
    """A question still has a hole of its template in it."""

    code: ClassVar = "C503"
    name: ClassVar = "unresolved-placeholder"
    title: ClassVar = "questions of `{group}` have a hole left in them ({rows} of them): `{hole}`"
    label: ClassVar = "such as here"
    advice: ClassVar = "fill it: one generator left such holes in one question of nine in a schema"
    example: ClassVar = _rows(question="A <m.it> makes 21 widgets per hour. How many widgets does it make in 7 hours?")
    instead: ClassVar = _GOOD
    rows: int
    group: str
    hole: str


class FractionOfACountable(Warn):
    """A question asks how many things there are, and the answer is not a whole number."""

    code: ClassVar = "C504"
    name: ClassVar = "fraction-of-a-countable"
    title: ClassVar = "rows of `{group}` count `{thing}` and answer {answer} ({rows} such rows)"
    label: ClassVar = "such as here"
    advice: ClassVar = "choose numbers that divide: the model learns from it that counts may be broken"
    example: ClassVar = _rows(
        question="A machine makes 21 widgets per hour. How many widgets does it make in 2.5 hours?",
        trace=_LAST.replace("value: 7", "value: 2.5"),
        answer="52.5",
    )
    instead: ClassVar = _GOOD
    rows: int
    group: str
    thing: str
    answer: str


class DuplicateQuestions(Warn):
    """The same question stands in the corpus again, beyond the share that chance explains."""

    code: ClassVar = "C601"
    name: ClassVar = "duplicate-questions"
    title: ClassVar = "{rows} of {total} rows repeat a question"
    label: ClassVar = "one of them"
    advice: ClassVar = "draw from wider ranges, or drop them: a repeated row weighs double in training"
    example: ClassVar = _GOOD + _rows(1)
    instead: ClassVar = _GOOD
    rows: int
    total: int


class SplitLeak(Warn):
    """A problem stands in two splits, with the same or with other numbers.

    Such a row measures memory. The seed evaluated on the rows that it had trained on.
    """

    code: ClassVar = "C602"
    name: ClassVar = "split-leak"
    title: ClassVar = "questions of {split} are in {other} too, up to their numbers ({rows} of them)"
    label: ClassVar = "one of them"
    advice: ClassVar = (
        "split by problem, as `tracedsl generate --split` does: the seed measured 97 % on rows it had trained on"
    )
    example: ClassVar = _rows(split="test")
    instead: ClassVar = _GOOD
    rows: int
    split: str
    other: str


class TooLong(Warn):
    """Prompt and completion are longer than the trainer keeps, which cuts the target off silently.

    The seed's first run had a maximal length of 512 and a long prompt: all its targets were cut
    off, and 0 % of its answers were valid.
    """

    code: ClassVar = "C603"
    name: ClassVar = "too-long"
    title: ClassVar = "rows are longer than {most} tokens ({rows} of them); the longest has {longest}"
    label: ClassVar = "the longest"
    advice: ClassVar = "shorten the prompt or raise the maximal length: at 512 the seed's long prompt left 0 % valid"
    example: ClassVar = _rows(prompt="Write a trace. " * 400, completion=_LAST)
    instead: ClassVar = _GOOD
    rows: int
    most: int
    longest: int


class WeakCoverage(Warn):
    """A pattern of a mix has no example at all.

    What the seed's model had never seen wired, it never wired: 0 % on GSM8K.
    """

    code: ClassVar = "C604"
    name: ClassVar = "weak-coverage"
    title: ClassVar = "there is no row of {missing}"
    label: ClassVar = "in this corpus"
    advice: ClassVar = (
        "draw more rows, or give it a pattern: what the seed's model had not seen, it did not wire (GSM8K 0 %)"
    )
    example: ClassVar = _rows(mix="run6")
    instead: ClassVar = _GOOD
    missing: tuple[str, ...]


DIAGNOSTICS = (
    MixedShapes,
    MixedTargets,
    FewRepetitions,
    AbstractName,
    UngroundedAnchor,
    SharedStep,
    ShortCircuit,
    TextContradictsTrace,
    InvalidRow,
    UnresolvedPlaceholder,
    FractionOfACountable,
    DuplicateQuestions,
    SplitLeak,
    TooLong,
    WeakCoverage,
)
