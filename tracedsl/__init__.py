"""tracedsl: calculation traces that a model wires and experts compute.

>>> import tracedsl
>>> tracedsl.run(open("shop.yaml").read()).answer
'72'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracedsl.api import check, compile, execute, extract, format, parse, run, score, score_many, verify

__all__ = ["check", "compile", "execute", "extract", "format", "parse", "run", "score", "score_many", "verify"]


def __getattr__(name: str) -> object:
    """Import the library on first use, so that `tracedsl --help` need not wait for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("tracedsl.api"), name)
