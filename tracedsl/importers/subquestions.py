"""A problem to smaller ones: what its solution finds on the way is asked for.

"Mira baked 36/3 = <<36/3=12>>12 loaves on Monday." becomes "How many loaves did Mira bake on Monday?",
behind the sentences of the problem that come before its own question. So a text may state more
numbers than are needed, and how long it is does not tell how much is to be computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tracedsl.importers.asking import Told, asked
from tracedsl.importers.rows import Problem
from tracedsl.importers.solutions import steps_of
from tracedsl.sentences import sentences

_AMOUNT = r"[$(]*(?:\d[\d,]*(?:\.\d+)?|\.\d+)%?\)*(?: [A-Za-z]+){0,3}\)*"
#: A calculation, units among its numbers or not, up to its result, and the unit of money if it has one.
_CALCULATION = re.compile(
    rf"(?P<left>{_AMOUNT}(?:\s*[-+*/x×]\s*{_AMOUNT})+)\s*=\s*(?P<unit>\$?)\s*"
    r"<<[^<>]*>>\s*(?P<more>\$?)-?[\d,]*\.?\d+(?P<percent>\s*%)?"
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_UNIT = re.compile(r"(?:dollar|cent)s?\b")
_ENDS = ("", ".", ":", "!", "?")
_FEWEST = 3  # words that a line must have beside its calculation


def subquestions(problem: Problem) -> Iterator[Problem]:
    """Yield a problem for each line of a solution but its last that can be asked for; none is proved yet.

    Needs simplemma.
    """
    *context, _ = sentences(problem.question.strip())
    lines = [line for line in problem.solution.split("\n") if line.strip() and not line.startswith("####")]
    names = _names(problem.question)
    for at, line in enumerate(lines[:-1]):
        told = _told(line) if context else None
        question = asked(told, names) if told is not None else None
        if question is None:
            continue
        solution = "\n".join(lines[: at + 1])
        steps = tuple(steps_of(solution))
        if steps:
            columns = {**problem.columns, "id": f"{problem.columns.get('id', '')}-{at + 1}"}
            text = " ".join((*context, question))
            yield replace(
                problem, columns=columns, question=text, steps=steps, answer=steps[-1].value, solution=solution
            )


def _names(text: str) -> frozenset[str]:
    """Return the words of a text that are written with a capital and never without."""
    small = {word for word in _WORD.findall(text) if word[0].islower()}
    return frozenset(word for word in _WORD.findall(text) if word[0].isupper() and word.lower() not in small)


def _told(line: str) -> Told | None:
    """Return what a line tells of the amount that it computes, or nothing where more numbers stand in it."""
    found = list(_CALCULATION.finditer(line))
    if len(found) != 1 or found[0]["percent"]:
        return None
    before, after = line[: found[0].start()].strip(), line[found[0].end() :].strip().rstrip(".,;: ")
    few = len(_WORD.findall(f"{before} {after}")) < _FEWEST
    if re.search(r"[\d=<]", before + after) or few or before[-1:] in _ENDS:
        return None
    money = "$" in found[0]["left"] + found[0]["unit"] + found[0]["more"] and not _UNIT.match(after)
    return Told(before, "how much" if money or not after else "how many", after)
