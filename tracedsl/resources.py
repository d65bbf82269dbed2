"""Where the grammar and the experts are: in a clone beside the package, in a wheel inside it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "_data"
_FOLDER = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


@cache
def read(folder: str, name: str) -> str:
    """Return the text of a data file, such as ``read("grammar", "trace.lark")``."""
    if _FOLDER.is_dir():
        return (_FOLDER / folder / name).read_text(encoding="utf-8")
    from importlib.resources import files  # a zipped wheel; the import would cost every start 15 ms

    return (files("tracedsl") / "_data" / folder / name).read_text(encoding="utf-8")


def names(folder: str) -> tuple[str, ...]:
    """Return the names of a folder's YAML files, without their ending."""
    if _FOLDER.is_dir():
        found = [path.name for path in (_FOLDER / folder).glob("*.yaml")]
    else:
        from importlib.resources import files

        found = [each.name for each in (files("tracedsl") / "_data" / folder).iterdir()]
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


@cache
def terminal(grammar: str, name: str) -> str:
    """Return the pattern of a terminal as a grammar file states it.

    The hot path matches scalars with ``re``; reading the pattern from the grammar keeps one
    statement of it without importing the parser.
    """
    found = re.search(rf"^{name}: /(.+)/$", read("grammar", grammar), re.MULTILINE)
    if found is None:
        raise LookupError(f"{grammar} states no terminal {name}")
    return found[1].replace(r"\/", "/")


def adapters() -> Path:
    """Return the folder of the shipped adapters; in a zipped wheel there are none to load."""
    return _SHIPPED / "adapters" if _SHIPPED.is_dir() else _FOLDER / "training" / "adapters"
