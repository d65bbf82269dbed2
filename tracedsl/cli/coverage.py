"""`tracedsl coverage`: how well the declared patterns cover the problems of a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from tracedsl.cli import WELL, UsageError, several
from tracedsl.cli.files import reading
from tracedsl.cli.settings import Settings, curriculum, settings
from tracedsl.coverage import Level, Summary, catalogue_of
from tracedsl.diagnostics import visible
from tracedsl.inputs import Item, items
from tracedsl.pipeline import Report, examine_item
from tracedsl.render.bars import Chart, to_svg, to_text
from tracedsl.render.json import SCHEMA_VERSION

_MOST = 15


def run(options: argparse.Namespace) -> int:
    """Tell the coverage of the files that the options name."""
    chosen = settings(options)
    patterns = curriculum(chosen).patterns.values()
    catalogue, summary, each = catalogue_of(patterns, chosen.vocabulary), Summary(), []
    documents = invalid = 0
    for path in options.paths:
        for item, report in _reports(path, chosen):
            documents += 1
            if report.graph is None or report.errors:
                invalid += 1
                continue
            covered = catalogue.cover(report.graph)
            name = _name(item)
            summary.add(name, report, covered)
            each.append({"id": name, "level": str(covered.level), "pattern": covered.pattern or None})
    if not documents:
        raise UsageError(f"no documents in {', '.join(options.paths)}")
    if options.format == "json":
        print(json.dumps({"schema_version": SCHEMA_VERSION, "problems": each, "invalid": invalid, **_data(summary)}))
        return WELL
    if options.format == "svg":
        print(to_svg(_charts(summary)), end="")
        return WELL
    if options.each:
        for problem in each:
            by = f" by {problem['pattern']}" if problem["pattern"] else ""
            print(f"{visible(str(problem['id']))}: {problem['level']}{by}")
    print(_text(summary))
    if invalid:
        print(f"{several(invalid, 'document')} of {documents:,} left out: `tracedsl check` says why.", file=sys.stderr)
    return WELL


def _reports(path: str, chosen: Settings) -> Iterator[tuple[Item, Report]]:
    with reading(path) as stream:
        for item in items(stream, path, chosen.limits):
            yield item, examine_item(item, chosen.vocabulary, chosen.limits)


def _name(item: Item) -> str:
    identity = item.row.columns.get("id") if item.row is not None else None
    return str(identity) if identity is not None else f"{item.source.name}#{item.source.document}"


def _data(summary: Summary) -> dict[str, object]:
    return {
        "levels": {str(level): summary.levels[level] for level in Level},
        "nearest": dict(summary.nearest.most_common()),
        "gaps": dict(summary.gaps.most_common()),
        "steps": {str(steps): count for steps, count in sorted(summary.steps.items())},
        "depths": {str(depth): count for depth, count in sorted(summary.depths.items())},
        "operations": dict(summary.operations.most_common()),
        "missing": [
            {"formula": formula, "problems": count, "example": summary.examples[formula]}
            for formula, count in summary.missing.most_common(_MOST)
        ],
    }


def _text(summary: Summary) -> str:
    total = sum(summary.levels.values())
    parts = [
        several(total, "problem"),
        *map(to_text, _charts(summary)),
        "New patterns that would cover most",
        *(
            f"  {count:>5}  {formula}  (such as {visible(summary.examples[formula])})"
            for formula, count in summary.missing.most_common(_MOST)
        ),
    ]
    return "\n".join(part for part in parts if part)


def _charts(summary: Summary) -> list[Chart]:
    total = sum(summary.levels.values())
    uncovered = total - summary.levels[Level.FULL]
    return [
        Chart("", {str(level): summary.levels[level] for level in Level}, total),
        Chart("What those have that are not FULL", dict(summary.gaps.most_common()), uncovered),
        Chart("Steps", {str(steps): count for steps, count in sorted(summary.steps.items())}, total),
        Chart("Depth", {str(depth): count for depth, count in sorted(summary.depths.items())}, total),
        Chart("Operations", dict(summary.operations.most_common()), total),
    ]
