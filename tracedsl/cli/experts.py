"""`tracedsl experts`: what each expert can do; `--check` for those who write one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tracedsl.cli import FINDINGS, WELL, UsageError
from tracedsl.cli.settings import Settings, read_text, settings
from tracedsl.render.json import SCHEMA_VERSION
from tracedsl.render.text import render_full
from tracedsl.source import Source
from tracedsl.vocabulary import Expert, Operation, load_expert, show_condition, show_formula, without_shipped


def run(options: argparse.Namespace) -> int:
    """List experts, or check expert files."""
    chosen = settings(options)
    if options.check:
        return max([_check(Path(path), chosen) for path in options.check])
    experts = chosen.vocabulary.experts
    if options.name is not None and options.name not in experts:
        raise UsageError(f"there is no expert {options.name!r}; the experts are {', '.join(experts)}")
    shown = [experts[options.name]] if options.name is not None else list(experts.values())
    if options.format == "json":
        print(json.dumps({"schema_version": SCHEMA_VERSION, "experts": [_data(expert) for expert in shown]}))
    else:
        print("\n\n".join(map(_text, shown)))
    return WELL


def _check(path: Path, chosen: Settings) -> int:
    source = Source(read_text(path), str(path))
    loaded = load_expert(source, without_shipped(source.text))
    for fault in loaded.diagnostics:
        print(render_full(fault, source, chosen.style), end="\n\n")
    if loaded.expert is None:
        return FINDINGS
    print(f"{path}: the expert `{loaded.expert.name}` is sound.")
    return WELL


def _text(expert: Expert) -> str:
    lines = [expert.name, f"  {expert.summary}"]
    if expert.compute:
        lines.append(f"  computes {', '.join(expert.compute)}")
    for operation in expert.operations.values():
        lines += ["", f"  {operation.name}: {operation.summary}", f"    {example(operation)}"]
        lines += [f"    {line}" for line in _meaning(operation)]
    return "\n".join(lines)


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
    return lines


def _data(expert: Expert) -> dict[str, Any]:
    return {
        "name": expert.name,
        "summary": expert.summary,
        "compute": list(expert.compute),
        "operations": [
            {
                "name": operation.name,
                "summary": operation.summary,
                "slots": {slot: str(kind) for slot, kind in operation.slots.items()},
                "defines": show_formula(operation.defines) if operation.defines is not None else None,
                "updates": {slot: show_formula(formula) for slot, formula in operation.updates},
                "requires": [show_condition(condition) for condition in operation.requires],
                "example": example(operation),
            }
            for operation in expert.operations.values()
        ],
    }
