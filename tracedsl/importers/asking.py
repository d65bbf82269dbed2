"""What is told of an amount, asked for: "Mira baked how many loaves?" becomes "How many loaves did Mira bake?".

A few shapes of sentence are known, and of the verbs their lemmas, by simplemma; what is none of them is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import NamedTuple

_CONNECTIVE = re.compile(
    r"(?:so|thus|therefore|hence|then|and|but|(?:this|that|which) means(?: that)?|this is because|consequently"
    r"|altogether|all together|overall|in (?:total|all)|first|next|finally|now|also)\b[,:]?\s+",
    re.I,
)
_FILLER = re.compile(
    r"\s+(?:a (?:combined )?total of|in total|an additional|only|also|now|still|then|just|already|another|about"
    r"|around|approximately|exactly|at least|up to)$"
)
_BEFORE = "on|in|at|after|for|during|before|by|from|with"
_HE = "he|she|they|it|we"
#: What a sentence may begin with and keeps there: up to a comma, or without one up to a pronoun.
_LEADS = (
    re.compile(rf"((?:{_BEFORE}|to|last|next|if|since|when|today|tomorrow|yesterday|as)\b[^,]*), (.+)", re.I),
    re.compile(rf"((?:{_BEFORE})\b[^,]*?) ((?:{_HE})\b.+)", re.I),
)
_LIST = re.compile(r"(?:\w+, )+(?:\w+,? )?and ")
#: Where the words that name what is counted end.
_BEHIND = re.compile(
    r"(?:in|on|at|for|from|to|with|by|per|each|every|left|after|before|during|than|and|or|because|when|while|if|that"
    r"|which|who|as|so|together|total|remaining|altogether|away|back|out|off|up|down|more|less|over|under|into|since"
    r"|without|through|until|between|among|a|an|the|this|his|her|their|he|she|it|they|again|now|all|today|tomorrow"
    r"|yesterday|last|next|still|only|overall|worth)\W*",
    re.I,
)
_COUNTED = 6  # words at most that name what is counted
#: What a subject has none of: words that begin a clause, and, where a verb follows, verbs.
_RELATIVE = re.compile(r"\b(?:means?|because|that|which|who|since|if|so|when|what|how|must)\b")
_CLAUSE = re.compile(
    rf"{_RELATIVE.pattern}|\b(?:to|is|are|was|were|has|have|had|will|would|can|could|did|does|do|{_HE})\b"
)
_PRONOUN = re.compile(rf"(?:{_HE}|you|I)\b")
#: First words of a subject that are written small within a sentence.
_SMALL = re.compile(
    r"(?:the|an?|each|every|all|both|his|her|their|its|our|my|he|she|it|they|we|you|this|these|those|half|another"
    r"|some|most|many|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)",
    re.I,
)
_LONGEST = 12  # words of a subject
#: Verbs that are like their own past, pasts that simplemma takes for lemmas, and what no amount is asked with.
_PAST = frozenset(
    ("cost", "read", "put", "cut", "hit", "spread", "bet", "let", "set", "shut", "split", "beat", "knit", "quit")
)
_IRREGULAR = {
    "won": "win",
    "left": "leave",
    "broke": "break",
    "bore": "bear",
    "felt": "feel",
    "shot": "shoot",
    "thought": "think",
    "shook": "shake",
    "bit": "bite",
    "bent": "bend",
    "rose": "rise",
}
_VERBLESS = frozenset(("mean", "become", "equal", "total", "amount", "remain"))
_SUM = re.compile(r"\b(?:number|total|sum|amount|difference|result)\b")
_HAVE = {"has": "does", "have": "do", "had": "did"}


class Told(NamedTuple):
    """A sentence around an amount: ``asks`` is "how many" or "how much"."""

    before: str
    asks: str
    after: str


def asked(told: Told, names: Set[str]) -> str | None:
    """Return the question, or nothing where the sentence is none of the known shapes.

    ``names`` are words that keep their capital.
    """
    lead, before = _without_lead(_bare(told.before))
    counted = _counted(told.after)
    odd = re.search(r"[:;()\"“”]|\bhow\b", f"{before} {told.after}") or "," in _LIST.sub("", before)
    if not before or odd or counted is None or (told.asks == "how many" and not counted[0]):
        return None
    noun, rest = counted if told.asks == "how many" else ("", told.after)
    what = f"{told.asks} {noun}".rstrip()
    made = next(filter(None, (shape(before, what, rest, names) for shape in _SHAPES)), None)
    if made is None:
        return None
    text = " ".join((f"{lead}, {made}" if lead else made).split()).rstrip(" ,.")
    return f"{text[0].upper()}{text[1:]}?"


def _bare(text: str) -> str:
    """Return the beginning of a sentence without words that only lead on to it, or to the amount."""
    for _ in range(2):
        if found := _CONNECTIVE.match(text):
            text = text[found.end() :]
        text = _FILLER.sub("", text)
    return text.strip()


def _without_lead(text: str) -> tuple[str, str]:
    for pattern in _LEADS:
        if found := pattern.fullmatch(text):
            return found[1], _bare(found[2])
    return "", text


def _counted(after: str) -> tuple[str, str] | None:
    """Return the words that name what is counted, and the rest; nothing where it is unclear where they end."""
    words = after.split()
    ends = (at for at, word in enumerate(words) if _BEHIND.fullmatch(word) or (at and _is_doing(words[at - 1], word)))
    end = next(ends, len(words))
    end -= words[end - 1 : end] == ["of"]
    noun = " ".join(words[:end])
    return (noun, " ".join(words[end:])) if end <= _COUNTED and "," not in noun else None


def _is_doing(last: str, word: str) -> bool:
    """Return whether a word tells what the time or the way is spent on: "minutes waiting"."""
    return last.endswith("s") and word.endswith("ing")


def _there(before: str, what: str, rest: str, _: Set[str]) -> str | None:
    """There are how many seats on the bus."""
    found = re.fullmatch(r"there (?:(is|are|was|were)|(will|would) be)", before, re.I)
    if found is None or what == "how much":
        return None
    return f"{what} {found[1]} there {rest}" if found[1] else f"{what} {found[2]} there be {rest}"


def _is(before: str, what: str, rest: str, names: Set[str]) -> str | None:
    """The rope is how many feet long."""
    found = re.fullmatch(r"(.+) (is|are|was|were)", before)
    subject = found and _subject(found[1], names, _RELATIVE)
    if not found or not subject:
        return None
    if what.startswith("how many") and _SUM.search(subject):
        return f"what {found[2]} {subject}"
    return f"{what} {found[2]} {subject} {rest}"


def _helped(before: str, what: str, rest: str, names: Set[str]) -> str | None:
    """She will have read how many pages by then."""
    helping = r"will|would|can|could|should|might|may|has|have|had|did|does|do"
    found = re.fullmatch(rf"(.+?) ({helping}) ((?:have |be )?(?!is|are|was)[a-z]+(?: (?:her|him|them))?)", before)
    subject = found and _subject(found[1], names, _CLAUSE)
    return f"{what} {found[2]} {subject} {found[3]} {rest}" if found and subject else None


def _does(before: str, what: str, rest: str, names: Set[str]) -> str | None:
    """Mira baked how many loaves; Mira has how many loaves."""
    found = re.fullmatch(r"(.+?) ([a-z]+)( (?:her|him|them))?", before)
    subject = found and _subject(found[1], names, _CLAUSE)
    verb = found and _verb(found[2], str(subject))
    return f"{what} {verb[0]} {subject} {verb[1]}{found[3] or ''} {rest}" if found and subject and verb else None


_SHAPES: tuple[Callable[[str, str, str, Set[str]], str | None], ...] = (_there, _is, _helped, _does)


def _subject(text: str, names: Set[str], clause: re.Pattern[str]) -> str | None:
    """Return a subject as it is written within a sentence, or nothing where it is more than that."""
    first, *rest = _FILLER.sub("", text).split()
    small = _SMALL.fullmatch(first) is not None
    subject = " ".join([first.lower() if small else first, *rest])
    if len(rest) >= _LONGEST or clause.search(_PRONOUN.sub("", subject, count=1)):
        return None
    return subject if small or first[0].islower() or re.sub(r"['’]s?$", "", first) in names else None


def _verb(form: str, subject: str) -> tuple[str, str] | None:
    """Return what helps a verb in a question, and its lemma: "baked" is "did" and "bake"."""
    lemma = _IRREGULAR.get(form) or _lemma(form)
    if form in _HAVE:
        return _HAVE[form], "have"
    if lemma in _VERBLESS or _BEHIND.fullmatch(form):
        return None
    if form in _PAST or lemma != form:
        return ("does" if form.endswith("s") and not form.endswith("ss") else "did"), lemma
    return ("do", form) if _is_many(subject) else None


def _is_many(subject: str) -> bool:
    first, last = subject.split()[0], subject.split()[-1]
    one = first in ("he", "she", "it", "each", "every") or last in ("his", "its", "this")
    return subject in ("they", "we", "you", "I") or " and " in subject or (subject.endswith("s") and not one)


def _lemma(form: str) -> str:
    from simplemma import lemmatize

    found: str = lemmatize(form, lang="en")
    return found
