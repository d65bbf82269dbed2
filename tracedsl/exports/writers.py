"""Rules as text: Lark, GBNF, one regular expression."""

from __future__ import annotations

import json
import re
from typing import assert_never

from tracedsl.exports.rules import Either, Part, Pattern, Row, Rule, Rules, Several, Text


def to_lark(rules: Rules) -> str:
    """Return the rules as a Lark grammar; `llguidance` reads it too. A text has no newline at its end."""
    patterns = {part.name: part.regex for rule in rules.values() for part in _parts(rule) if isinstance(part, Pattern)}
    lines = [f"start: {next(iter(rules))}", *(f"{name}: {_lark(part)}" for name, part in rules.items())]
    lines += [f"{name}: /{regex.replace('/', chr(92) + '/')}/" for name, regex in patterns.items()]
    return "\n".join(lines) + "\n"


def _lark(part: Part) -> str:
    match part:
        case Text(text=text):
            return json.dumps(text)
        case Rule(name=name) | Pattern(name=name):
            return name
        case Several(part=inner, least=least, most=most):
            return f"({_lark(inner)}){_times(least, most, '~{}..{}')}"
        case Row(parts=parts):
            return " ".join(map(_lark, parts))
        case Either(parts=parts):
            return f"({' | '.join(map(_lark, parts))})"
        case _:
            assert_never(part)


def to_gbnf(rules: Rules) -> str:
    """Return the rules as GBNF, as llama.cpp and xgrammar read it."""
    first = next(iter(rules))
    lines = [f"root ::= {_dashed(first)}", *(f"{_dashed(name)} ::= {_gbnf(part)}" for name, part in rules.items())]
    return "\n".join(lines) + "\n"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _gbnf(part: Part) -> str:
    match part:
        case Text(text=text):
            return json.dumps(text)
        case Rule(name=name):
            return _dashed(name)
        case Pattern(regex=regex):
            return _expression(regex)
        case Several(part=inner, least=least, most=most):
            return f"({_gbnf(inner)}){_times(least, most, '{{{},{}}}')}"
        case Row(parts=parts):
            return " ".join(map(_gbnf, parts))
        case Either(parts=parts):
            return f"({' | '.join(map(_gbnf, parts))})"
        case _:
            assert_never(part)


def _expression(regex: str) -> str:
    """Return a regular expression of classes, letters, groups and repetitions as GBNF."""
    found: list[str] = []
    for token in re.findall(r"\[[^\]]*\]|\\.|.", regex):
        if token[0] == "[" or token in "()|":
            found.append(token)
        elif token in "*+?":
            found[-1] += token
        else:
            found.append(json.dumps(token.removeprefix("\\")))
    return " ".join(found)


def to_regex(rules: Rules) -> str:
    """Return the rules as one regular expression, for a full match."""
    return _regex(next(iter(rules.values())), rules)


def _regex(part: Part, rules: Rules) -> str:
    match part:
        case Text(text=text):
            return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text).replace("\n", r"\n")
        case Rule(name=name):
            return _regex(rules[name], rules)
        case Pattern(regex=regex):
            return f"(?:{regex.replace('(', '(?:')})"
        case Several(part=inner, least=least, most=most):
            return f"(?:{_regex(inner, rules)}){_times(least, most, '{{{},{}}}')}"
        case Row(parts=parts):
            return "".join(_regex(each, rules) for each in parts)
        case Either(parts=parts):
            return f"(?:{'|'.join(_regex(each, rules) for each in parts)})"
        case _:
            assert_never(part)


def _times(least: int, most: int | None, form: str) -> str:
    if most is None:
        return {0: "*", 1: "+"}[least]
    return form.format(least, most)


def _parts(part: Part) -> list[Part]:
    """Return a part and all parts in it."""
    match part:
        case Several(part=inner):
            return [part, *_parts(inner)]
        case Row(parts=parts) | Either(parts=parts):
            return [part, *(each for inner in parts for each in _parts(inner))]
        case _:
            return [part]
