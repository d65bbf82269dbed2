"""The words that questions are filled with: people, nouns and tables of words that belong together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from tracedsl.record import record
from tracedsl.vocabulary import Lexicon

_OTHERWISE = re.compile("[^a-z0-9]+")
#: The share of words that is held out.
HELD = 0.2
_AN = re.compile(r"(?i)^(?:[ai]|e(?!u)|o(?!n(?:e|ce)\b)|u(?!ni(?![mn])|k|s[aeiou])|hour|honest|heir|8|1[18](?!\d))")
_COMPOUNDS = re.compile(r"(?<=[a-z])(?:man|woman|child|foot|tooth|mouse|leaf|loaf|shelf|knife|wife|wolf|calf|half)$")
#: Not made of a man; and what has no singular is its own plural.
_NO_MEN = re.compile(r"(?:hu|ger|ro|nor|sha|cai|otto|talis)man$")
_PLURAL = re.compile(r"[^aeious]s$")


def key_of(word: str) -> str:
    """Return a word as a segment of a name: ``teddy bears`` is ``teddy_bears``."""
    return _OTHERWISE.sub("_", word.lower()).strip("_")


@record
class Person:
    """A first name and its pronouns."""

    name: str
    they: str
    them: str
    their: str

    def form(self, attribute: str) -> str | None:
        """Return the name, a pronoun (with a capital if so asked) or the key."""
        if attribute == "":
            return self.name
        if attribute == "key":
            return key_of(self.name)
        pronoun = {"they": self.they, "them": self.them, "their": self.their}.get(attribute.lower())
        return pronoun.capitalize() if pronoun is not None and attribute[0].isupper() else pronoun


@record
class Noun:
    """A word and its plural; verbs and phrases are nouns too, of which only the word is used."""

    one: str
    many: str

    def form(self, attribute: str) -> str | None:
        """Return the word, its plural (``s``), the word with an article (``a``), or either as a name."""
        match attribute:
            case "":
                return self.one
            case "s":
                return self.many
            case "a":
                return f"{'an' if _AN.match(self.one) else 'a'} {self.one}"
            case "A":
                return f"{'An' if _AN.match(self.one) else 'A'} {self.one}"
            case "cap":
                return self.one[:1].upper() + self.one[1:]
            case "per":
                return f"per {self.one}"
            case "key":
                return key_of(self.many)
            case "name":
                return key_of(self.one)
            case _:
                return None


@record
class Entry:
    """A line of a table: words that belong together, each under its name."""

    words: Mapping[str, Noun]


Word = Person | Noun | Entry


def plural(word: str, lexicon: Lexicon) -> str:
    """Return the plural of a noun: the lexicon's, else by its ending; of several words the last."""
    if " of " in word:
        first, _, rest = word.partition(" of ")
        return f"{plural(first, lexicon)} of {rest}"
    if word.istitle() and word.isalpha():  # the name of a place has none
        return word
    head, _, last = word.rpartition(" ")
    plurals = {one: many for many, one in lexicon.singulars.items()}
    irregular = plurals.get(last)
    if irregular is None and (found := _COMPOUNDS.search(last)) is not None and not _NO_MEN.search(last):
        irregular = last[: found.start()] + plurals[found[0]]
    if irregular is None:
        if _PLURAL.search(last):
            irregular = last
        elif re.search("[^aeiou]y$", last):
            irregular = f"{last[:-1]}ies"
        else:
            irregular = f"{last}es" if last.endswith(("s", "x", "z", "ch", "sh")) else f"{last}s"
    return f"{head} {irregular}".strip()


def share_of(word: str) -> float:
    """Return a number from 0 to 1 that depends on the word alone, by its hash."""
    return int.from_bytes(sha256(word.encode()).digest()[:4]) / 2**32
