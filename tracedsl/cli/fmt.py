"""`tracedsl fmt`: rewrite traces in canonical form."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tracedsl.cli import FINDINGS, USAGE, WELL
from tracedsl.cli.files import Files
from tracedsl.cli.rewriting import rewrite_file
from tracedsl.cli.settings import Settings, settings
from tracedsl.diagnostics import Severity
from tracedsl.inputs import Item
from tracedsl.render.text import render_full
from tracedsl.source import Source
from tracedsl.syntax import Parsed, parse_source
from tracedsl.syntax.comments import comments
from tracedsl.syntax.formatting import format_with_comments


def run(options: argparse.Namespace) -> int:
    """Format the documents that the options name."""
    chosen = settings(options)
    files = Files(chosen.limits, options.stdin_filename)
    formatter = Formatter(chosen)
    changed = total = 0
    for path in files.paths(options.paths):
        total += 1
        if path == "-":
            for item in files.items(path):
                sys.stdout.write(formatter.rewrite(item) or item.source.text)
            continue
        write = not (options.check or options.diff)
        if rewrite_file(path, files, formatter.rewrite, write=write, diff=options.diff):
            changed += 1
            if options.check and not options.diff:
                print(f"would change: {path}")
    if not (options.quiet or options.diff or options.paths == ["-"]):
        verb = "would change" if options.check else "changed"
        print(f"{changed} of {total} files {verb}.", file=sys.stderr)
    if files.unreadable:
        return USAGE
    return FINDINGS if formatter.left or (changed and (options.check or options.diff)) else WELL


class Formatter:
    """Formats documents; ``left`` counts those that it had to leave as they are."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen
        self.left = 0

    def rewrite(self, item: Item) -> str | None:
        """Return the canonical text of a document, or ``None`` with the reason on standard error."""
        parsed = self._parse(item.source, row=item.row is not None and item.row.trace is None)
        faults = item.faults or tuple(f for f in parsed.diagnostics if f.severity is Severity.ERROR)
        if faults or parsed.document is None or parsed.root is None:
            self.left += 1
            for fault in faults:
                print(render_full(fault, item.located()), end="\n\n", file=sys.stderr)
            return None
        text = format_with_comments(parsed.document, item.source.text, parsed.root)
        if not self._keeps(parsed, text):
            self.left += 1
            name, place = item.source.name, item.source.origin.line
            print(f"{name}:{place}: left as it is: its comments cannot be kept", file=sys.stderr)
            return None
        return text

    def _parse(self, source: Source, *, row: bool = False) -> Parsed:
        return parse_source(source, self.settings.vocabulary, self.settings.limits, row=row, tree=True)

    def _keeps(self, old: Parsed, text: str) -> bool:
        """Return whether formatted text has the same document and the same comments."""
        new = self._parse(Source(text))
        return new.document == old.document and _comments(new) == _comments(old)


def _comments(parsed: Parsed) -> Counter[str]:
    text = parsed.source.text
    return Counter(text[span.start : span.end] for span in comments(text, parsed.root))
