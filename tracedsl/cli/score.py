"""`tracedsl score`: what a model's completions are worth, and what is wrong with them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tracedsl.cli import BUG, WELL, UsageError
from tracedsl.cli.files import reading
from tracedsl.cli.outputs import without_collector
from tracedsl.cli.settings import Settings, read_text, settings
from tracedsl.diagnostics import CATALOGUE, visible
from tracedsl.inputs import row_items
from tracedsl.render.json import SCHEMA_VERSION
from tracedsl.render.text import render_concise, render_full
from tracedsl.reward.policies import Policy, load_policies, policy_named, shipped_policies
from tracedsl.reward.scoring import PARTS
from tracedsl.reward.tallies import Scored, Summary, Tally, score_row
from tracedsl.source import Source

_Name = TypeVar("_Name", bound=str)
_HEADS = ("  rows", "parsed", "valid", "correct", "equivalent", "not judged", "reward")


class _Row(NamedTuple):
    """A row with its completion, and what to call it."""

    name: str
    columns: Mapping[str, Any]
    text: str


def run(options: argparse.Namespace) -> int:
    """Score the rows of the files that the options name."""
    chosen, policy = settings(options), _policy(options.policy)
    summary, each = Summary(), []
    with without_collector():
        for row in _rows(options.paths, options.field, chosen):
            scored = score_row(row.text, row.columns, policy, chosen.vocabulary, chosen.limits)
            summary.add(row.columns, scored)
            if options.format == "json":
                each.append(_row_data(row.name, scored))
    if not summary.whole.rows:
        raise UsageError(f"there is no row in {', '.join(options.paths)}")
    if options.format == "json":
        print(json.dumps({"schema_version": SCHEMA_VERSION, "policy": policy.name, **_data(summary), "rows": each}))
    else:
        print(_text(summary))
    return _ended(summary)


def _ended(summary: Summary) -> int:
    if not summary.internal:
        return WELL
    print(summary.internal[0], file=sys.stderr)
    print(f"tracedsl: {len(summary.internal)} rows met a bug in tracedsl; please report it", file=sys.stderr)
    return BUG


def _policy(chosen: str) -> Policy:
    path = Path(chosen)
    if not (path.suffix in (".yaml", ".yml") or path.is_file()):
        try:
            return policy_named(chosen)
        except ValueError as error:
            raise UsageError(str(error)) from error
    source = Source(read_text(path), chosen)
    loaded = load_policies(source, shipped_policies())
    if loaded.faults:
        shown = "\n\n".join(render_full(fault, source) for fault in loaded.faults)
        raise UsageError(f"{chosen} is not a sound file of rewards\n\n{shown}")
    if not loaded.policies:
        raise UsageError(f"{chosen} declares no policy")
    return list(loaded.policies.values())[-1]


def _rows(paths: list[str], field: str, chosen: Settings) -> Iterator[_Row]:
    for path in paths:
        with reading(path) as stream:
            for item in row_items(stream, path, chosen.limits):
                if item.row is None:
                    raise UsageError(render_concise(item.faults[0], item.source))
                columns, place = item.row.columns, f"{path}:{item.line.line}"
                yield _Row(str(columns.get("id", place)), _checked(columns, place), _completion(columns, field, place))


def _checked(columns: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Refuse columns that are not what rows hold there, which is no bug of ours."""
    for name, holds in _HOLDS.items():
        if columns.get(name) is not None and not holds(columns[name]):
            raise UsageError(f"{place}: the column `{name}` is not what rows hold there")
    return columns


def _is_text(value: object) -> bool:
    return type(value) is str  # a number of a row is read as a text of its own kind


def _is_trace(value: object) -> bool:
    return _is_text(value) or isinstance(value, dict | list)


def _is_ground(entry: object) -> bool:
    span = entry.get("span") if isinstance(entry, dict) else ()
    return span is None or (isinstance(span, list) and len(span) == 2 and all(str(place).isdigit() for place in span))


_HOLDS: Mapping[str, Callable[[Any], bool]] = {
    "question": _is_text,
    "expert": _is_text,
    "trace": _is_trace,
    "answer": lambda value: isinstance(value, str),
    "grounding": lambda value: isinstance(value, list) and all(map(_is_ground, value)),
    "readings": lambda value: isinstance(value, list) and all(map(_is_trace, value)),
}


def _completion(columns: Mapping[str, Any], field: str, place: str) -> str:
    """Return a completion, which is text, or messages of which the last one holds it."""
    found = columns.get(field)
    if isinstance(found, list) and found and isinstance(found[-1], dict):
        found = found[-1].get("content")
    if not isinstance(found, str):
        raise UsageError(f"{place}: there is no text in the column `{field}`; --field names another")
    return found


def _row_data(name: str, each: Scored) -> dict[str, Any]:
    score = each.score
    return {
        "id": name,
        "value": score.value,
        "outcome": score.outcome,
        "answer": score.answer,
        "expert": score.expert,
        "failure": each.failure,
        "codes": [fault.code for fault in score.diagnostics],
        "parts": score.parts,
        "error": score.error,
    }


def _data(summary: Summary) -> dict[str, Any]:
    return {
        "all": _tally_data(summary.whole),
        "experts": {name: _tally_data(tally) for name, tally in summary.experts.items()},
        "patterns": {name: _tally_data(tally) for name, tally in summary.patterns.items()},
        "codes": dict(_ranked(summary.codes)),
        "failures": dict(_ranked(summary.failures)),
        "internal_errors": len(summary.internal),
    }


def _tally_data(tally: Tally) -> dict[str, Any]:
    parts = {part: tally.parts[part] for part in PARTS if part != "expert"}
    return {"rows": tally.rows, **parts, "not_judged": tally.unjudged, "reward": tally.reward}


def _text(summary: Summary) -> str:
    width = max(map(len, ("all", *summary.experts, *summary.patterns))) + 2
    lines = [f"{'':{width}}{'  '.join(_HEADS)}", _line("all", summary.whole, width)]
    for title, groups in (("by expert", summary.experts), ("by pattern", summary.patterns)):
        if groups:
            lines += ["", title, *(_line(f"  {visible(name)}", groups[name], width) for name in sorted(groups))]
    if summary.failures:
        lines += ["", "failures", *(f"  {name:<20} {count:>4}" for name, count in _ranked(summary.failures))]
    if summary.codes:
        lines += ["", "reasons", *(f"  {_named(code):<24} {count:>4}" for code, count in _ranked(summary.codes))]
    return "\n".join(lines)


def _ranked(counts: Mapping[_Name, int]) -> list[tuple[_Name, int]]:
    """Return counts, the largest first, those that are equal by name."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _named(code: str) -> str:
    return f"{code} {CATALOGUE[code].name}"


def _line(name: str, tally: Tally, width: int) -> str:
    counts = [str(tally.rows), *(str(tally.parts[part]) for part in PARTS if part != "expert"), str(tally.unjudged)]
    reward = "-" if tally.reward is None else f"{tally.reward:.3f}"
    shown = (f"{value:>{len(head)}}" for head, value in zip(_HEADS, (*counts, reward), strict=True))
    return f"{name:<{width}}{'  '.join(shown)}"
