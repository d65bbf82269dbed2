"""The traces that the catalogue's examples vary."""

from __future__ import annotations

#: A trace without a fault.
GOOD = """\
expert: arithmetic
trace:
- {op: init, var: price, value: 12}
- {op: init, var: count, value: 3}
- {op: compute, compute_op: mul, args: [price, count], var: total}
- {op: query, var: total}
"""

#: A composition without a fault.
COMPOSED = """\
- expert: percentage
  trace:
  - {op: init, var: base, value: 80}
  - {op: init, var: rate, value: 25}
  - {op: percent_off, base: base, rate: rate, var: result}
  - {op: query, var: result}
- expert: arithmetic
  trace:
  - {op: init, var: prev, source: prev.result}
  - {op: init, var: factor, value: 5}
  - {op: compute, compute_op: add, args: [prev, factor], var: result}
  - {op: query, var: result}
"""

#: A trace of entities without a fault.
TRACKED = """\
expert: entity_track
trace:
- {op: init, var: ann.apples, value: 9}
- {op: transfer, from: ann.apples, to: bob.apples, amount: 4}
- {op: query, var: ann.apples}
"""


def vary(old: str, new: str, text: str = GOOD) -> str:
    """Return an example with one part replaced; the part must be there."""
    before, found, after = text.partition(old)
    if not found:
        raise ValueError(f"no {old!r} in the example")
    return before + new + after
