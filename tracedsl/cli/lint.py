"""`tracedsl lint`: what a corpus, or a file of patterns, would teach wrongly."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tracedsl.cli import FINDINGS, WELL, UsageError, several
from tracedsl.cli.files import reading
from tracedsl.cli.settings import Settings, curriculum, read_text, settings
from tracedsl.lints.corpus import row_facts, usual_context, usual_tokens
from tracedsl.lints.declarations import drawn_facts, other_than, with_own_expert
from tracedsl.lints.facts import Fact, Finding
from tracedsl.lints.rules import Context, lint
from tracedsl.patterns.curriculum import Curriculum, load_curriculum
from tracedsl.render.json import SCHEMA_VERSION, diagnostic_data
from tracedsl.render.text import render_concise, render_full
from tracedsl.source import Source


def run(options: argparse.Namespace) -> int:
    """Lint the corpora and the declarations that the options name."""
    chosen = settings(options)
    if options.max_length < 1:
        raise UsageError(f"--max-length takes a number of tokens from 1 on, not {options.max_length}")
    known = curriculum(chosen)
    context = replace(usual_context(known, chosen.vocabulary), max_length=options.max_length)
    tokens = _tokens(options.tokenizer)
    rows, declarations = _sorted_paths([Path(path) for path in options.paths])
    found: list[Finding] = []
    facts = [fact for path in rows for fact in _facts(path, chosen, known, tokens)]
    if facts:
        found += lint(facts, context)
    elif rows and not declarations:
        raise UsageError(f"there is no row in {', '.join(map(str, rows))}")
    for path in declarations:
        found += _declared(path, chosen, context)
    found = [finding for finding in found if chosen.reports(finding.diagnostic)]
    _show(found, chosen, options.format)
    if options.format == "full":
        print(_closing(len(found), len(facts), len(declarations)))
    return FINDINGS if found else WELL


def _sorted_paths(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    rows: list[Path] = []
    declarations: list[Path] = []
    for path in paths:
        if path.is_dir():
            rows += sorted(path.glob("*.jsonl"))
            declarations += sorted(path.glob("*.yaml"))
        elif path.suffix == ".jsonl":
            rows.append(path)
        else:
            declarations.append(path)
    if not rows and not declarations:
        raise UsageError("there is nothing to lint: give .jsonl files of rows or .yaml files of patterns")
    return rows, declarations


def _facts(path: Path, chosen: Settings, known: Curriculum, tokens: Callable[[str], int]) -> Iterator[Fact]:
    with reading(str(path)) as stream:
        yield from row_facts(stream, str(path), chosen.vocabulary, known, chosen.limits, tokens)


def _declared(path: Path, chosen: Settings, context: Context) -> Iterator[Finding]:
    """Yield what is wrong with a file's patterns: its faults, or what their examples show."""
    source = Source(read_text(path), str(path))
    known, (_, words, unsound) = other_than(source.text), with_own_expert(source, chosen.vocabulary)
    if unsound:
        yield from unsound
        return
    loaded = load_curriculum([source], words, known)
    yield from (Finding(fault, where) for fault, where in loaded.faults)
    patterns = {name: each for name, each in loaded.curriculum.patterns.items() if name not in known.patterns}
    facts, faults = drawn_facts(patterns.values(), words)
    yield from faults
    own = replace(context, curriculum=loaded.curriculum, declared=True)
    yield from lint(facts, own)


def _tokens(tokenizer: str | None) -> Callable[[str], int]:
    if tokenizer is None:
        return usual_tokens
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise UsageError("--tokenizer needs the package tokenizers: pip install tokenizers") from error
    path = Path(tokenizer)
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"there is no {file}")
    ready = Tokenizer.from_file(str(file))
    return lambda text: len(ready.encode(text).ids)


def _show(found: list[Finding], chosen: Settings, form: str) -> None:
    if form == "json":
        data = [diagnostic_data(each.diagnostic, each.source) for each in found]
        print(json.dumps({"schema_version": SCHEMA_VERSION, "findings": data}))
        return
    for each in found:
        if form == "concise":
            print(render_concise(each.diagnostic, each.source, chosen.style))
        else:
            print(render_full(each.diagnostic, each.source, chosen.style), end="\n\n")


def _closing(findings: int, rows: int, files: int) -> str:
    parts = [several(rows, "row")] if rows else []
    parts += [f"{several(files, 'file')} of declarations"] if files else []
    looked = " and ".join(parts)
    return f"{several(findings, 'finding') if findings else 'No findings'} in {looked}."
