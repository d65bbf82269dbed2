"""Counts as bars: as text, and as a self-contained SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from tracedsl.record import record

_WIDE = 40  # characters of the longest bar
_LEFT, _LINE, _BAR, _RIGHT = 210, 20, 300, 120


@record
class Chart:
    """Counts under a title, each also a share of a total."""

    title: str
    counts: Mapping[str, int]
    total: int

    def share(self, count: int) -> float:
        """Return a count in percent of the total."""
        return 100 * count / max(self.total, 1)

    @property
    def most(self) -> int:
        """The largest count, at least 1."""
        return max(*self.counts.values(), 1) if self.counts else 1


def to_text(chart: Chart) -> str:
    """Return a chart as lines; one of nothing is nothing."""
    if not chart.counts:
        return ""
    width = max(map(len, chart.counts))
    lines = [f"\n{chart.title}"] if chart.title else []
    for name, count in chart.counts.items():
        bar = "\u2588" * round(_WIDE * count / chart.most)
        lines.append(f"  {name:<{width}} {count:>6} {chart.share(count):5.1f} % {bar}".rstrip())
    return "\n".join(lines) + "\n"


def to_svg(charts: Iterable[Chart]) -> str:
    """Return charts one below the other."""
    shapes: list[str] = []
    y = 10
    for chart in charts:
        if chart.counts:
            y += _LINE
            shapes.append(f'<text x="10" y="{y}" font-weight="600">{escape(chart.title)}</text>')
            for name, count in chart.counts.items():
                y += _LINE
                shapes += _bar(chart, name, count, y)
            y += _LINE // 2
    size = f'width="{_LEFT + _BAR + _RIGHT}" height="{y + 10}"'
    body = "\n".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">\n{body}\n</svg>\n'


def _bar(chart: Chart, name: str, count: int, y: int) -> tuple[str, str, str]:
    length = _BAR * count / chart.most
    return (
        f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{_LEFT}" y="{y - 11}" width="{length:.1f}" height="13" rx="2" fill="#4a7fb5"/>',
        f'<text x="{_LEFT + length + 6:.1f}" y="{y}" fill="#555">{count:,} ({chart.share(count):.1f} %)</text>',
    )
