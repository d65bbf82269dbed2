"""`tracedsl fuzz`: try the laws of experts on drawn cases, and print the smallest that breaks one."""

from __future__ import annotations

import argparse
import re
import textwrap
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracedsl.cli import FINDINGS, WELL, UsageError
from tracedsl.cli.settings import Settings, curriculum, expert_of, settings
from tracedsl.vocabulary import default

if TYPE_CHECKING:
    from tracedsl.fuzzing import Law, Verdict

_CASES = 100  # of one law in one round
_BUDGET = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)(s|m|)")


def run(options: argparse.Namespace) -> int:
    """Fuzz the experts that the options name until the budget is spent."""
    chosen = settings(options)
    budget = _seconds(options.budget)
    try:
        from tracedsl.fuzzing import attempt
    except ImportError as error:
        raise UsageError("fuzz needs hypothesis: pip install 'tracedsl[test]'") from error
    laws, start = list(_laws(options, chosen)), time.monotonic()
    found: dict[int, Verdict] = {}
    cases = [0] * len(laws)
    round_ = 0
    while round_ == 0 or (time.monotonic() - start < budget and len(found) < len(laws)):
        for number, law in enumerate(laws):
            if number in found or (round_ and time.monotonic() - start >= budget):
                continue
            verdict = attempt(law, _CASES, options.seed + round_)
            cases[number] += verdict.cases
            if verdict.broken is not None:
                found[number] = verdict
        round_ += 1
    for number, law in enumerate(laws):
        tried = f"{cases[number]:,} cases" if cases[number] else "not tried: no case met it"
        print(f"{law.subject}: {law.name}: {'broken' if number in found else tried}")
    for verdict in found.values():
        _explain(verdict)
    untried = sum(1 for number in range(len(laws)) if number not in found and not cases[number])
    note = f"; {untried} could not be tried" if untried else ""
    print(f"{len(found)} of {len(laws)} laws broken{note}." if found else f"All {len(laws) - untried} laws held{note}.")
    return FINDINGS if found else WELL


def _seconds(text: str) -> float:
    found = _BUDGET.fullmatch(text)
    if found is None:
        raise UsageError(f"--budget takes seconds or minutes, such as 60s or 5m, not {text!r}")
    return float(found[1]) * (60 if found[2] == "m" else 1)


def _laws(options: argparse.Namespace, chosen: Settings) -> Iterator[Law]:
    """Yield the laws of the experts asked for, and that their patterns draw only proved examples."""
    from tracedsl.fuzzing import law_of_pattern, laws_of

    own = [name for name in chosen.vocabulary.experts if name not in default().experts]
    more = {pattern.group for pattern in curriculum(chosen).patterns.values()} - set(chosen.vocabulary.experts)
    for name in options.names or own or (*chosen.vocabulary.experts, *more):
        if name not in more:
            yield from laws_of(expert_of(chosen, name), chosen.vocabulary)
        patterns = curriculum(chosen).patterns.values()
        yield from (law_of_pattern(each, chosen.vocabulary) for each in patterns if each.group == name)


def _explain(verdict: Verdict) -> None:
    """Print the smallest case that breaks a law."""
    law, broken = verdict.law, verdict.broken
    assert broken is not None
    print(f"\n{law.subject}: {law.name}: does not hold: {broken.why}\n")
    print(textwrap.indent(broken.trace, "    "))
