"""Rules as text: Lark, GBNF, one regular expression."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple, assert_never

from tracedsl.exports.rules import Either, Part, Pattern, Row, Rule, Rules, Several, Text


def to_lark(rules: Rules) -> str:
    """Return the rules as a Lark grammar; `llguidance` reads it too. A text has no newline at its end."""
    patterns = {part.name: part.regex for rule in rules.values() for part in _parts(rule) if isinstance(part, Pattern)}
    lines = [f"start: {next(iter(rules))}", *(f"{name}: {_grammar(part, _LARK)}" for name, part in rules.items())]
    lines += [f"{name}: /{regex.replace('/', chr(92) + '/')}/" for name, regex in patterns.items()]
    return "\n".join(lines) + "\n"


def to_gbnf(rules: Rules) -> str:
    """Return the rules as GBNF, as llama.cpp and xgrammar read it."""
    first = next(iter(rules))
    lines = [
        f"root ::= {_dashed(first)}",
        *(f"{_dashed(name)} ::= {_grammar(part, _GBNF)}" for name, part in rules.items()),
    ]
    return "\n".join(lines) + "\n"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


class _Dialect(NamedTuple):
    """What tells two notations apart: how a rule and a pattern are written, and a bounded repetition."""

    rule: Callable[[str], str]
    pattern: Callable[[Pattern], str]
    times: str


def _grammar(part: Part, dialect: _Dialect) -> str:
    match part:
        case Text(text=text):
            return json.dumps(text)
        case Rule(name=name):
            return dialect.rule(name)
        case Pattern():
            return dialect.pattern(part)
        case Several(part=inner, least=least, most=most):
            return f"({_grammar(inner, dialect)}){_times(least, most, dialect.times)}"
        case Row(parts=parts):
            return " ".join(_grammar(each, dialect) for each in parts)
        case Either(parts=parts):
            return f"({' | '.join(_grammar(each, dialect) for each in parts)})"
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


_LARK = _Dialect(str, lambda pattern: pattern.name, "~{}..{}")
_GBNF = _Dialect(_dashed, lambda pattern: _expression(pattern.regex), "{{{},{}}}")


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
