"""Words of the lexicon that stand for something else as well, so that not every occurrence is theirs."""

from __future__ import annotations

import re

_NAMES = """
    Amber April Aurora Basil Bill Carol Celeste Chad Christian Crystal Dahlia Dean Dolores Faith Fletcher Flora Florence
    Frank Gene Georgia Glen Grace Grant Guy Harry Hazel Heather Holly Hope Iris Ivy Jack Jasmine Jordan Joy Juliet June
    Lance Luna Mark Milan Miles Nick Norman Parker Pearl Preston Ray Rob Roman Rose Rosemary Sienna Spencer Sue Taylor
    Troy Victoria Viola Wade Will
"""
_THINGS = """
    badge bag bead belt boot book bottle bowl button cap card charm chisel clamp clip clock coat cork cushion
    dart dress drill drone file flag flyer fork frog hammer hinge hose journal ladle lamb magnet manual map
    marble mask match monitor mop mule novel paddle patch pen pepper pie pig pin pitcher plate pot puzzle
    quilt rake record rock rose rug saw scroll shovel sketch skirt sled spade spool spoon sprinkler squash
    stamp stencil sticker stool swan tablet tart tassel tie token tool tray uniform vest vise waffle whistle
    wrench
"""
#: Names that are months, places, flowers, verbs or virtues too.
OTHER_THAN_NAMES = frozenset(_NAMES.split())
#: Things, in both their numbers, whose names are verbs or adjectives too.
_OTHER_THAN_THINGS = frozenset(f"{word}{ending}" for word in _THINGS.split() for ending in ("", "s", "es"))
_BEFORE_NOUNS = re.compile(
    r"an?|the|this|that|these|those|my|your|his|her|its|our|their|\w+['’]s|of|many|more|some|few|fewer|several|all|each|"
    r"every|other|another|no|any|new|old|red|blue|green|white|black|small|big|large|[\d,.$]+|"
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand"
)


def is_a_thing(word: str, text: str) -> bool:
    """Return whether all occurrences of a thing's name in a text, in whatever form, are of the thing."""
    if word not in _OTHER_THAN_THINGS:
        return True
    stem = re.escape(word[:-1] if word.endswith("s") and not word.endswith("ss") else word).removesuffix("e")
    before = re.findall(rf"(\S+)\s+{stem}(?:e|s|es|ed|ing)?\b", f"- {text}", re.IGNORECASE)
    return all(_BEFORE_NOUNS.fullmatch(each.lower()) for each in before)
