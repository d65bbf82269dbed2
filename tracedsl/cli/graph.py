"""`tracedsl graph`: draw the dataflow graph of a trace."""

from __future__ import annotations

import argparse
import json
import sys

from tracedsl.cli import FINDINGS, USAGE, WELL, UsageError
from tracedsl.cli.files import Files
from tracedsl.cli.settings import settings
from tracedsl.drawing import draw
from tracedsl.picture import to_dot, to_mermaid, to_svg, to_text
from tracedsl.pipeline import Report, examine_item
from tracedsl.render.stages import graph_data
from tracedsl.render.text import render_full

_WRITERS = {"mermaid": to_mermaid, "dot": to_dot, "svg": to_svg, "text": to_text}


def run(options: argparse.Namespace) -> int:
    """Draw each document that the options name; an SVG holds one."""
    chosen = settings(options)
    files = Files(chosen.limits, options.stdin_filename)
    drawn, failed = 0, False
    for path in files.paths(options.paths):
        for item in files.items(path):
            report = examine_item(item, chosen.vocabulary, chosen.limits)
            for fault in report.errors:
                print(render_full(fault, report.source), end="\n\n", file=sys.stderr)
            failed = failed or bool(report.errors)
            if report.graph is not None:
                drawn += 1
                if options.to == "svg" and drawn > 1:
                    raise UsageError("an SVG holds one graph; name a file of one document")
                sys.stdout.write(picture_of(report, options.to))
    return USAGE if files.unreadable else FINDINGS if failed else WELL


def picture_of(report: Report, form: str) -> str:
    """Return the graph of a report in one of the forms."""
    if report.graph is None:
        raise ValueError("the report has no graph")
    if form == "json":
        return json.dumps(graph_data(report.graph, report.execution)) + "\n"
    return _WRITERS[form](draw(report.graph, report.execution))
