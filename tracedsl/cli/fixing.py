"""`--fix` and `--diff`: the edits of diagnostics, carried out."""

from __future__ import annotations

from tracedsl.cli.files import Files
from tracedsl.cli.rewriting import rewrite_file
from tracedsl.cli.settings import Settings
from tracedsl.inputs import Item
from tracedsl.pipeline import examine_text
from tracedsl.source import Source
from tracedsl.syntax.edits import apply_edits

_ROUNDS = 20  # a deleted step can leave others unused, and so on


def fix_file(path: str, chosen: Settings, files: Files, *, unsafe: bool, write: bool) -> int:
    """Apply the fixes of the reported diagnostics to a file; return 1 if it changes."""

    def rewrite(item: Item) -> str | None:
        return None if item.faults else fixed(item, chosen, unsafe=unsafe)

    return int(bool(rewrite_file(path, files, rewrite, write=write, diff=not write)))


def fixed(item: Item, chosen: Settings, *, unsafe: bool) -> str | None:
    """Return the text of a document with its fixes applied, ``None`` if there is nothing to fix.

    A round of fixes that would add errors is not taken.
    """
    report = examine_text(item.source, chosen.vocabulary, chosen.limits)
    for _ in range(_ROUNDS):
        fixes = [fault.fix for fault in report.diagnostics if fault.fix is not None and chosen.reports(fault)]
        text = apply_edits(report.source.text, [edit for fix in fixes if fix.safe or unsafe for edit in fix.edits])
        if text == report.source.text:
            break
        after = examine_text(Source(text), chosen.vocabulary, chosen.limits)
        if len(after.errors) > len(report.errors):
            break
        report = after
    return report.source.text if report.source.text != item.source.text else None
