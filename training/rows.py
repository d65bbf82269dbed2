"""Rows to train on: read or drawn, written as prompt and completion, and refused where they would mislead."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tracedsl.corpora import UnknownMix, messages, plan
from tracedsl.importers.sources import question_of
from tracedsl.lints.corpus import row_facts, usual_context
from tracedsl.lints.rules import lint
from tracedsl.masking import masked
from tracedsl.patterns.curriculum import Curriculum, shipped
from tracedsl.patterns.lexicon import Part
from tracedsl.rewriting.names import numbered_row
from tracedsl.rows import step_names
from tracedsl.vocabulary import Vocabulary
from training.config import Source
from training.declared import Declared, declared

Row = dict[str, Any]
_STILL = frozenset(("init", "given", "state", "formula", "query"))
#: Rows that are tokenised at once, and how many the linter reads at most.
_AT_ONCE, _LINTED = 1000, 20_000


class Measured(NamedTuple):
    """How long rows are in tokens, and the last token of each."""

    rows: int
    tokens: int
    longest: int
    ends: list[int]


def read(sources: Iterable[Source], known: Declared | None = None) -> Iterator[Row]:
    """Yield the rows of all sources, one after the other, by the shipped declarations or others."""
    words, drawn_from = known or declared()
    for source in sources:
        found = listed(source.file, source.most) if source.file is not None else _drawn(source, words, drawn_from)
        if source.computes is not None:
            found = _sized(found, source.computes, str(source.file or source.mix))
        yield from found if source.names == "as_written" else (numbered_row(row, words) for row in found)


def _sized(found: Iterable[Row], wanted: Mapping[int, int], name: str) -> Iterator[Row]:
    """Yield so many rows of each number of computing steps; raises SystemExit where there are too few."""
    left = dict(wanted)
    for row in found:
        size = computes(row["trace"])
        if left.get(size, 0) > 0:
            left[size] -= 1
            yield row
    for size, missing in left.items():
        if missing:
            raise SystemExit(f"{name} has {wanted[size] - missing} rows of {size} computing steps, not {wanted[size]}")


def _drawn(source: Source, words: Vocabulary, curriculum: Curriculum) -> Iterator[Row]:
    lexicon = Part(source.lexicon) if source.lexicon else None
    try:
        yield from plan(curriculum, words, str(source.mix), lexicon=lexicon).rows(source.seed, source.n)
    except UnknownMix as error:
        raise SystemExit(str(error)) from error


def listed(path: Path, most: int | None = None) -> Iterator[Row]:
    """Yield the rows of a file; raises SystemExit where it is not there."""
    if not path.is_file():
        raise SystemExit(f"there is no file {path}; training/README.md says which command writes it")
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if most is not None and number >= most:
                return
            yield json.loads(line)


def linted(found: Sequence[Row], known: Declared | None = None) -> Iterator[str]:
    """Yield what the linter says of rows, a line for each rule: how often, and the first finding.

    Of more than 20,000 rows it reads some, at equal distances, and a line says so.
    """
    words, curriculum = known or declared()
    every = -(-len(found) // _LINTED)
    if every > 1:
        yield f"the linter reads one of {every} rows"
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found[:: max(1, every)])
    told = defaultdict(list)
    facts = list(row_facts(io.BytesIO(text.encode()), "rows", words, curriculum))
    for each in lint(facts, usual_context(curriculum, words)):
        told[each.diagnostic.code].append(each.diagnostic.message)
    yield from (f"the linter finds {len(each)} of {code}, such as: {each[0]}" for code, each in sorted(told.items()))


def example(row: Row, prompt: str) -> Row:
    """Return a row as TRL takes it, with the columns that rewards read; a completion ends without a line break."""
    given: Row = {name: row[name] for name in ("question", "answer", "trace", "expert", "pattern") if name in row}
    return {
        **given,
        "prompt": messages(shipped().prompts[prompt], row["question"]),
        "completion": [{"role": "assistant", "content": str(row["trace"]).removesuffix("\n")}],
    }


def prompted(row: Row, prompt: str) -> Row:
    """Return a row as a trainer that samples takes it: the prompt, and what rewards read."""
    given: Row = {name: row.get(name) for name in ("question", "answer", "trace", "expert", "grounding", "readings")}
    return {**given, "prompt": messages(shipped().prompts[prompt], row["question"])}


def measure(examples: Sequence[Row], tokenizer: Any, most: int) -> Measured:
    """Tokenise every example; raises SystemExit where one would be cut off."""
    lengths, ends = list[int](), list[int]()
    for start in range(0, len(examples), _AT_ONCE):
        for each, ids in zip(part := examples[start : start + _AT_ONCE], tokens(part, tokenizer), strict=True):
            lengths.append(len(ids))
            ends.append(ids[-1])
            if len(ids) > most:
                raise SystemExit(
                    f"a row has {len(ids)} tokens and max_length is {most}: it would lose its end\n{each['question']}"
                )
    if not lengths:
        raise SystemExit("there are no rows to train on")
    return Measured(len(lengths), sum(lengths), max(lengths), ends)


def tokens(examples: Iterable[Row], tokenizer: Any) -> list[list[int]]:
    """Return the tokens of the prompt and completion of each row."""
    turns = [[*each["prompt"], *each["completion"]] for each in examples]
    texts = tokenizer.apply_chat_template(turns, tokenize=False)
    found: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return found


def beyond(examples: Iterable[Row], tokenizer: Any, most: int) -> int:
    """Count the gold traces of more tokens than may be sampled, which are never paid as they stand."""
    traces = (str(each["trace"] or "") for each in examples)
    return sum(len(tokenizer(trace, add_special_tokens=False)["input_ids"]) > most for trace in traces)


def refuse_held(examples: Iterable[Row], held: Mapping[str, str]) -> int:
    """Refuse a question that is for evaluation, in whatever numbers; return how many questions are held."""
    for each in examples:
        if (found := held.get(masked(each["question"]))) is not None:
            raise SystemExit(f"{found} is for evaluation and has a training row's question\n{each['question']}")
    return len(held)


def held_questions(files: Iterable[Path]) -> dict[str, Path]:
    """Return the masked questions of evaluation files, each with the file that has it."""
    return {masked(question): path for path in files for question in questions(path)}


def questions(path: Path) -> Iterator[str]:
    """Yield the questions of a file of rows, of problems as they are imported, or of YAML documents."""
    if path.suffix == ".jsonl":
        for number, row in enumerate(listed(path), 1):
            if (question := question_of(row)) is None:
                raise SystemExit(f"{path}: row {number} has no question, so none can be held")
            yield question
        return
    import yaml

    yield from (each["question"] for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if "question" in each)


def computes(trace: str) -> int:
    """Return how many steps of a trace compute."""
    return sum(name not in _STILL for name in step_names(trace))
