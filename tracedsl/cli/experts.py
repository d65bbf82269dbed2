"""`tracedsl experts`: what each expert can do; `--check` for those who write one."""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import Any

from tracedsl import resources
from tracedsl.cli import FINDINGS, WELL, several
from tracedsl.cli.settings import Settings, curriculum, expert_of, read_text, settings
from tracedsl.lints.declarations import check_file
from tracedsl.render.json import SCHEMA_VERSION
from tracedsl.render.text import render_full
from tracedsl.reward.policies import load_policies, shipped_policies
from tracedsl.source import Source
from tracedsl.vocabulary import Expert, Operation, show_condition, show_formula


def run(options: argparse.Namespace) -> int:
    """List experts, or check expert files."""
    chosen = settings(options)
    if options.check:
        return max([_check(Path(path), chosen) for path in options.check])
    experts = chosen.vocabulary.experts
    shown = [expert_of(chosen, options.name)] if options.name is not None else list(experts.values())
    patterns = _patterns(chosen)
    if options.format == "json":
        data = [{**_data(expert), "patterns": patterns[expert.name]} for expert in shown]
        print(json.dumps({"schema_version": SCHEMA_VERSION, "experts": data}))
    else:
        print("\n\n".join(_text(expert, patterns[expert.name]) for expert in shown))
    return WELL


def _patterns(chosen: Settings) -> dict[str, list[str]]:
    """Return the names of each expert's patterns."""
    found: dict[str, list[str]] = {name: [] for name in chosen.vocabulary.experts}
    for pattern in curriculum(chosen).patterns.values():
        found.setdefault(pattern.group, []).append(pattern.name)
    return found


def _check(path: Path, chosen: Settings) -> int:
    source = Source(read_text(path), str(path))
    if source.text.startswith("kind: rewards"):
        return _check_rewards(source, chosen)
    report = check_file(source, chosen.vocabulary)
    for finding in report.findings:
        print(render_full(finding.diagnostic, finding.source, chosen.style), end="\n\n")
    if report.findings:
        return FINDINGS
    counts = ((report.patterns, "pattern"), (report.mixes, "mix"))
    what = [f"the expert `{report.expert}`"] if report.expert else []
    what += [several(count, noun) for count, noun in counts if count]
    single = len(what) == 1 and (report.expert or sum(count for count, _ in counts) == 1)
    print(f"{path}: {' and '.join(what or ['its documents'])} {'is' if single else 'are'} sound.")
    return WELL


def _check_rewards(source: Source, chosen: Settings) -> int:
    shipped = {} if source.text == resources.read("experts", "rewards.yaml") else shipped_policies()
    loaded = load_policies(source, shipped)
    for fault in loaded.faults:
        print(render_full(fault, source, chosen.style), end="\n\n")
    if loaded.faults:
        return FINDINGS
    single = len(loaded.policies) == 1
    print(f"{source.name}: {len(loaded.policies)} {'policy is' if single else 'policies are'} sound.")
    return WELL


def _text(expert: Expert, patterns: list[str]) -> str:
    lines = [expert.name, f"  {expert.summary}"]
    if expert.compute:
        lines.append(f"  computes {', '.join(expert.compute)}")
    for operation in expert.operations.values():
        lines += ["", f"  {operation.name}: {operation.summary}", f"    {example(operation)}"]
        lines += [f"    {line}" for line in _meaning(operation)]
    lines += ["", *(f"  law: {show_condition(law)}" for law in expert.laws)] if expert.laws else []
    lines += ["", *textwrap.wrap(f"patterns: {', '.join(patterns)}", 96, initial_indent="  ", subsequent_indent="    ")]
    return "\n".join(lines if patterns else lines[:-2])


def example(operation: Operation) -> str:
    """Return a step of an operation, its slots filled with names that say what they are."""
    filled = {slot: "5" if slot in operation.literals else f"my_{slot}" for slot in operation.slots}
    fields = [f"{slot}: {value}" for slot, value in filled.items()]
    fields += ["var: result"] if operation.defines is not None else []
    return "{" + ", ".join((f"op: {operation.name}", *fields)) + "}"


def _meaning(operation: Operation) -> list[str]:
    slots = ", ".join(f"{slot} ({kind})" for slot, kind in operation.slots.items())
    lines = [f"slots     {slots}"]
    if operation.defines is not None:
        lines.append(f"defines   {show_formula(operation.defines)}")
    lines += [f"updates   {slot} = {show_formula(formula)}" for slot, formula in operation.updates]
    lines += [f"requires  {show_condition(condition)}" for condition in operation.requires]
    lines += [f"new       {slot} starts at {value}" for slot, value in operation.absent.items()]
    lines += [f"law       {trend} in {slot}" for slot, trend in operation.monotone.items()]
    return lines


def _data(expert: Expert) -> dict[str, Any]:
    return {
        "name": expert.name,
        "summary": expert.summary,
        "compute": list(expert.compute),
        "laws": [show_condition(law) for law in expert.laws],
        "operations": [
            {
                "name": operation.name,
                "summary": operation.summary,
                "slots": {slot: str(kind) for slot, kind in operation.slots.items()},
                "defines": show_formula(operation.defines) if operation.defines is not None else None,
                "updates": {slot: show_formula(formula) for slot, formula in operation.updates},
                "requires": [show_condition(condition) for condition in operation.requires],
                "monotone": {slot: str(trend) for slot, trend in operation.monotone.items()},
                "example": example(operation),
            }
            for operation in expert.operations.values()
        ],
    }
