"""`tracedsl explain`: what a diagnostic means, with an example that earns it and one that does not."""

from __future__ import annotations

import argparse
import io
import textwrap
from collections.abc import Iterable
from inspect import cleandoc
from typing import TYPE_CHECKING

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.settings import style
from tracedsl.diagnostics import CATALOGUE, Diagnostic, completions, near, visible
from tracedsl.inputs import items
from tracedsl.limits import DEFAULT
from tracedsl.pipeline import Report, examine_item
from tracedsl.reading import read_tree
from tracedsl.render.text import PLAIN, Style, render_full
from tracedsl.reward.extraction import extract
from tracedsl.reward.policies import load_policies
from tracedsl.source import Source
from tracedsl.syntax import Parsed
from tracedsl.vocabulary import declared_kind, default, load_expert

if TYPE_CHECKING:  # only the codes of curricula need the lints
    from tracedsl.lints.facts import Finding

_MOST_LINES = 16
_LONGEST_ROW = 700


def run(options: argparse.Namespace) -> int:
    """Print the explanation of one code or of all."""
    if options.all == (options.code is not None):
        raise UsageError("explain takes a code, such as T402, or --all")
    kinds = list(CATALOGUE.values()) if options.all else [_kind(options.code)]
    print("\n\n".join(explanation(kind, style(options.color)) for kind in kinds))
    return WELL


def explanation(kind: type[Diagnostic], look: Style = PLAIN) -> str:
    """Return what a diagnostic means: its text, an example, the report it earns, a sound example."""
    reports = examine_example(kind, kind.example)
    earned = next((fault, report.source) for report in reports for fault in report.diagnostics if type(fault) is kind)
    parts = [
        f"{look.bold}{kind.code} {kind.name}{look.end} ({kind.severity})",
        cleandoc(kind.__doc__ or ""),
        "Example:",
        _block(kind.example),
        "It says:",
        textwrap.indent(render_full(*earned, look), "    "),
        "Instead:",
        _block(kind.instead),
    ]
    return "\n\n".join(parts)


def examine_example(kind: type[Diagnostic], text: str) -> list[Report]:
    """Check an example of the catalogue as the file that it would be, or as a completion."""
    raw = text.encode("utf-8", "surrogateescape")
    name = "example.jsonl" if text.startswith("{") else "example.yaml"
    source = Source(text, name)
    if kind in completions.DIAGNOSTICS:
        found = extract(text)
        return [_report(source, found)] if isinstance(found, Diagnostic) else []
    if text.startswith("kind: rewards"):
        return [_report(source, *load_policies(source, {}).faults)]
    if kind.code.startswith("C"):
        return [_report(each.source, each.diagnostic) for each in _findings(source)]
    if declared_kind(read_tree(source).root) == "expert":
        return [_report(source, *load_expert(source, default()).diagnostics)]
    return [examine_item(item, default()) for item in items(io.BytesIO(raw), name, DEFAULT)]


def _findings(source: Source) -> Iterable[Finding]:
    """Return what lint finds in rows, or what is wrong with patterns."""
    from tracedsl.lints.corpus import row_facts, usual_context
    from tracedsl.lints.declarations import check_file
    from tracedsl.lints.rules import lint
    from tracedsl.patterns.curriculum import shipped

    if not source.name.endswith(".jsonl"):
        return check_file(source, default()).findings
    stream = io.BytesIO(source.text.encode())
    facts = list(row_facts(stream, source.name, default(), shipped()))
    return lint(facts, usual_context(shipped(), default()))


def _report(source: Source, *faults: Diagnostic) -> Report:
    return Report(Parsed(source, None, None, faults, 0), None, None, faults)


def _kind(code: str) -> type[Diagnostic]:
    found = next((kind for kind in CATALOGUE.values() if code in (kind.code, kind.name)), None)
    if found is None:
        close = near(code, [name for kind in CATALOGUE.values() for name in (kind.code, kind.name)])
        hint = f"; did you mean {close[0]}?" if close else "; `tracedsl explain --all` lists them"
        raise UsageError(f"there is no code {code!r}{hint}")
    return found


def _block(text: str) -> str:
    rows = text.rstrip("\n").split("\n")
    if text.startswith("{") and len(rows) > 1:  # rows of a corpus, of which the last is told from the others
        return textwrap.indent(f"… {len(rows) - 1} more rows …\n{visible(rows[-1][:_LONGEST_ROW])}", "    ")
    lines = [visible(line) if len(line) < 200 else f"{visible(line[:80])} …" for line in text.rstrip("\n").split("\n")]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "…"]
    return textwrap.indent("\n".join(lines), "    ")
