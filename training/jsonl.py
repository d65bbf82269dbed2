"""Files of a line for each row: written some rows at a time, gone on with after a stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

Row = dict[str, Any]


def read(path: Path, most: int | None = None) -> list[Row]:
    """Return the lines of a file, or the first of them; one without its end, as a stop leaves it, is none."""
    *whole, _ = path.read_bytes().split(b"\n")  # which may be torn within a character
    return [json.loads(line) for line in whole[:most]]


def complete(
    path: Path, rows: Sequence[Row], step: int, made: Callable[[Sequence[Row], int], Iterable[Row]], by: Row
) -> None:
    """Write what is made of each row that has no line in a file yet, some rows at a time.

    ``made`` takes rows and the place of the first, and gives a line for each, with the row's question.
    ``by`` is what the lines depend on: the model, the prompt, the seed. It is kept beside the file, and
    SystemExit is raised where a file was begun by something else or with other rows.
    """
    done = _begun(path, rows, json.loads(json.dumps(by)))
    if (further := done % step) and done < len(rows):  # rows that are made together are drawn together
        done -= further
        _keep(path, done)
    with path.open("a", encoding="utf-8") as stream, tqdm(total=len(rows), initial=done, desc=path.stem) as bar:
        for start in range(done, len(rows), step):
            part = rows[start : start + step]
            stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in made(part, start))
            stream.flush()
            bar.update(len(part))


def _begun(path: Path, rows: Sequence[Row], by: Row) -> int:
    """Return how many rows have their line."""
    beside = path.with_suffix(".by.json")
    if not path.is_file() or b"\n" not in path.read_bytes():
        path.write_bytes(b"")
        beside.write_text(json.dumps(by, indent=1) + "\n", encoding="utf-8")
        return 0
    refuse_other(path, json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}, by)
    found = read(path, len(rows))
    for at, (line, row) in enumerate(zip(found, rows, strict=False), 1):
        if line["question"] != row["question"]:
            raise SystemExit(f"line {at} of {path} is of another question; {_ADVICE}")
    _keep(path)
    return len(found)


_ADVICE = "remove it, or write to another folder"


def refuse_other(path: Path, known: Row, wanted: Row) -> None:
    """Refuse to go on with what was begun with other settings."""
    for name in sorted({*known, *wanted}):
        if known.get(name) != wanted.get(name):
            raise SystemExit(f"{path} was begun with `{name}` {known.get(name)}, not {wanted.get(name)}; {_ADVICE}")


def _keep(path: Path, most: int | None = None) -> None:
    """Keep the whole lines of a file, or the first of them; what a stop tore goes."""
    *whole, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"".join(line + b"\n" for line in whole[:most]))
