"""Evaluation sets, as `sets.yaml` declares them: rows of the held lexicon, and problems of others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal

import yaml

from tracedsl.corpora import plan
from tracedsl.importers.rows import Imported, Problem, import_problem
from tracedsl.importers.sources import READERS
from tracedsl.importers.subquestions import subquestions
from tracedsl.masking import masked
from tracedsl.patterns.curriculum import shipped
from tracedsl.patterns.lexicon import Part
from tracedsl.proving import Prover
from tracedsl.rewriting.renumber import Refusal, plan_of, renumbered
from tracedsl.vocabulary import default
from training import rows
from training.config import Run, Settings

Row = dict[str, Any]
_FILE = Path(__file__).with_name("sets.yaml")


class Set(Settings):
    """One evaluation set: drawn from a mix, or read from a file."""

    summary: str
    mix: str | None = None
    lexicon: Literal["seed", "train", "held", "all"] = "held"
    n: int = 1000
    seed: int = 0
    patterns: tuple[str, ...] = ()
    templates: tuple[int, ...] = ()
    computes: tuple[int, ...] = ()
    file: str | None = None
    format: str | None = None
    without: str | None = None
    renumber: int = 0
    last: int | None = None
    parts: bool = False


def declared() -> dict[str, Set]:
    """Return the declared sets by name."""
    return {name: Set(**each) for name, each in yaml.safe_load(_FILE.read_text(encoding="utf-8"))["sets"].items()}


def read(chosen: Set, most: int | None = None) -> list[Row]:
    """Return the rows of a set; raises SystemExit where its file is not there."""
    found = _drawn(chosen) if chosen.mix is not None else iter(_listed(chosen))
    return list(islice(found, most))


def _drawn(chosen: Set) -> Iterator[Row]:
    """Yield drawn rows that are wanted, until there are enough."""
    made = plan(shipped(), default(), str(chosen.mix), lexicon=Part(chosen.lexicon), patterns=chosen.patterns)
    wanted = (row for index in count() if _is_wanted(row := made.row(chosen.seed, index), chosen))
    return islice(wanted, chosen.n)


def _is_wanted(row: Row, chosen: Set) -> bool:
    return (not chosen.templates or row["template"] in chosen.templates) and (
        not chosen.computes or rows.computes(row["trace"]) in chosen.computes
    )


def held(run: Run) -> dict[str, str]:
    """Return the masked questions that no row of a run may have, each with where it stands.

    The sets that are parts of train files are read only for a run that has files: mixes have no such problem.
    """
    folder = os.environ.get("TRACEDSL_DATA")
    if not folder:
        print("TRACEDSL_DATA names no folder of evaluation files, so no row can be refused for being in one")
    elif not Path(folder).is_dir():
        raise SystemExit(f"TRACEDSL_DATA names {folder}, which is no folder")
    elif missing := sorted(_names() - {path.name for path in files()}):
        print(f"{folder} lacks {', '.join(missing)}: no row can be refused for being there")
    known = {question: str(path) for question, path in rows.held_questions([*files(), *run.held]).items()}
    return known | set_aside() if any(each.file for each in run.data) else known


def files() -> list[Path]:
    """Return the declared files that are for evaluation alone, those that are there."""
    folder = os.environ.get("TRACEDSL_DATA")
    return [path for name in sorted(_names()) if folder and (path := Path(folder) / name).is_file()]


def _names() -> set[str]:
    return {each.file for each in declared().values() if each.file is not None and each.last is None}


@cache
def set_aside() -> dict[str, str]:
    """Return the masked questions of the sets that are the last problems of a train file, each with its set's name."""
    found = dict[str, str]()
    for name, chosen in declared().items():
        if chosen.last is not None and (Path(os.environ.get("TRACEDSL_DATA", "")) / str(chosen.file)).is_file():
            found |= {masked(each.question): name for each in _problems(chosen)}
    return found


def path_of(name: str) -> Path:
    """Return where a data file is; raises SystemExit where it is not."""
    path = Path(os.environ.get("TRACEDSL_DATA", "")) / name
    if not os.environ.get("TRACEDSL_DATA") or not path.is_file():
        raise SystemExit(f"{name} is looked for in the folder that TRACEDSL_DATA names, and is not there")
    return path


def _listed(chosen: Set) -> list[Row]:
    path = path_of(str(chosen.file))
    if chosen.format is None:
        return _documents(path)
    found = [_row(each) for each in _problems(chosen)]
    if chosen.parts:
        return [row for row in found if "trace" in row]
    return list(_renumbered(found, chosen)) if chosen.renumber else found


def _problems(chosen: Set) -> list[Problem]:
    """Return the problems that a set has of its file, or what is found on the way in them."""
    left_out = set(rows.questions(path_of(chosen.without))) if chosen.without else set()
    reader = READERS[str(chosen.format)]
    problems = [each for each in reader(path_of(str(chosen.file))) if each.question not in left_out]
    problems = problems[-(chosen.last or 0) :]
    return [part for each in problems for part in subquestions(each)] if chosen.parts else problems


def _row(problem: Any) -> Row:
    """Return a problem's row: with its proved trace, or with its answer alone where there is none."""
    made = import_problem(problem, default())
    if isinstance(made, Imported):
        return made.row
    answer = str(problem.answer) if problem.answer is not None else None
    return {**problem.columns, "question": problem.question, "answer": answer}


def _renumbered(found: Iterable[Row], chosen: Set) -> Iterator[Row]:
    prover = Prover(default())
    for row in found:
        made = plan_of(row, prover) if "trace" in row else Refusal.NOT_FOUND
        if not isinstance(made, Refusal):
            variants = renumbered(made, prover, chosen.seed, str(row.get("id")), chosen.renumber)
            yield from ({**each, "id": row.get("id")} for each in variants)


def _documents(path: Path) -> list[Row]:
    """Return the examples of a YAML file as rows."""
    from tracedsl import format as to_canonical

    found = []
    for text in path.read_text(encoding="utf-8").split("\n---\n"):
        data = yaml.safe_load(text)
        question, answer = data.pop("question"), str(data.pop("answer"))
        trace = data.get("composition", data)
        found.append({"question": question, "answer": answer, "trace": to_canonical(yaml.safe_dump(trace))})
    return found
