"""What the options and `[tool.tracedsl]` say together: experts, limits, what is reported."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tracedsl.cli import UsageError
from tracedsl.diagnostics import CATALOGUE, Diagnostic, Severity, matches
from tracedsl.folders import Unsound, curriculum_of, paths_in, vocabulary_of
from tracedsl.limits import DEFAULT, Limits
from tracedsl.record import record
from tracedsl.render.text import COLOUR, PLAIN, Style, render_unsound
from tracedsl.source import Source
from tracedsl.vocabulary import Expert, Vocabulary

if TYPE_CHECKING:  # `check` need not load what only `generate` and `lint` use
    from tracedsl.patterns.curriculum import Curriculum

_Found = TypeVar("_Found")
_KEYS = {"select", "ignore", "strict", "experts", "limits"}


@record
class Settings:
    """Everything that a command needs to know beside its paths."""

    vocabulary: Vocabulary
    files: tuple[Source, ...]
    limits: Limits
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    strict: bool
    style: Style

    def reports(self, diagnostic: Diagnostic) -> bool:
        """Return whether a diagnostic is selected and not ignored."""
        selected = not self.select or _matches(diagnostic, self.select)
        return selected and not _matches(diagnostic, self.ignore)

    def fails(self, diagnostic: Diagnostic) -> bool:
        """Return whether a diagnostic makes `check` exit with 1."""
        return self.strict or diagnostic.severity is Severity.ERROR


def settings(options: argparse.Namespace) -> Settings:
    """Read the options and the configuration."""
    path = _config_path(options.config)
    table = _table(path) if path is not None else {}
    base = path.parent if path is not None else Path()
    select, ignore = (_codes(getattr(options, key, None), table.get(key), key) for key in ("select", "ignore"))
    if getattr(options, "select", None) is None:
        select = _own(select, "C" if options.command == "lint" else "T")
    strict = getattr(options, "strict", None)
    files = tuple(_files([*(base / part for part in _strings(table, "experts")), *map(Path, options.experts)]))
    return Settings(
        vocabulary=_vocabulary(files, getattr(options, "overlay", None)),
        files=files,
        limits=_limits(options.limit, table.get("limits", {})),
        select=select,
        ignore=ignore,
        strict=bool(table.get("strict", False)) if strict is None else strict,
        style=style(options.color),
    )


def style(choice: str) -> Style:
    """Return the colours to use on standard output; NO_COLOR and FORCE_COLOR are heeded."""
    if choice == "auto":
        forced = bool(os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"))
        wanted = forced or (sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
        return COLOUR if wanted else PLAIN
    return COLOUR if choice == "always" else PLAIN


def _config_path(stated: str | None) -> Path | None:
    if stated is not None:
        return Path(stated)
    folders = (Path.cwd(), *Path.cwd().parents)
    return next((path for folder in folders if (path := folder / "pyproject.toml").is_file()), None)


def _table(path: Path) -> dict[str, Any]:
    text = read_text(path)
    if "tracedsl" not in text:
        return {}
    import tomllib  # costs 15 ms, and few files have the table

    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    table = tool.get("tracedsl", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict) or not isinstance(table.get("strict", False), bool):
        raise UsageError(f"{path}: [tool.tracedsl] must be a table, and strict in it true or false")
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise UsageError(f"{path}: [tool.tracedsl] has no key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    return dict(table)


def read_text(path: Path) -> str:
    """Return the text of a file that a command cannot do without."""
    if not path.is_file():
        raise UsageError(f"cannot read {path}: {'not a regular file' if path.exists() else 'no such file'}")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error


def _strings(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"[tool.tracedsl] {key} must be a list of strings")
    return value


def _own(codes: tuple[str, ...], family: str) -> tuple[str, ...]:
    """Return what a configuration selects, or all where it selects for other commands alone."""
    kinds = [kind for kind in CATALOGUE.values() if kind.code.startswith(family)]
    return codes if any(_matches(kind, codes) for kind in kinds) else ()


def _codes(options: list[str] | None, configured: object, key: str) -> tuple[str, ...]:
    if options is None:
        written = _strings({key: configured} if configured is not None else {}, key)
    else:
        written = [code for option in options for code in option.split(",")]
    codes = tuple(code.strip() for code in written if code.strip())
    for code in codes:
        if not any(_matches(kind, (code,)) for kind in CATALOGUE.values()):
            raise UsageError(f"there is no code {code!r}; `tracedsl explain --all` lists them")
    return codes


def _matches(diagnostic: Diagnostic | type[Diagnostic], codes: Iterable[str]) -> bool:
    kind = diagnostic if isinstance(diagnostic, type) else type(diagnostic)
    return any(matches(kind, code) for code in codes)


def _limits(options: list[str], configured: object) -> Limits:
    if not isinstance(configured, dict) or not all(type(value) is int for value in configured.values()):
        raise UsageError("[tool.tracedsl] limits must be a table of whole numbers")
    chosen: dict[str, int] = dict(configured)
    for option in options:
        name, _, number = option.partition("=")
        if not (number.isascii() and number.isdigit() and len(number) <= 12):
            raise UsageError(f"--limit takes NAME=N, such as steps=2000, not {option!r}")
        chosen[name] = int(number)
    try:
        return DEFAULT.with_settings(chosen)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _files(folders: list[Path]) -> Iterator[Source]:
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--experts takes a folder, and {folder} is none")
        yield from (Source(read_text(path), str(path)) for path in paths_in(folder))


def _vocabulary(files: Iterable[Source], overlay: str | None) -> Vocabulary:
    """Return the shipped experts and those of the files, or as an overlay changes them."""
    vocabulary = _sound(vocabulary_of(files))
    if overlay is None:
        return vocabulary
    from tracedsl.patterns.curriculum import overlaid  # only for rows of past runs

    found = overlaid(overlay, vocabulary)
    if found is None:
        raise UsageError(f"there is no overlay {overlay!r}")
    return found.vocabulary


def expert_of(chosen: Settings, name: str) -> Expert:
    """Return an expert by its name; one that there is not is a `UsageError`."""
    experts = chosen.vocabulary.experts
    if name not in experts:
        raise UsageError(f"there is no expert {name!r}; the experts are {', '.join(experts)}")
    return experts[name]


def curriculum(chosen: Settings) -> Curriculum:
    """Return the shipped patterns, mixes and prompts and those of the expert files."""
    return _sound(curriculum_of(chosen.files, chosen.vocabulary))


def _sound(found: _Found | Unsound) -> _Found:
    if isinstance(found, Unsound):
        raise UsageError(render_unsound(found))
    return found


def need(package: str, option: str) -> None:
    """Refuse an option whose package is not installed; raises UsageError."""
    if find_spec(package) is None:
        raise UsageError(f"{option} needs {package}: pip install 'tracedsl[data]'")
