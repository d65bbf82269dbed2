"""Numbers that an unquoted comma has torn apart: `{value: 80,000}` and `[80,000]`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise, takewhile

from tracedsl.diagnostics import Diagnostic, Edit, text
from tracedsl.reading import Mapping, Node, Scalar, Sequence, is_nothing
from tracedsl.source import Span

_HEAD = re.compile(r"-?\$?[0-9]{1,3}")
_GROUP = re.compile(r"[0-9]{3}(?:\.[0-9]+)?%?")


def torn_entries(value: Scalar, left: dict[str, Node], mapping: Mapping) -> Diagnostic | None:
    """Return the fault of a number whose groups became keys, and take those keys from ``left``."""
    if not (value.plain and _HEAD.fullmatch(value.text)):
        return None
    pairs = mapping.pairs
    after = bisect_left(pairs, value.end, key=lambda pair: pair[0].start)  # a mapping may have thousands of keys
    behind = (pairs[at] for at in range(after, len(pairs)))
    groups = list(_following(value, (key for key, node in takewhile(lambda pair: _is_torn(pair, left), behind))))
    for key in groups:
        left.pop(key.text, None)
    return _fault(value, groups)


def _is_torn(pair: tuple[Scalar, Node], left: dict[str, Node]) -> bool:
    return pair[0].text in left and is_nothing(pair[1])


def torn_items(items: Sequence) -> Diagnostic | None:
    """Return the fault of a number whose groups became items of a list.

    ``[100,200]`` may well be two numbers. ``[80,000]`` is one, since no number begins with 00;
    and so is ``[a, 2,500]``, where the other commas have a space behind them.
    """
    scalars = [item for item in items.items if isinstance(item, Scalar)]
    spaced = any(after.start > item.end + 1 for item, after in pairwise(scalars))
    for index, item in enumerate(scalars):
        if item.plain and _HEAD.fullmatch(item.text):
            groups = list(_following(item, scalars[index + 1 : index + 12]))
            zeros = any(group.text.startswith("00") for group in groups)
            if groups and (spaced or zeros):
                return _fault(item, groups, sure=zeros)
    return None


def _following(head: Scalar, scalars: Iterable[Scalar]) -> Iterable[Scalar]:
    """Yield the groups that stand just behind a comma without a space."""
    end = head.end
    for scalar in scalars:
        if scalar.start != end + 1 or not scalar.plain or not _GROUP.fullmatch(scalar.text):
            return
        yield scalar
        end = scalar.end


def _fault(head: Scalar, groups: list[Scalar], *, sure: bool = True) -> Diagnostic | None:
    if not groups:
        return None
    span = Span(head.start, groups[-1].end)
    whole = "".join((head.text, *(group.text for group in groups)))
    edits = (Edit(span, whole),) if sure else ()
    tail = ",".join(group.text for group in groups)
    return text.SplitNumber(span=span, head=head.text, tail=tail, whole=whole, edits=edits)
