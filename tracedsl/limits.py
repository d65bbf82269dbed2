"""The bounds that make every input end in bounded work."""

from __future__ import annotations

from dataclasses import fields, replace

from tracedsl.record import record


@record
class Limits:
    """What is refused as too large; each field's overflow is a diagnostic that names it."""

    bytes: int = 1_048_576
    depth: int = 16
    nodes: int = 20_000
    steps: int = 1_000
    subtraces: int = 64
    name: int = 64
    digits: int = 32
    bits: int = 4_096

    def with_settings(self, settings: dict[str, int]) -> Limits:
        """Return these limits with some replaced; unknown names and numbers below 1 are a ValueError."""
        known = {field.name for field in fields(self)}
        for name, value in settings.items():
            if name not in known:
                raise ValueError(f"there is no limit `{name}`; the limits are {', '.join(sorted(known))}")
            most = MOST_DIGITS if name == "digits" else MOST
            if not 1 <= value <= most:
                raise ValueError(f"the limit `{name}` must be at least 1, at most {most}")
        return replace(self, **settings)


#: More digits than that no setting allows: Python refuses to convert them under some of its own.
MOST_DIGITS = 600
MOST = 10**12 - 1

#: What each limit bounds, for `tracedsl limits`.
MEANINGS = {
    "bytes": "UTF-8 bytes of one document",
    "depth": "nesting of mappings and lists",
    "nodes": "mappings, lists and scalars of one document, and the ends of those that have one",
    "steps": "steps of one document, all its sub-traces together",
    "subtraces": "sub-traces of a composition",
    "name": "characters of a name",
    "digits": "digits of a number as written",
    "bits": "bits of a value's numerator or denominator",
}

DEFAULT = Limits()
