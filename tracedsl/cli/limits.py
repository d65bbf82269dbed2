"""`tracedsl limits`: list the limits on input and values."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from tracedsl.cli import WELL
from tracedsl.cli.settings import settings
from tracedsl.limits import MEANINGS
from tracedsl.render.json import SCHEMA_VERSION


def run(options: argparse.Namespace) -> int:
    """Print each limit, its value and its meaning."""
    values = asdict(settings(options).limits)
    if options.format == "json":
        print(json.dumps({"schema_version": SCHEMA_VERSION, "limits": values}))
        return WELL
    for name, value in values.items():
        print(f"{name:<10} {value:>9,}  {MEANINGS[name]}")
    print("\nEach can be changed with --limit NAME=N, or in [tool.tracedsl.limits] of pyproject.toml.")
    return WELL
