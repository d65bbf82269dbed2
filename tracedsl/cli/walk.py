"""`tracedsl walk`: random texts under the decoding constraint, each checked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

from tracedsl.cli import FINDINGS, WELL, UsageError
from tracedsl.cli.outputs import telling, writing
from tracedsl.cli.settings import Settings, expert_of, settings
from tracedsl.decoding import (
    Constraint,
    Masker,
    Options,
    Tokens,
    from_bytes,
    from_sentencepiece,
    from_transformers,
    walk,
)
from tracedsl.pipeline import Report, examine_text
from tracedsl.render.text import render_full
from tracedsl.source import Source
from tracedsl.syntax.ast import Compute, Domain, Step, steps


def run(options: argparse.Namespace) -> int:
    """Walk, check every text, and say what occurred."""
    chosen = settings(options)
    _refuse(options)
    constraint = _constraint(options, chosen)
    seen: set[str] = set()
    ended = valid = 0
    with writing((), Path(options.output)) as (stream,):
        for walked, report in _walks(options, constraint, chosen):
            ended, valid = ended + walked["ended"], valid + walked["valid"]
            stream.write(json.dumps(walked) + "\n")
            if report.parsed.document is not None:
                seen |= {_name(step) for step in steps(report.parsed.document)}
            for fault in report.errors:
                print(render_full(fault, report.source, chosen.style), file=sys.stderr)
    known = {form.op for forms in constraint.language.shapes.forms.values() for form in forms}
    where = telling(Path(options.output))
    print(f"{ended} of {options.n} walks ended within {options.budget} tokens, {valid} are valid.", file=where)
    print(f"{len(seen & known)} of {len(known)} operations occur.", file=where)
    return WELL if ended == valid == options.n else FINDINGS


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options that cannot be meant."""
    if options.n < 1:
        raise UsageError(f"--n takes a number of texts from 1 on, not {options.n}")
    if not 0 <= options.spread < inf:
        raise UsageError(f"--spread takes a deviation from 0 on, not {options.spread}")


def _walks(
    options: argparse.Namespace, constraint: Constraint, chosen: Settings
) -> Iterator[tuple[dict[str, Any], Report]]:
    for index in range(options.n):
        walked = walk(constraint, f"{options.seed}:{index}", spread=options.spread)
        report = examine_text(Source(walked.text, f"walk {index}"), chosen.vocabulary, chosen.limits)
        valid = report.execution is not None and not report.errors
        yield {"trace": walked.text, "tokens": walked.tokens, "ended": walked.ended, "valid": valid}, report


def _constraint(options: argparse.Namespace, chosen: Settings) -> Constraint:
    names = tuple(expert_of(chosen, name).name for name in options.expert) if options.expert else None
    try:
        asked = Options(experts=names, execute=not options.no_execute, limits=chosen.limits)
        return Constraint(
            Masker(_tokens(options.tokenizer)), asked, vocabulary=chosen.vocabulary, budget=options.budget
        )
    except (ValueError, RuntimeError, ImportError) as error:  # sentencepiece raises the second
        raise UsageError(str(error)) from error


def _tokens(path: str | None) -> Tokens:
    """Read a vocabulary: a folder that transformers saved, a SentencePiece model, or single bytes."""
    if path is None:
        return from_bytes()
    if not Path(path).exists():
        raise UsageError(f"{path}: there is no such tokenizer")
    if Path(path).is_dir():
        from transformers import AutoTokenizer

        return from_transformers(AutoTokenizer.from_pretrained(path, local_files_only=True))
    from sentencepiece import SentencePieceProcessor

    return from_sentencepiece(SentencePieceProcessor(model_file=path))


def _name(step: Step) -> str:
    match step:
        case Compute(op=op):
            return f"compute {op.text}"
        case Domain(op=op):
            return op.text
        case _:
            return ""
