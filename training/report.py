"""One HTML file of finished runs: `python -m training.report training/out/cpu [OTHER…] -o report.html`.

Curves, accuracy by expert and by steps, failures with the predicted graph beside the gold one, runs
side by side. It needs nothing but a browser.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracedsl import check
from tracedsl.drawing import draw
from tracedsl.forms import first_difference
from tracedsl.limits import DEFAULT
from tracedsl.picture import to_svg
from tracedsl.pipeline import Report
from tracedsl.reward import policy_named
from tracedsl.reward.extraction import trace_in
from tracedsl.reward.tallies import score_row
from tracedsl.vocabulary import default
from training import jsonl
from training.statistics import corrected, paired

_PAGE = Path(__file__).with_name("report.html")
_MOST = 150  # failures of a set that are shown
Data = dict[str, Any]


def main(folders: list[Path], out: Path) -> Path:
    """Write the report of some runs."""
    runs = [_run(folder) for folder in folders]
    data = {"runs": runs, "paired": list(_compared(runs))}
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # or a text could end the script
    out.write_text(_PAGE.read_text(encoding="utf-8").replace("/*DATA*/ null", text), encoding="utf-8")
    print(f"{out}: {len(runs)} runs, {sum(len(each['failures']) for each in runs)} failures")
    return out


def _run(folder: Path) -> Data:
    """Read what a run's folder holds: its history, its card, its evaluation."""
    if not folder.is_dir():
        raise SystemExit(f"there is no folder {folder}")
    evaluation = folder / "evaluation"
    files = [path for path in sorted(evaluation.glob("*.jsonl")) if ".k" not in path.stem]
    summary = _loaded(evaluation / "summary.json") or {}
    counts = {path: summary.get(path.stem, {}).get("rows") for path in files}  # of a file only the first may be told of
    return {
        "name": folder.name,
        "card": _loaded(folder / "final" / "card.json") or _loaded(folder / "card.json") or {},
        "history": _loaded(folder / "history.json") or [],
        "summary": summary,
        "confusion": {path.stem: _confusion(path, most) for path, most in counts.items()},
        "failures": [each for path, most in counts.items() for each in _failures(path, most)],
    }


def _loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _confusion(path: Path, most: int | None) -> list[tuple[str, str, int]]:
    """Count which experts were written where which were right."""
    counted = Counter(
        (_experts(check(row["trace"])), _experts(check(trace_in(row["completion"]))))
        for row in jsonl.read(path, most)
        if "trace" in row
    )
    return [(wanted, written, count) for (wanted, written), count in counted.most_common()]


def _experts(report: Report) -> str:
    return " + ".join(scope.expert for scope in report.graph.scopes) if report.graph is not None else "(none)"


def _failures(path: Path, most: int | None) -> Iterator[Data]:
    """Yield the first completions that are wrong, with both graphs."""
    shown = 0
    for row in jsonl.read(path, most):
        scored = score_row(row["completion"], row, policy_named("meaning"), default(), DEFAULT)
        if scored.score.parts["correct"] and scored.failure is None:
            continue
        shown += 1
        if shown > _MOST:
            return
        written, gold = check(trace_in(row["completion"])), check(row["trace"]) if "trace" in row else None
        yield {
            "set": path.stem,
            "question": row["question"],
            "answer": row["answer"],
            "got": scored.score.answer,
            "failure": str(scored.failure) if scored.failure is not None else "wrong answer",
            "codes": [fault.code for fault in scored.score.diagnostics],
            "pattern": row.get("pattern", ""),
            "completion": row["completion"],
            "gold": row.get("trace", ""),
            "graphs": [_svg(written, gold), _svg(gold, None)],
        }


def _svg(report: Report | None, gold: Report | None) -> str:
    if report is None or report.graph is None:
        return ""
    wrong = first_difference(report.graph, gold.graph) if gold is not None and gold.graph is not None else None
    return to_svg(draw(report.graph, report.execution, wrong))


def _compared(runs: list[Data]) -> Iterator[Data]:
    """Compare each run with the first one on every set whose questions both answered, corrected for their number."""
    pairs = [
        (name, runs[0]["name"], other["name"], paired(*(_right(run, name) for run in (runs[0], other))))
        for other in runs[1:]
        for name in runs[0]["summary"]
        if _right(runs[0], name) and _asked(runs[0], name) == _asked(other, name) is not None
    ]
    for (name, first, second, found), p in zip(pairs, corrected([each[3].p for each in pairs]), strict=True):
        yield {"set": name, "first": first, "second": second, **found._asdict(), "corrected": p}


def _asked(run: Data, name: str) -> str | None:
    """Return what tells the questions of a set apart from others; ``None`` where a summary does not say it."""
    found = run["summary"].get(name, {}).get("questions")
    return str(found) if found is not None else None


def _right(run: Data, name: str) -> list[bool]:
    return [each == "1" for each in run["summary"].get(name, {}).get("right", "")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "runs", type=Path, nargs="+", help="folders of runs; the first is what others are compared with"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"))
    options = parser.parse_args()
    main(options.runs, options.output)
