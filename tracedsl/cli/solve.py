"""`tracedsl solve`: a model writes a trace for a question, experts compute it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from tracedsl.cli import FINDINGS, WELL, UsageError
from tracedsl.cli.documents import JsonDocuments
from tracedsl.cli.files import reading
from tracedsl.cli.graph import picture_of
from tracedsl.cli.settings import Settings, settings
from tracedsl.inputs import row_items
from tracedsl.models import NoModel
from tracedsl.numbers import show_number
from tracedsl.pipeline import Report
from tracedsl.render.json import result_data
from tracedsl.render.text import render_concise, render_full

if TYPE_CHECKING:
    from tracedsl.solving import Solution, Solver


def run(options: argparse.Namespace) -> int:
    """Solve the questions, or those of a file."""
    if bool(options.questions) == (options.file is not None):
        raise UsageError("give a question, or --from FILE with rows that have one")
    if options.k < 1:
        raise UsageError(f"--k takes a number of attempts from 1 on, not {options.k}")
    chosen = settings(options)
    examples = [(row["question"], row["trace"]) for row in _rows(options.examples, chosen, "question", "trace")]
    solver, failed = _solver(options, chosen, examples), False
    shown: _Shown = _Json() if options.format == "json" else _Text(chosen)
    for question in _questions(options, chosen):
        solution = solver.solve(question, k=options.k, seed=options.seed)
        failed = failed or not solution.chosen.valid
        shown.take(solution)
    shown.close()
    return FINDINGS if failed else WELL


def _solver(options: argparse.Namespace, chosen: Settings, examples: list[tuple[str, str]]) -> Solver:
    try:
        from tracedsl.decoding import Options
        from tracedsl.solving import Solver, load
    except ImportError as error:
        raise UsageError(f"solve needs a model's libraries ({error.name}): pip install 'tracedsl[model]'") from error
    try:
        loaded = load(options.model, options.adapter)
        solver = Solver(
            loaded.model,
            loaded.tokenizer,
            vocabulary=chosen.vocabulary,
            prompt=loaded.prompt,
            constrained=not options.unconstrained,
            grounded=not options.any_number,
            examples=examples,
            options=Options(limits=chosen.limits),
        )
    except (NoModel, OSError, ValueError) as error:  # the last of a tokenizer that the constraint does not read
        raise UsageError(str(error)) from error
    if loaded.warning:
        print(f"tracedsl: {loaded.warning}", file=sys.stderr)
    return solver


def _questions(options: argparse.Namespace, chosen: Settings) -> Iterator[str]:
    if options.file is None:
        yield from options.questions
        return
    yield from (row["question"] for row in _rows(options.file, chosen, "question"))


def _rows(path: str | None, chosen: Settings, *names: str) -> Iterator[dict[str, str]]:
    """Yield the columns that rows must have, of a file if there is one."""
    if path is None:
        return
    with reading(path) as stream:
        for item in row_items(stream, path, chosen.limits):
            if item.row is None:
                raise UsageError(render_concise(item.faults[0], item.source))
            columns = item.row.columns
            missing = next((name for name in names if not isinstance(columns.get(name), str)), None)
            if missing is not None:
                raise UsageError(f"{path}:{item.line.line}: a row without a {missing}")
            yield {name: columns[name] for name in names}


class _Shown(Protocol):
    def take(self, solution: Solution) -> None: ...

    def close(self) -> None: ...


class _Text:
    """Solutions for people: the trace with its values, the graph, the answer."""

    def __init__(self, chosen: Settings) -> None:
        self.style, self.first = chosen.style, True

    def take(self, solution: Solution) -> None:
        each, report = solution.chosen, solution.chosen.report
        print(f"{solution.question}\n" if self.first else f"\n{solution.question}\n")
        self.first = False
        print("\n".join(annotated(report)))
        for fault in each.result.diagnostics:
            print(f"\n{render_full(fault, report.source, self.style)}")
        if each.valid:
            print(f"\n{picture_of(report, 'text')}")
        unit = f" {each.result.unit}" if each.result.unit else ""
        votes = f", {solution.votes} of {len(solution.attempts)} votes" if len(solution.attempts) > 1 else ""
        print(f"answer: {each.result.answer}{unit} (the verifier agrees{votes})" if each.valid else "no answer")
        sys.stdout.flush()  # the next one takes a while

    def close(self) -> None:
        """All is printed."""


class _Json(JsonDocuments):
    """Solutions as one JSON object: what `run` gives, with the question and the trace."""

    def take(self, solution: Solution) -> None:
        each = solution.chosen
        said = {"question": solution.question, "trace": each.text, "votes": solution.votes}
        self.write({**said, "attempts": len(solution.attempts), **result_data(each.result)})
        sys.stdout.flush()  # the next one takes a while


def annotated(report: Report) -> list[str]:
    """Return the lines of a trace with what each step computes beside it."""
    lines, notes = report.source.text.rstrip("\n").split("\n"), dict[int, str]()
    if report.graph is not None and report.execution is not None:
        for scope in report.graph.scopes:
            for action in scope.actions:
                if not action.op.startswith("init"):
                    line = report.source.place(action.span.start).line
                    values = ((each.name, report.execution.number(each.node)) for each in action.definitions)
                    notes[line] = ", ".join(f"{name} = {show_number(value)}" for name, value in values if value)
    width = max(map(len, lines)) + 2
    return [f"{line:<{width}}{notes[at]}" if at in notes else line for at, line in enumerate(lines, 1)]
