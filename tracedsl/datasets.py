"""Corpora on disk: rows in files, split by problem, with a card that says what is in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

from tracedsl.corpora import Row
from tracedsl.masking import masked, share_of, skeleton
from tracedsl.record import record
from tracedsl.rows import step_names

_BATCH = 1000
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would make an encoder for each row


@dataclass(slots=True)
class Statistics:
    """What the card tells of one split."""

    rows: int = 0
    experts: Counter[str] = field(default_factory=Counter)
    patterns: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    shapes: Counter[float] = field(default_factory=Counter)

    def add(self, row: Row, *, shape: float) -> None:
        """Count a row; ``shape`` stands for what its question's template leaves."""
        trace = row["trace"]
        self.rows += 1
        self.experts[row["expert"]] += 1
        self.patterns[row["pattern"]] += 1
        self.steps[len(step_names(trace))] += 1
        self.shapes[shape] += 1

    def join(self, other: Statistics) -> None:
        """Add what another has counted."""
        self.rows += other.rows
        for own, more in zip(self._counters(), other._counters(), strict=True):
            own.update(more)

    def _counters(self) -> tuple[Counter[Any], ...]:
        return self.experts, self.patterns, self.steps, self.shapes


@record
class Chunk:
    """Some rows of one split as lines of JSON, and what the card tells of them."""

    split: str
    lines: str
    statistics: Statistics


def read_splits(text: str) -> dict[str, Fraction]:
    """Read ``train=.8,test=.2``; raises ``ValueError`` if the shares do not sum up to 1."""
    shares = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        shares[name.strip()] = Fraction(share.strip())
    if sum(shares.values()) != 1 or not all(name.isidentifier() for name in shares) or min(shares.values()) < 0:
        raise ValueError(text)
    return shares


def split_of(question: str, splits: Mapping[str, Fraction]) -> str:
    """Return the split of a problem: one that differs in its numbers alone is in the same."""
    if len(splits) == 1:
        return next(iter(splits))
    place, reached = share_of(masked(question)), Fraction(0)
    for name, share in splits.items():
        reached += share
        if place < reached:
            return name
    return name


def chunks(rows: Iterable[tuple[Row, str]], splits: Mapping[str, Fraction]) -> list[Chunk]:
    """Return rows ready to be written, those of each split together."""
    lines: dict[str, list[str]] = {split: [] for split in splits}
    statistics = {split: Statistics() for split in splits}
    for row, problem in rows:
        split = split_of(problem, splits)
        lines[split].append(_ENCODE(row))
        statistics[split].add(row, shape=share_of(skeleton(problem)) if len(splits) > 1 else 0.0)
    return [Chunk(split, "\n".join(each), statistics[split]) for split, each in lines.items() if each]


class Lines(AbstractContextManager["Lines"]):
    """A file of rows, a line each, and its checksum."""

    suffix = "jsonl"

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, lines: str) -> None:
        self._file.write(f"{lines}\n")

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class Table(AbstractContextManager["Table"]):
    """A Parquet file of rows, written in groups; needs pyarrow."""

    suffix = "parquet"

    def __init__(self, path: Path) -> None:
        import pyarrow
        from pyarrow import parquet

        self._arrow = pyarrow
        self._schema = _schema(pyarrow)
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._rows: list[Row] = []

    def write(self, lines: str) -> None:
        self._rows += map(json.loads, lines.split("\n"))
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()

    def close(self) -> None:
        """End the file."""
        if self._rows:
            self._flush()
        self._writer.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def _schema(arrow: Any) -> Any:
    message = arrow.list_(arrow.struct([("role", arrow.string()), ("content", arrow.string())]))
    texts = ("question", "answer", "trace", "expert", "pattern", "mix", "level")
    columns = {name: arrow.string() for name in texts}
    columns |= {"prompt": message, "completion": message}
    columns |= {name: arrow.int64() for name in ("seed", "index", "template")}
    return arrow.schema(list(columns.items()))


FORMATS: Mapping[str, type[Lines] | type[Table]] = {"jsonl": Lines, "parquet": Table}


