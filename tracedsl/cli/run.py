"""`tracedsl run`: execute traces and print their answers."""

from __future__ import annotations

import argparse
import sys

from tracedsl.cli import FINDINGS, USAGE, WELL
from tracedsl.cli.documents import JsonDocuments
from tracedsl.cli.files import Files
from tracedsl.cli.settings import settings
from tracedsl.pipeline import examine_item
from tracedsl.render.json import result_data
from tracedsl.render.text import render_full
from tracedsl.results import Result, result_of


def run(options: argparse.Namespace) -> int:
    """Run the documents that the options name."""
    chosen = settings(options)
    files = Files(chosen.limits, options.stdin_filename)
    failed = False
    results = _JsonResults() if options.format == "json" else _TextResults(options.values)
    for path in files.paths(options.paths):
        for item in files.items(path):
            result = result_of(examine_item(item, chosen.vocabulary, chosen.limits))
            failed = failed or not result.ok
            results.take(result)
    results.close()
    return USAGE if files.unreadable else FINDINGS if failed else WELL


class _TextResults:
    """Answers as text: the answer alone for a single document, else with its place before it."""

    def __init__(self, values: bool) -> None:
        self.values = values
        self.first: Result | None = None
        self.several = False

    def take(self, result: Result) -> None:
        if self.first is None and not self.several:
            self.first = result
            return
        if self.first is not None:
            self.several = True
            self._show(self.first)
            self.first = None
        self._show(result)

    def close(self) -> None:
        if self.first is not None:
            self._show(self.first)

    def _show(self, result: Result) -> None:
        source = result.report.source
        for fault in result.diagnostics:
            print(render_full(fault, source), end="\n\n", file=sys.stderr)
        place = f"{source.name}#{source.document}: " if self.several else ""
        graph = result.report.graph
        if result.ok and self.values and graph is not None:
            for index, part in enumerate(result.sub_traces):
                scope = f"{graph.label(index)}." if len(result.sub_traces) > 1 else ""
                for name, value in part.values.items():
                    print(f"{place}{scope}{name} = {value}")
        unit = f" {result.unit}" if result.unit else ""
        print(f"{place}{result.answer}{unit}" if result.ok else f"{place}no answer")


class _JsonResults(JsonDocuments):
    """All results as one JSON object."""

    def take(self, result: Result) -> None:
        self.write(result_data(result))
