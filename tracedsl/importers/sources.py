"""Files of problems: GSM8K, SVAMP, GSM-hard, and tables of question, expression and answer."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from tracedsl.importers.expressions import Expression, Operation, Variable, from_python, parse, value_of
from tracedsl.importers.rows import Problem
from tracedsl.importers.solutions import Step, final_answer, steps_of
from tracedsl.numbers import Number, Rational, read_number, whole

_KEPT = ("id", "split")
_SCIENTIFIC = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})[eE][+-]?\d{1,2}")
_TABLES = {".csv": ",", ".tsv": "\t"}
_LARGEST = 1000  # nodes of the expression that a program's names stand for


class Unreadable(ValueError):
    """A file is not what its format says; the text says where."""


def gsm8k(path: Path) -> Iterator[Problem]:
    """Yield the problems of GSM8K: upstream's columns, or the same with ``id`` and ``final``."""
    for place, columns in _placed(path):
        question, solution = _text(columns, place, "question"), _text(columns, place, "answer")
        final = _answer(columns.get("final")) if "final" in columns else final_answer(solution)
        yield Problem(_kept(columns), question, tuple(steps_of(solution)), final, solution)


def svamp(path: Path) -> Iterator[Problem]:
    """Yield the problems of SVAMP: upstream's columns (Body, Question, Equation, Answer), or rows."""
    for place, columns in _placed(path):
        question = _asked(columns, place)
        equation = str(columns.get("Equation", columns.get("answer", "")))
        final = columns.get("final", columns.get("Answer", columns.get("answer")))
        yield _equation({**columns, "id": columns.get("id", columns.get("ID"))}, question, equation, final)


def table(path: Path) -> Iterator[Problem]:
    """Yield the problems of a CSV or JSONL table with the columns question, expression, answer."""
    for place, columns in _placed(path):
        question, expression = _text(columns, place, "question"), _text(columns, place, "expression")
        yield _equation(columns, question, expression, columns.get("answer"))


def gsmhard(path: Path) -> Iterator[Problem]:
    """Yield the problems of GSM-hard: straight-line programs, read and never run.

    Its answers are floats: one that equals the exact value to a relative 1e-9 is taken for it.
    """
    for place, columns in _placed(path):
        question = _asked(columns, place)
        program = str(columns.get("answer", columns.get("code", "")))
        steps = _program(program)
        final = _answer(columns.get("final", columns.get("target")))
        if final is not None and steps and steps[-1].value != final and _is_rounded(steps[-1].value, final):
            final = steps[-1].value
        yield Problem(_kept(columns), question, steps, final)


READERS: Mapping[str, Callable[[Path], Iterator[Problem]]] = {
    "gsm8k": gsm8k,
    "svamp": svamp,
    "gsmhard": gsmhard,
    "csv": table,
}


