"""Numbers that an unquoted comma has torn apart: `{value: 80,000}` and `[80,000]`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracedsl.diagnostics import Diagnostic, Edit, text
from tracedsl.reading import Mapping, Node, Scalar, Sequence
from tracedsl.source import Span

_HEAD = re.compile(r"-?\$?[0-9]{1,3}")
_GROUP = re.compile(r"[0-9]{3}(?:\.[0-9]+)?")


def torn_entries(value: Scalar, left: dict[str, Node], mapping: Mapping) -> Diagnostic | None:
    """Return the fault of a number whose groups became keys, and take those keys from ``left``."""
    if not (value.plain and _HEAD.fullmatch(value.text)):
        return None
    groups = list(_following(value, (key for key, node in mapping.pairs if key.text in left and _nothing(node))))
    for key in groups:
        del left[key.text]
    return _fault(value, groups)


def torn_items(items: Sequence) -> Diagnostic | None:
    """Return the fault of a number whose groups became items of a list."""
    scalars = [item for item in items.items if isinstance(item, Scalar)]
    for index, item in enumerate(scalars):
        if item.plain and _HEAD.fullmatch(item.text):
            fault = _fault(item, list(_following(item, scalars[index + 1 : index + 12])))
            if fault is not None:
                return fault
    return None


def _following(head: Scalar, scalars: Iterable[Scalar]) -> Iterable[Scalar]:
    """Yield the groups that stand just behind a comma without a space."""
    end = head.end
    for scalar in scalars:
        if scalar.start != end + 1 or not scalar.plain or not _GROUP.fullmatch(scalar.text):
            return
        yield scalar
        end = scalar.end


def _nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text


def _fault(head: Scalar, groups: list[Scalar]) -> Diagnostic | None:
    if not groups:
        return None
    span = Span(head.start, groups[-1].end)
    whole = "".join((head.text, *(group.text for group in groups)))
    tail = ",".join(group.text for group in groups)
    return text.SplitNumber(span=span, head=head.text, tail=tail, whole=whole, edits=(Edit(span, whole),))
