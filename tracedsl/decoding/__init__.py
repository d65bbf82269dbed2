"""Decoding under the language: no token is offered after which no valid trace remains.

`Language` is the incremental checker over bytes, `Constraint` its masks over a vocabulary within a
budget of tokens, `tracedsl.decoding.processor` the same for transformers' ``generate``. Needs numpy.
"""

from __future__ import annotations

from tracedsl.decoding.constraint import Constraint, Row
from tracedsl.decoding.language import Language
from tracedsl.decoding.masks import Masker
from tracedsl.decoding.options import ANY, Options, grounded_numbers
from tracedsl.decoding.states import State
from tracedsl.decoding.tokens import Tokens, from_bytes, from_sentencepiece, from_transformers
from tracedsl.decoding.walking import Walk, walk

__all__ = [
    "ANY",
    "Constraint",
    "Language",
    "Masker",
    "Options",
    "Row",
    "State",
    "Tokens",
    "Walk",
    "from_bytes",
    "from_sentencepiece",
    "from_transformers",
    "grounded_numbers",
    "walk",
]
