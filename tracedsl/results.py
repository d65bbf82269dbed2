"""What running a document gives: the answer, exactly, and every variable."""

from __future__ import annotations

from tracedsl.diagnostics import Diagnostic, values
from tracedsl.graph import unit_of
from tracedsl.numbers import show_number
from tracedsl.picture import Drawable
from tracedsl.pipeline import Report
from tracedsl.record import record
from tracedsl.units import show_unit


@record
class SubResult:
    """The result of one (sub-)trace: its variables at its end, as exact text, in order."""

    expert: str
    name: str | None
    answer: str | None
    values: dict[str, str | None]


@record
class Result(Drawable):
    """What a document computes; ``answer`` is exact text, ``None`` unless ``ok``."""

    report: Report
    ok: bool
    answer: str | None
    type: str | None
    unit: str | None
    sub_traces: tuple[SubResult, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong, but for a stated answer, which is for `check` to compare."""
        return tuple(fault for fault in self.report.diagnostics if not isinstance(fault, values.WrongAnswer))


def result_of(report: Report) -> Result:
    """Return what a report's document computes."""
    execution, graph = report.execution, report.graph
    if execution is None or graph is None or any(not isinstance(error, values.WrongAnswer) for error in report.errors):
        return Result(report, False, None, None, None, ())
    number = execution.number(graph.result)
    node = graph.nodes[graph.result]
    unit = unit_of(node)
    parts = []
    for scope in graph.scopes:
        variables = {name: _shown(report, index) for name, index in scope.names.items()}
        parts.append(SubResult(scope.expert, scope.name, _shown(report, scope.query.node), variables))
    kind = "percent" if number is not None and number.percent else "number"
    return Result(report, True, _shown(report, graph.result), kind, show_unit(unit) if unit else None, tuple(parts))


def _shown(report: Report, index: int) -> str | None:
    number = report.execution.number(index) if report.execution is not None else None
    return show_number(number) if number is not None else None
