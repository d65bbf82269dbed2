"""Mixes: which patterns a corpus is made of, in what shares, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from tracedsl.diagnostics import Diagnostic, shape
from tracedsl.numbers import Number, read_number
from tracedsl.patterns.holes import Spelling
from tracedsl.patterns.lexicon import Part
from tracedsl.patterns.loading import EventReader
from tracedsl.patterns.model import Event
from tracedsl.reading import Node, Scalar
from tracedsl.vocabulary.declarations import Declarations

#: The part of every range that a level draws from.
LEVELS: Mapping[str, tuple[Fraction, Fraction]] = {
    "easy": (Fraction(0), Fraction(1, 2)),
    "medium": (Fraction(0), Fraction(1)),
    "hard": (Fraction(1, 2), Fraction(1)),
}
_NAMINGS = ("hybrid", "instance", "abstract")
_SPELLINGS = ("words", "commas", "fractions")
_KEYS = (
    *("summary", "extends", "include", "exclude", "weights", "interleaved", "templates", "naming", "lexicon"),
    *("prompt", "formulas", "blocks", "overlay", "library", "levels", "distractors", "noise", *_SPELLINGS),
)
_DOCUMENT_KEYS = ("kind", "asides", "mixes")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mix:
    """The settings of a corpus; ``weights`` and ``templates`` go by group."""

    name: str
    summary: str = ""
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    interleaved: Fraction | None = None
    templates: Mapping[str, int | None] = field(default_factory=dict)
    naming: str = "hybrid"
    lexicon: Part = Part.TRAIN
    prompt: str = "minimal"
    formulas: bool = False
    blocks: bool = False
    overlay: str | None = None
    library: str | None = None
    spelling: Spelling = field(default_factory=Spelling)
    distractors: Fraction = Fraction(0)
    noise: Fraction = Fraction(0)
    levels: Mapping[str, Fraction] = field(default_factory=lambda: {"medium": Fraction(1)})

    def takes(self, tags: frozenset[str]) -> bool:
        """Return whether patterns with these tags take part."""
        return self.include <= tags and not self.exclude & tags


class LoadedMixes(NamedTuple):
    """The mixes and the asides of a document, and its faults."""

    mixes: Mapping[str, Mix]
    asides: tuple[Event, ...]
    faults: tuple[Diagnostic, ...]


class Known(NamedTuple):
    """What a mix may name: groups of patterns, overlays, libraries, tags of patterns, prompts."""

    groups: tuple[str, ...]
    overlays: tuple[str, ...]
    libraries: tuple[str, ...]
    tags: tuple[str, ...]
    prompts: tuple[str, ...]


def load_mixes(root: Node, known: Mapping[str, Mix], events: EventReader, names: Known) -> LoadedMixes:
    """Read a document of mixes, which may extend those known and must be others."""
    loader = _Loader([], dict(known), names)
    keys = loader.keys(root, _DOCUMENT_KEYS, ("mixes",), "a file of mixes")
    asides = tuple(events.aside(node) for node in loader.items(keys.get("asides"), "asides"))
    for key, node in loader.pairs(keys.get("mixes"), "mixes"):
        if key.text in known:
            loader.declared_twice(key, "mix", key.text, "another file")
        loader.mixes[key.text] = loader.mix(loader.name(key), node)
    own = {name: mix for name, mix in loader.mixes.items() if name not in known}
    return LoadedMixes(own, asides, (*loader.faults, *events.faults))


class _Loader(Declarations):
    def __init__(self, faults: list[Diagnostic], mixes: dict[str, Mix], names: Known) -> None:
        super().__init__(faults)
        self.mixes = mixes
        self.names = names

    def mix(self, name: str, node: Node) -> Mix:
        keys = self.keys(node, _KEYS, (), "a mix")
        parent = self.choice(keys["extends"], self.mixes, "a mix above") if "extends" in keys else ""
        mix = replace(self.mixes.get(parent, Mix(name)), name=name, summary=self.text(keys.get("summary"), "summary"))
        settings: dict[str, Any] = {k: self.setting(k, v) for k, v in keys.items() if k not in ("extends", "summary")}
        said = {key: settings.pop(key) for key in _SPELLINGS if key in settings}
        return replace(mix, spelling=replace(mix.spelling, **said), **settings)

    def setting(self, key: str, node: Node) -> object:
        match key:
            case "include" | "exclude":
                return frozenset(self.choice(item, self.names.tags, "a tag") for item in self.items(node, key))
            case "weights":
                return self.weights(node, key, self.names.groups, "an expert or composition")
            case "levels":
                return self.weights(node, key, LEVELS, "a level")
            case "templates":
                return self.templates(node)
            case "interleaved" | "distractors" | "noise" | "words" | "commas" | "fractions":
                return self.share(node, most=1)
            case "naming":
                return self.choice(node, _NAMINGS, "a naming")
            case "lexicon":
                return Part(self.choice(node, [*Part], "a part of the lexicon") or Part.ALL)
            case "formulas" | "blocks":
                return self.choice(node, ("true", "false"), "true or false") == "true"
            case "overlay":
                return self.or_none(node, self.names.overlays, "an overlay")
            case "library":
                return self.or_none(node, self.names.libraries, "a library")
            case _:
                return self.choice(node, self.names.prompts, "a prompt")

    def or_none(self, node: Node, known: Iterable[str], wanted: str) -> str | None:
        """Read a name; ``none`` takes back what the mix above says."""
        found = self.choice(node, ("none", *known), wanted)
        return None if found == "none" else found

    def templates(self, node: Node) -> Mapping[str, int | None]:
        """Read how many paraphrases are used: of all groups, or by group and one of the others."""
        if isinstance(node, Scalar):
            return {"": None if node.text == "all" else self.count(node)}
        listed = self.pairs(node, "templates")
        return {
            "": 1,
            **{self.choice(name, self.names.groups, "an expert"): self.count(value) for name, value in listed},
        }

    def count(self, node: Node) -> int:
        """Read a whole number from 1 on."""
        text = self.text(node, "templates")
        if not (text.isascii() and text.isdigit() and int(text[:6]) > 0):
            self.faults.append(shape.NotANumber(span=node.span, text=text))
            return 1
        return int(text[:6])

    def weights(self, node: Node, key: str, known: Iterable[str], wanted: str) -> Mapping[str, Fraction]:
        """Read shares by name, one of which is more than nothing."""
        found = {self.choice(name, known, wanted): self.share(value) for name, value in self.pairs(node, key)}
        if not any(found.values()):
            self.faults.append(shape.NotANumber(span=node.span, text=self.shown(node)))
        return found

    def shown(self, node: Node) -> str:
        """Return a node as a message shows it."""
        return node.text if isinstance(node, Scalar) else "…"

    def share(self, node: Node, most: int | None = None) -> Fraction:
        number = read_number(node.text) if isinstance(node, Scalar) else None
        if not isinstance(number, Number) or number.value < 0 or (most is not None and number.value > most):
            self.faults.append(shape.NotANumber(span=node.span, text=self.text(node, "a share")))
            return Fraction(0)
        return Fraction(number.value)


def schedule(weights: Mapping[str, Fraction], longest: int = 2000) -> tuple[str, ...]:
    """Return the order of patterns over one period: after any number of rows each is within one of its share.

    The order is Tijdeman's: of the patterns that may come next without getting ahead, the one
    that is due first (R. Tijdeman, "The chairman assignment problem", 1980).
    """
    names = [name for name, weight in weights.items() if weight > 0]
    counts = _counts([weights[name] for name in names], longest)
    period, slack = sum(counts), Fraction(1, 2 * max(len(names), 2) - 2)
    given, order = [0] * len(names), []
    for turn in range(1, period + 1):
        ready = [at for at, count in enumerate(counts) if count * turn - given[at] * period >= slack * period]
        chosen = min(ready, key=lambda at: ((1 - slack + given[at]) * period / counts[at], at))
        given[chosen] += 1
        order.append(names[chosen])
    return tuple(order)


def _counts(weights: list[Fraction], longest: int) -> list[int]:
    """Return whole numbers in the ratio of the weights, or close to it where they would be too large."""
    total = sum(weights)
    for period in range(1, longest + 1):
        if all((weight / total * period).denominator == 1 for weight in weights):
            return [int(weight / total * period) for weight in weights]
    return [max(1, round(weight / total * longest)) for weight in weights]


def pattern_weights(mix: Mix, groups: Iterable[tuple[str, str, bool]]) -> dict[str, Fraction]:
    """Return the share of each pattern, given as name, group and whether it is interleaved."""
    listed = list(groups)
    found: dict[str, Fraction] = {}
    for group in dict.fromkeys(group for _, group, _ in listed):
        members = [(name, late) for name, own, late in listed if own == group]
        share = mix.weights.get(group, Fraction(0)) if mix.weights else Fraction(len(members))
        late = [name for name, flag in members if flag]
        early = [name for name, flag in members if not flag]
        split = mix.interleaved if mix.interleaved is not None and late and early else None
        for name, flag in members:
            if split is None:
                found[name] = share / len(members)
            else:
                found[name] = share * (split / len(late) if flag else (1 - split) / len(early))
    return found