def _placed(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a file, each with what a message calls it."""
    return ((f"{path}: row {number}", columns) for number, columns in enumerate(_rows(path), 1))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file: CSV or TSV by its name, a JSON list, else a JSON object a line."""
    try:
        yield from _of_format(path)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8: {error.reason}") from error


def _of_format(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix.lower() in _TABLES:
        yield from _records(path)
        return
    with path.open(encoding="utf-8-sig") as file:
        if path.suffix.lower() == ".json":
            found = _loaded(file.read(), f"{path}")
            if not isinstance(found, list):
                raise Unreadable(f"{path}: not a JSON list")
            for number, each in enumerate(found, 1):
                yield _object(each, f"{path}: item {number}")
            return
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _object(_loaded(line, f"{path}:{number}"), f"{path}:{number}")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=_TABLES[path.suffix.lower()])
        try:
            for record in reader:
                columns, further = len(reader.fieldnames or ()), len(record.pop(None, ()))
                missing = sum(value is None for value in record.values())
                if further or missing:
                    cells = columns + further - missing
                    raise Unreadable(f"{path}:{reader.line_num}: {cells} cells, and the header has {columns}")
                yield record
        except csv.Error as error:
            raise Unreadable(f"{path}:{reader.line_num}: {error}") from error


def _loaded(text: str, place: str) -> Any:
    def refuse(name: str) -> None:
        raise Unreadable(f"{place}: {name} is no number of JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise Unreadable(f"{place}: {error.msg}") from error
    except RecursionError:
        raise Unreadable(f"{place}: nested too deep") from None
    except ValueError:
        raise Unreadable(f"{place}: a number with too many digits") from None


def _object(found: Any, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Unreadable(f"{place}: not a JSON object")
    return found


def _text(columns: Mapping[str, Any], place: str, name: str) -> str:
    value = columns.get(name)
    if name in columns and not isinstance(value, str):
        raise Unreadable(f"{place}: {name!r} is not a text")
    if not isinstance(value, str):
        raise Unreadable(f"{place} has no column {name!r}; it has {', '.join(map(repr, columns)) or 'none'}")
    return value


def _asked(columns: Mapping[str, Any], place: str) -> str:
    question = question_of(columns)
    if question is None:
        raise Unreadable(f"{place} has no question; it has {', '.join(map(repr, columns)) or 'nothing'}")
    return question


def question_of(columns: Mapping[str, Any]) -> str | None:
    """Return a problem's question, in whichever columns its format has it; ``None`` where it has none."""
    for names in (("question",), ("input",), ("Body", "Question")):
        text = " ".join(str(columns[name]) for name in names if columns.get(name)).strip()
        if text:
            return text
    return None


def _kept(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in _KEPT if columns.get(name) is not None}


def _answer(value: object) -> Rational | None:
    text = re.sub(r"\.0+$", "", str(value).replace(",", "").replace("$", "").strip())
    if _SCIENTIFIC.fullmatch(text):
        return whole(Fraction(text))
    read = read_number(text, 400)
    return read.value if isinstance(read, Number) else None


def _equation(columns: Mapping[str, Any], question: str, equation: str, final: object) -> Problem:
    """Return a problem whose solution is one expression; each operation in it is a step."""
    steps = tuple(_operations(parse(equation), question)) if parse(equation) is not None else ()
    return Problem(_kept(columns), question, steps, _answer(final), equation)


def _operations(expression: Expression | None, sentence: str) -> Iterator[Step]:
    if expression is None:
        return
    value = value_of(expression)
    if value is not None and isinstance(expression, Operation):
        yield Step(expression, value, 0, sentence, "", "")


def _program(program: str) -> tuple[Step, ...]:
    """Return the assignments of a straight-line program as steps; none where it is another."""
    try:
        return tuple(_assigned(program))
    except RecursionError:  # an expression that is nested too deep
        return ()


def _assigned(program: str) -> Iterator[Step]:
    try:
        body = ast.parse(program).body
    except (SyntaxError, ValueError, MemoryError):  # the last where it is nested too deep for the parser
        return
    lines = body[0].body if len(body) == 1 and isinstance(body[0], ast.FunctionDef) else body
    known: dict[str, Expression] = {}
    steps: list[Step] = []
    for line in lines:
        match line:
            case ast.Expr(value=ast.Constant()) | ast.Return():
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                expression = _replaced(from_python(value, program), known)
                if expression is None or _size(expression) > _LARGEST:
                    return
                known[name] = expression
                steps += _named(expression, name)
            case _:
                return
    yield from _used(steps, known.get("result"))


def _size(expression: Expression) -> int:
    """Return how many nodes an expression has."""
    return 1 + sum(map(_size, expression.args)) if isinstance(expression, Operation) else 1


def _replaced(expression: Expression | None, known: Mapping[str, Expression]) -> Expression | None:
    """Put what the names stand for into an expression: the numbers that it may be wired to."""
    match expression:
        case Variable(name=name):
            return known.get(name)
        case Operation(op=op, args=args):
            parts = [_replaced(arg, known) for arg in args]
            found = [part for part in parts if part is not None]
            return Operation(op, tuple(found)) if len(found) == len(parts) else None
        case _:
            return expression


def _named(expression: Expression, name: str) -> Iterable[Step]:
    value, words = value_of(expression), name.replace("_", " ")
    if value is None or not isinstance(expression, Operation):
        return ()
    return (Step(expression, value, 0, words, "", f" {words}"),)


def _used(steps: list[Step], result: Expression | None) -> Iterator[Step]:
    """Yield the step that computes the result, whole: its expression holds all that it needs."""
    value = value_of(result) if result is not None else None
    chosen = [step for step in steps if step.value == value]
    return iter(chosen[-1:])


def _is_rounded(exact: Rational, stated: Rational) -> bool:
    return abs(Fraction(exact) - stated) <= abs(Fraction(exact)) * Fraction(1, 10**9)
