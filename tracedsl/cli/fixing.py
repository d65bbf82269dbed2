"""`--fix` and `--diff`: the edits of diagnostics, carried out."""

from __future__ import annotations

from collections.abc import Iterable

from tracedsl.cli.files import Files
from tracedsl.cli.rewriting import rewrite_file
from tracedsl.cli.settings import Settings
from tracedsl.diagnostics import Fix
from tracedsl.inputs import Item
from tracedsl.pipeline import Report, examine_text
from tracedsl.source import Source
from tracedsl.syntax.edits import apply_edits

_ROUNDS = 20  # a deleted step can leave others unused, and so on
_ALONE = 100  # fixes that are tried alone


def fix_file(path: str, chosen: Settings, files: Files, *, unsafe: bool, write: bool) -> int:
    """Apply the fixes of the reported diagnostics to a file; return 1 if it changes."""

    def rewrite(item: Item) -> str | None:
        return None if item.faults else fixed(item, chosen, unsafe=unsafe)

    return int(bool(rewrite_file(path, files, rewrite, write=write, diff=not write)))


def fixed(item: Item, chosen: Settings, *, unsafe: bool) -> str | None:
    """Return the text of a document with its fixes applied, ``None`` if there is nothing to fix.

    No fix is taken that adds errors: where those of a round do together, the safe ones are tried, then one by one.
    """
    report = examine_text(item.source, chosen.vocabulary, chosen.limits, row=item.row)
    for _ in range(_ROUNDS):
        faults = [fault for fault in report.diagnostics if chosen.reports(fault)]
        fixes = [fault.fix for fault in faults if fault.fix is not None and (fault.fix.safe or unsafe)]
        choices = (fixes, [fix for fix in fixes if fix.safe], *([fix] for fix in fixes[:_ALONE]))
        after = next((found for some in choices if (found := _after(report, some, item, chosen)) is not None), None)
        if after is None:
            break
        report = after
    return report.source.text if report.source.text != item.source.text else None


def _after(report: Report, fixes: Iterable[Fix], item: Item, chosen: Settings) -> Report | None:
    """Return the report of a document after some fixes, ``None`` if they change nothing or add errors."""
    text = apply_edits(report.source.text, [edit for fix in fixes for edit in fix.edits])
    if text == report.source.text:
        return None
    after = examine_text(Source(text), chosen.vocabulary, chosen.limits, row=item.row)
    return after if len(after.errors) <= len(report.errors) else None
