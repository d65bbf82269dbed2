"""`tracedsl equiv`: say whether two traces compute the same function of their numbers."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tracedsl.cli import FINDINGS, USAGE, WELL, UsageError, several
from tracedsl.cli.files import Files
from tracedsl.cli.graph import picture_of
from tracedsl.cli.settings import Settings, settings
from tracedsl.diagnostics import Diagnostic, values, visible
from tracedsl.numbers import Rational, show
from tracedsl.pipeline import Report, examine_item
from tracedsl.rebinding import Bound, Comparison, Verdict, Witness, compare
from tracedsl.record import record
from tracedsl.render.json import SCHEMA_VERSION, diagnostic_data
from tracedsl.render.text import render_concise
from tracedsl.source import Source
from tracedsl.syntax.ast import Example

_MOST_NUMBERS = 6  # of a counter-example that are shown
_LONGEST = 40  # characters of a number


@record
class _Pair:
    """Two documents and how they compare; ``error`` is the first that keeps one from running, in its source."""

    first: Source
    second: Source
    reports: tuple[Report, Report]
    comparison: Comparison
    error: tuple[Diagnostic, Source] | None


def run(options: argparse.Namespace) -> int:
    """Compare the documents of two files, pair by pair."""
    chosen = settings(options)
    files = Files(chosen.limits)
    if options.by_question:
        pairs = list(_by_question(files, options.first, options.second, chosen))
        count = len(pairs)
    else:
        count = _count(files, options.first, options.second)
    if files.unreadable:
        return USAGE
    if not count:
        raise UsageError(f"no question of {options.first} is one of {options.second}")
    output = _Json() if options.format == "json" else _Text(several=count > 1, graphs=options.graphs)
    counts: Counter[Verdict] = Counter()
    for pair in pairs if options.by_question else _pairs(files, options.first, options.second, chosen):
        counts[pair.comparison.verdict] += 1
        output.take(pair)
    output.close(counts)
    return WELL if counts[Verdict.SAME] == counts.total() else FINDINGS


def _count(files: Files, first: str, second: str) -> int:
    """Return how many pairs there are, in a pass of its own so that files of any length fit in memory."""
    if "-" in (first, second):
        raise UsageError("`equiv` reads its files twice, so it takes no standard input")
    counts = [sum(1 for _ in files.items(path)) for path in (first, second) if not files.unreadable]
    if files.unreadable:
        return 0
    if counts[0] != counts[1]:
        numbers = f"{first} has {several(counts[0], 'document')} and {second} has {several(counts[1], 'document')}"
        raise UsageError(f"{numbers}; they are compared pair by pair")
    if not counts[0]:
        raise UsageError(f"no documents in {first} and {second}")
    return counts[0]


def _pairs(files: Files, first: str, second: str, chosen: Settings) -> Iterator[_Pair]:
    for items in zip(files.items(first), files.items(second), strict=True):
        one, two = (examine_item(item, chosen.vocabulary, chosen.limits) for item in items)
        yield _pair(one, two, chosen)


def _by_question(files: Files, first: str, second: str, chosen: Settings) -> Iterator[_Pair]:
    """Pair the documents that have one question, whatever their order."""
    known: dict[str, Report] = {}
    for item in files.items(second):
        report = examine_item(item, chosen.vocabulary, chosen.limits)
        known.setdefault(_question(report), report)
    for item in files.items(first):
        report = examine_item(item, chosen.vocabulary, chosen.limits)
        question = _question(report)
        if question and question in known:
            yield _pair(report, known[question], chosen)


def _question(report: Report) -> str:
    document = report.document
    text = document.question.text if isinstance(document, Example) and document.question is not None else ""
    return " ".join(text.split())


def _pair(one: Report, two: Report, chosen: Settings) -> _Pair:
    error = _error(one) or _error(two)
    comparison = Comparison(Verdict.UNDEFINED)
    if error is None and one.execution is not None and two.execution is not None:
        comparison = compare(one.execution, two.execution, chosen.vocabulary.lexicon.constants)
    return _Pair(one.source, two.source, (one, two), comparison, error)


def _error(report: Report) -> tuple[Diagnostic, Source] | None:
    """Return the first error but for a stated answer, which is for `check` to compare."""
    errors = (error for error in report.errors if not isinstance(error, values.WrongAnswer))
    return next(((error, report.source) for error in errors), None)


class _Text:
    """One line for a single pair; of several only those that are not the same, and how many there are of each."""

    def __init__(self, several: bool, graphs: bool = False) -> None:
        self.several = several
        self.graphs = graphs
        self.sampled = 0

    def take(self, pair: _Pair) -> None:
        self.sampled += pair.comparison.sampled
        if not self.several:
            print(_line(pair))
        elif pair.comparison.verdict is not Verdict.SAME:
            print(f"{visible(pair.second.name)}#{pair.second.document}: {_line(pair)}")
        if self.graphs and pair.comparison.verdict is not Verdict.SAME:
            for report in pair.reports:
                if report.graph is not None:
                    print(f"\n{visible(report.source.name)}#{report.source.document}")
                    print(picture_of(report, "text"))

    def close(self, counts: Counter[Verdict]) -> None:
        if self.several:
            sampled = f" ({self.sampled} sampled)" if self.sampled else ""
            found = (f"{verdict} {counts[verdict]}{sampled if verdict is Verdict.SAME else ''}" for verdict in Verdict)
            print(f"{counts.total()} pairs: {', '.join(found)}.")


def _line(pair: _Pair) -> str:
    comparison = pair.comparison
    reason = ""
    if pair.error is not None:
        reason = render_concise(*pair.error)
    elif comparison.verdict is Verdict.UNDEFINED:
        reason = "no numbers but their own were found to give both a value"
    elif comparison.witness is not None:
        reason = _counter_example(comparison.witness)
    elif comparison.verdict is Verdict.VALUE:
        reason = "no number of the first was found to change its result"
    sampled = " (sampled)" if comparison.sampled else ""
    return f"{comparison.verdict}{sampled}" + (f": {reason}" if reason else "")


def _counter_example(witness: Witness) -> str:
    tried = [_tried(bound) for bound in witness.bound[:_MOST_NUMBERS]]
    left_out = len(witness.bound) - len(tried)
    tried += [f"{left_out} more"] if left_out else []
    joined = " and ".join([*([", ".join(tried[:-1])] if tried[1:] else []), *tried[-1:]])
    results = f"{_number(witness.first)} against {_number(witness.second)}"
    return f"with {joined}: {results}" if joined else results


def _tried(bound: Bound) -> str:
    return (
        f"{bound.name} = {_number(bound.tried)}" if bound.name else f"{_number(bound.tried)} for {_number(bound.value)}"
    )


def _number(value: Rational | None) -> str:
    text = "no value" if value is None else show(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class _Json:
    """All pairs as one JSON object, printed as they come."""

    def __init__(self) -> None:
        self.separator = f'{{"schema_version": {SCHEMA_VERSION}, "pairs": ['

    def take(self, pair: _Pair) -> None:
        print(self.separator)
        print(json.dumps(_pair_data(pair)), end="")
        self.separator = ","

    def close(self, counts: Counter[Verdict]) -> None:
        print(f'\n], "counts": {json.dumps({str(verdict): counts[verdict] for verdict in Verdict})}}}')


def _pair_data(pair: _Pair) -> dict[str, Any]:
    comparison = pair.comparison
    return {
        "first": {"file": pair.first.name, "document": pair.first.document},
        "second": {"file": pair.second.name, "document": pair.second.document},
        "verdict": str(comparison.verdict),
        "sampled": comparison.sampled,
        "witness": _witness_data(comparison.witness) if comparison.witness is not None else None,
        "error": diagnostic_data(*pair.error) if pair.error is not None else None,
    }


def _witness_data(witness: Witness) -> dict[str, Any]:
    bound = [{"name": name or None, "value": show(value), "tried": show(tried)} for name, value, tried in witness.bound]
    first, second = (None if result is None else show(result) for result in (witness.first, witness.second))
    return {"numbers": bound, "first": first, "second": second}
