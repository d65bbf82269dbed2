"""`tracedsl completion`: print a completion script for a shell."""

from __future__ import annotations

import argparse

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.arguments import parser


def run(options: argparse.Namespace) -> int:
    """Print the script; the library that writes it is an extra."""
    try:
        import shtab
    except ImportError as error:
        raise UsageError("completion needs the extra `completion`: pip install 'tracedsl[completion]'") from error
    print(shtab.complete(parser(), shell=options.shell))
    return WELL
