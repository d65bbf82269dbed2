"""`tracedsl model`: the embedded base model, put in place."""

from __future__ import annotations

import argparse

from tracedsl import models
from tracedsl.cli import WELL, UsageError


def run(options: argparse.Namespace) -> int:
    """Install the embedded model, or say where it is."""
    try:
        folder = models.install() if options.action == "install" else models.base()
    except models.NoModel as error:
        raise UsageError(str(error)) from error
    print(folder)
    return WELL
