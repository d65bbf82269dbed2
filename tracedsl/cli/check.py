"""`tracedsl check`: report what is wrong with traces."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field, replace

from tracedsl.cli import FINDINGS, USAGE, WELL, UsageError, several
from tracedsl.cli.files import Files
from tracedsl.cli.settings import Settings, settings
from tracedsl.diagnostics import Diagnostic, Severity, visible
from tracedsl.inputs import holds_rows
from tracedsl.pipeline import Report, examine_item
from tracedsl.render.json import SCHEMA_VERSION, diagnostic_data
from tracedsl.render.stages import document_data, graph_data
from tracedsl.render.text import render_concise, render_full
from tracedsl.syntax.ast import traces


def run(options: argparse.Namespace) -> int:
    """Check the documents that the options name."""
    _refuse(options)
    chosen = settings(options)
    files = Files(chosen.limits, options.stdin_filename)
    output = _output(options, chosen)
    changed = 0
    for path in files.paths(options.paths):
        if options.fix or options.diff:
            changed += _fix(path, options, chosen, files)
        if options.diff:
            continue
        for item in files.items(path):
            output.take(examine_item(item, chosen.vocabulary, chosen.limits))
    if not options.diff:
        if not output.documents and not files.unreadable:
            raise UsageError(f"no documents in {', '.join(options.paths)}")
        output.close(files.skipped)
    if files.unreadable:
        return USAGE
    return FINDINGS if output.failed or (options.diff and changed) else WELL


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options of which one would be without effect."""
    if options.unsafe and not (options.fix or options.diff):
        raise UsageError("--unsafe goes with --fix or --diff")
    if options.format != "full" and (options.statistics or options.emit):
        raise UsageError(f"--format does not go with --{'emit' if options.emit else 'statistics'}")


def _fix(path: str, options: argparse.Namespace, chosen: Settings, files: Files) -> int:
    if path == "-":
        raise UsageError("--fix and --diff work on files, not on standard input")
    from tracedsl.cli.fixing import fix_file  # with what it needs 10 ms, and most checks fix nothing

    return fix_file(path, chosen, files, unsafe=options.unsafe, write=not options.diff)


@dataclass(slots=True)
class Output:
    """Takes reports one by one; the subclasses print them."""

    settings: Settings
    quiet: bool = False
    documents: int = 0
    counts: Counter[Severity] = field(default_factory=Counter)
    hidden: int = 0
    failed: bool = False
    sound: bool = True

    def take(self, report: Report) -> None:
        """Take the report of one document."""
        found = tuple(fault for fault in report.diagnostics if self.settings.reports(fault))
        self.hidden += sum(fault not in found for fault in report.errors)
        self.sound = not report.errors
        self.documents += 1
        self.counts.update(fault.severity for fault in found)
        self.failed = self.failed or any(map(self.settings.fails, found))
        self.show(replace(report, diagnostics=found))

    def show(self, report: Report) -> None:
        """Print what was found in a document."""

    def close(self, skipped: int) -> None:
        """Print what stands at the end."""

    def summary(self, skipped: int) -> dict[str, int]:
        """Return the counts."""
        errors, warnings = self.counts[Severity.ERROR], self.counts[Severity.WARNING]
        return {"documents": self.documents, "errors": errors, "warnings": warnings, "skipped": skipped}


class TextOutput(Output):
    """Diagnostics as text, then a closing line."""

    concise: bool = False
    fixable: int = 0

    def show(self, report: Report) -> None:
        """Print each diagnostic."""
        for fault in report.diagnostics:
            self.fixable += bool(fault.edits) and fault.safe and _rewritable(report)
            if self.concise:
                print(render_concise(fault, report.source, self.settings.style))
            else:
                print(render_full(fault, report.source, self.settings.style), end="\n\n")

    def close(self, skipped: int) -> None:
        """Print the counts."""
        if self.quiet or not self.documents:
            return
        summary = self.summary(skipped)
        found = [several(summary[kind], kind[:-1]) for kind in ("errors", "warnings") if summary[kind]]
        checked = several(self.documents, "document")
        rest = f" ({several(skipped, 'file')} skipped)" if skipped else ""
        if self.hidden:  # by --select or --ignore
            rest += f"; {several(self.hidden, 'error')} not shown"
        print(f"Found {' and '.join(found)} in {checked}{rest}." if found else f"All checks passed: {checked}{rest}.")
        if self.fixable:
            print(f"[*] {self.fixable} fixable with the `--fix` option.")


