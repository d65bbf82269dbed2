"""`tracedsl fmt`: rewrite traces in canonical form."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tracedsl.cli import FINDINGS, USAGE, WELL
from tracedsl.cli.files import Files
from tracedsl.cli.rewriting import print_diff, rewrite_bytes, rewrite_file
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
        found = _stream(options, files, formatter) if path == "-" else _file(path, options, files, formatter)
        formatter.left += found is None
        changed += bool(found)
        if found and options.check and not options.diff:
            print(f"would change: {path}")
    if not (options.quiet or options.diff or options.paths == ["-"]):
        verb = "would change" if options.check else "changed"
        print(f"{changed} of {total} files {verb}.", file=sys.stderr)
    if files.unreadable:
        return USAGE
    return FINDINGS if formatter.left or (changed and (options.check or options.diff)) else WELL


def _file(path: str, options: argparse.Namespace, files: Files, formatter: Formatter) -> bool | None:
    write = not (options.check or options.diff)
    return rewrite_file(path, files, formatter.rewrite, write=write, diff=options.diff)


def _stream(options: argparse.Namespace, files: Files, formatter: Formatter) -> bool | None:
    """Format standard input onto standard output."""
    old = sys.stdin.buffer.read()
    name, rows = files.stdin_name, files.are_rows(old[: 2 * files.limits.bytes])
    new = rewrite_bytes(old, name, formatter.rewrite, files.limits, rows=rows)
    if options.diff and not new.refusal:
        print_diff(name, old, new.content)
    elif not options.check:
        sys.stdout.flush()
        sys.stdout.buffer.write(new.content)
    return None if new.refusal else new.content != old


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
            place = item.located().place(0)
            print(f"{item.source.name}:{place.line}: left as it is: it would not read the same", file=sys.stderr)
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
