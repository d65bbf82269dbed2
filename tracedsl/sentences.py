"""Where the sentences of a problem end."""

from __future__ import annotations

import re

_TITLES = "".join(rf"(?<!\b{title}\.)" for title in ("Mr", "Mrs", "Ms", "Dr", "Prof", "St"))
#: Behind its quotation mark if it has one, and not behind a title.
_END = re.compile(rf"(?:(?<=[.!?]){_TITLES}|(?<=[.!?][\"”]))\s+(?=[A-Z0-9$\"“])")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text in order, without what stands between them."""
    return _END.split(text)