class ConciseOutput(TextOutput):
    """One line a diagnostic."""

    concise = True


class JsonLinesOutput(Output):
    """One JSON object a diagnostic."""

    def show(self, report: Report) -> None:
        """Print each diagnostic."""
        for fault in report.diagnostics:
            print(json.dumps(diagnostic_data(fault, report.source)))


class JsonOutput(Output):
    """One JSON object for all; diagnostics are printed as they come, so memory stays bounded."""

    separator: str = ""

    def show(self, report: Report) -> None:
        """Print each diagnostic."""
        for fault in report.diagnostics:
            print(self.separator or '{"diagnostics": [', end="\n")
            print(json.dumps(diagnostic_data(fault, report.source)), end="")
            self.separator = ","

    def close(self, skipped: int) -> None:
        """Print the rest of the object."""
        opening = "\n" if self.separator else '{"diagnostics": ['
        print(f'{opening}], "summary": {json.dumps(self.summary(skipped))}, "schema_version": {SCHEMA_VERSION}}}')


class Statistics(Output):
    """Counts by code and by expert."""

    def __init__(self, chosen: Settings) -> None:
        super().__init__(chosen)
        self.codes: Counter[type[Diagnostic]] = Counter()
        self.experts: dict[str, Counter[str]] = {}

    def show(self, report: Report) -> None:
        """Count."""
        self.codes.update(type(fault) for fault in report.diagnostics)
        names = {trace.expert.text for trace in traces(report.document)} if report.document else {"(none)"}
        severities = Counter(str(fault.severity) for fault in report.diagnostics)
        for name in names:
            counts = self.experts.setdefault(name, Counter())
            counts.update({"documents": 1, "sound": self.sound, **severities})

    def close(self, skipped: int) -> None:
        """Print both tables."""
        for kind, count in sorted(self.codes.items(), key=lambda pair: (-pair[1], pair[0].code)):
            print(f"{count:>7}  {kind.code}  {kind.name}")
        print(f"{'expert':<20}{'documents':>10}{'sound':>10}{'errors':>10}{'warnings':>10}")
        for name, counts in sorted(self.experts.items()):
            row = "".join(f"{counts[key]:>10}" for key in ("documents", "sound", "error", "warning"))
            print(f"{visible(name):<20}{row}")


class EmitOutput(Output):
    """A stage as JSON, one object a document."""

    stage: str = "ast"

    def show(self, report: Report) -> None:
        """Print the stage, or the diagnostics on standard error if it was not reached."""
        for fault in report.diagnostics:
            print(render_full(fault, report.source), end="\n\n", file=sys.stderr)
        if self.stage == "ast" and report.document is not None:
            print(json.dumps(document_data(report.document)))
        elif self.stage == "graph" and report.graph is not None:
            print(json.dumps(graph_data(report.graph)))


_FORMATS = {"full": TextOutput, "concise": ConciseOutput, "json": JsonOutput, "jsonl": JsonLinesOutput}


def _output(options: argparse.Namespace, chosen: Settings) -> Output:
    if options.emit:
        emit = EmitOutput(chosen)
        emit.stage = options.emit
        return emit
    if options.statistics:
        return Statistics(chosen)
    return _FORMATS[options.format](chosen, options.quiet)


def _rewritable(report: Report) -> bool:
    """Return whether fixes reach the document: a row that holds its trace as an object is left."""
    source = report.source
    return source.raw is not None or not holds_rows(source.name)
