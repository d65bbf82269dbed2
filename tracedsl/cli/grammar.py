"""`tracedsl grammar`: the language for other engines."""

from __future__ import annotations

import argparse
import json

from tracedsl.cli import WELL, UsageError
from tracedsl.cli.settings import expert_of, settings
from tracedsl.exports import Wanted, rules, to_gbnf, to_json_schema, to_lark, to_llguidance, to_regex
from tracedsl.numbers import Number, read_number
from tracedsl.syntax.scalars import NAME
from tracedsl.vocabulary import Vocabulary

_WRITERS = {"lark": to_lark, "gbnf": to_gbnf, "regex": to_regex}


def run(options: argparse.Namespace) -> int:
    """Print the grammar that the options ask for."""
    chosen = settings(options)
    if options.limit:
        raise UsageError("a grammar bounds steps by --max-steps alone; the other limits are left to `tracedsl check`")
    experts = tuple(expert_of(chosen, name).name for name in options.expert) if options.expert else None
    wanted = Wanted(experts, _names(options.names), _numbers(options.numbers), options.max_steps)
    try:
        print(_written(options.to, chosen.vocabulary, wanted).rstrip("\n"))
    except ValueError as error:
        raise UsageError(str(error)) from error
    return WELL


def _written(form: str, vocabulary: Vocabulary, wanted: Wanted) -> str:
    if form == "llguidance":
        return to_llguidance(vocabulary, wanted)
    if form == "json-schema":
        return json.dumps(to_json_schema(vocabulary, wanted), indent=1)
    return _WRITERS[form](rules(vocabulary, wanted))


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if NAME.fullmatch(name) is None:
            raise UsageError(f"--names takes names, and {name!r} is none")
    return names


def _numbers(text: str | None) -> tuple[Number, ...] | None:
    if text is None:
        return None
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        number = read_number(part)
        if not isinstance(number, Number):
            raise UsageError(f"--numbers takes numbers, and {part!r} is none")
        found.append(number)
    if not found:
        raise UsageError("--numbers takes one number at least")
    return tuple(dict.fromkeys(found))
