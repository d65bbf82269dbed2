"""The language for other engines: Lark, llguidance, GBNF, regex, JSON Schema, from the same declarations.

Only llguidance's parametric form keeps a symbol table; the others are of the form alone, and what
they let through is to be checked.
"""

from __future__ import annotations

from tracedsl.exports.parametric import to_llguidance
from tracedsl.exports.rules import Rules, Wanted, rules
from tracedsl.exports.schema import to_json_schema
from tracedsl.exports.writers import to_gbnf, to_lark, to_regex

__all__ = ["Rules", "Wanted", "rules", "to_gbnf", "to_json_schema", "to_lark", "to_llguidance", "to_regex"]