def write_dataset(
    made: Iterable[Chunk], folder: Path, splits: Iterable[str], kind: str, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """Write rows to a folder, a file for each split, and the card; return what the card says."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = _corpus_in(folder)
    sink = FORMATS[kind]
    paths = {split: folder / f"{split}.{sink.suffix}" for split in splits}
    parts = {split: path.with_suffix(".part") for split, path in paths.items()}
    statistics = {split: Statistics() for split in paths}
    with ExitStack() as stack:
        stack.callback(lambda: [part.unlink(missing_ok=True) for part in parts.values()])
        sinks: dict[str, Lines | Table] = {}
        for split, part in parts.items():
            sinks[split] = opened = sink(part)
            stack.push(opened)
        for chunk in made:
            sinks[chunk.split].write(chunk.lines)
            statistics[chunk.split].join(chunk.statistics)
        for opened in sinks.values():
            opened.close()
        for path in earlier:
            path.unlink(missing_ok=True)
        for split, part in parts.items():
            part.replace(paths[split])
    card = {**origin, "splits": {split: _split_card(paths[split], each) for split, each in statistics.items()}}
    card["share_proved"] = 1.0  # a row that is not proved is never given out
    card |= _near_duplicates(statistics)
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card_text(card), encoding="utf-8")
    return card


class Occupied(Exception):
    """The folder holds files that are not a corpus of ours; the text names one."""


def _corpus_in(folder: Path) -> list[Path]:
    """Return the files of a corpus that was written to a folder before; raises ``Occupied`` where there are others."""
    path = folder / "card.json"
    if not path.is_file():
        if (other := next(folder.iterdir(), None)) is not None:
            raise Occupied(other.name)
        return []
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if not card["command"].startswith("tracedsl generate"):
            raise Occupied(path.name)
        return [folder / Path(each["file"]).name for each in card["splits"].values()]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Occupied(path.name) from None


def _split_card(path: Path, statistics: Statistics) -> dict[str, Any]:
    return {
        "file": path.name,
        "rows": statistics.rows,
        "sha256": _checksum(path),
        "experts": dict(sorted(statistics.experts.items())),
        "patterns": dict(sorted(statistics.patterns.items())),
        "steps": {str(steps): count for steps, count in sorted(statistics.steps.items())},
    }


def _checksum(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _near_duplicates(statistics: Mapping[str, Statistics]) -> dict[str, Any]:
    """Return the share of later splits' rows whose question differs from one of the first only in words."""
    first, *others = statistics.values()
    rows = sum(each.rows for each in others)
    if not rows:
        return {}
    near = sum(count for each in others for shape, count in each.shapes.items() if shape in first.shapes)
    return {"near_duplicate_share": round(near / rows, 4)}


def card_text(card: Mapping[str, Any]) -> str:
    """Return the card as Markdown, with the header that dataset hubs read."""
    return "\n".join(_card_lines(card)) + "\n"


def _card_lines(card: Mapping[str, Any]) -> Iterator[str]:
    yield from ("---", "configs:", "- config_name: default", "  data_files:")
    for split, each in card["splits"].items():
        yield from (f"  - split: {split}", f"    path: {each['file']}")
    yield from ("---", f"# Calculation traces: {card['mix']}", "", card["summary"], "")
    yield f"Drawn by `{card['command']}`. Every row was parsed, verified, executed to its answer and grounded"
    yield "in its question before it was written: 100 % are proved."
    for split, each in card["splits"].items():
        yield from ("", f"## {split}: {each['rows']:,} rows", "", f"sha256 `{each['sha256']}`", "")
        yield from _table("expert", each["experts"], each["rows"])
        yield from ("", *_table("steps", each["steps"], each["rows"]), "")
        yield from _table("pattern", each["patterns"], each["rows"])
    if "near_duplicate_share" in card:
        share = f"{100 * card['near_duplicate_share']:.1f} %"
        yield from ("", "Splits are by problem: questions that differ only in their numbers are in one split.")
        yield f"Of the other splits' rows, {share} differ from one of the first only in names, things and numbers."


def _table(what: str, counts: Mapping[str, int], rows: int) -> Iterator[str]:
    yield from (f"| {what} | rows | share |", "|---|---|---|")
    for name, count in counts.items():
        yield f"| {name} | {count} | {100 * count / max(rows, 1):.1f} % |"
