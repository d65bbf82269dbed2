"""`make bench`: speed beside a named peer in the same run, start-up, memory, hostile inputs.

Ratios are to be quoted, not times: machines drift, so both sides of a ratio are measured in
turn, by processor time.
"""

from __future__ import annotations

import compileall
import contextlib
import gc
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import yaml

from tests.strategies import block, tree
from tests.test_hostile import INPUTS, examined
from tracedsl.cli import main as command
from tracedsl.corpora import plan
from tracedsl.patterns.curriculum import shipped
from tracedsl.pipeline import examine_row, examine_text
from tracedsl.reward import score_many
from tracedsl.source import Source
from tracedsl.vocabulary import default

COUNT, ROUNDS = 10_000, 5
WORDS = ("price", "count", "bob.cards", "eggs", "total_cost", "days", "rate", "alice.marbles", "boxes", "width")
LIMIT_MS = 250


def corpus(seed: int = 0) -> list[str]:
    """Return canonical traces of four to eight steps, a fifth of them compositions."""
    random = Random(seed)
    return [composition(random) if index % 5 == 0 else trace(random) for index in range(COUNT)]


def trace(random: Random, first: str = "value: 24", indent: str = "") -> str:
    """Return one trace of arithmetic or of entity_track."""
    names = random.sample(WORDS, 4)
    lines = [
        f"{{op: init, var: {names[0]}, {first}}}",
        f"{{op: init, var: {names[1]}, value: {random.randint(2, 99)}}}",
    ]
    expert = "arithmetic"
    if random.random() < 0.2:
        expert = "entity_track"
        lines[0] = lines[0].replace("value: 24", "value: 240")
        lines += [f"{{op: consume, entity: {names[0]}, amount: {names[1]}}}", f"{{op: query, var: {names[0]}}}"]
    else:
        known = names[:2]
        for number in range(random.randint(1, 4)):
            args = ", ".join(random.sample(known, 2))
            op = random.choice(("add", "sub", "mul", "div"))
            lines.append(f"{{op: compute, compute_op: {op}, args: [{args}], var: step{number}}}")
            known = [*known, f"step{number}"]
        lines.append(f"{{op: query, var: {known[-1]}}}")
    steps = "".join(f"{indent}- {line}\n" for line in lines)
    return f"expert: {expert}\n{indent}trace:\n{steps}"


def composition(random: Random) -> str:
    """Return two traces, the second of which uses the first."""
    parts = (trace(random, indent="  "), trace(random, "source: prev.result", indent="  "))
    return "".join(f"- {part}" for part in parts)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def against_yaml(name: str, texts: list[str]) -> None:
    """Print the ratio of PyYAML's time to ours on the same texts."""
    sources, words = [Source(text) for text in texts], default()

    def ours() -> None:
        for source in sources:
            examine_text(source, words)

    def theirs() -> None:
        for text in texts:
            yaml.load(text, Loader=yaml.CSafeLoader)

    gc.collect()
    gc.freeze()
    pairs = [(seconds(theirs), seconds(ours)) for _ in range(ROUNDS)]
    ratios = [peer / own for peer, own in pairs]
    rate = len(texts) / statistics.median(own for _, own in pairs)
    print(
        f"check and run, {name:<15} {statistics.median(ratios):5.2f} times as fast as CSafeLoader alone "
        f"({min(ratios):.2f} to {max(ratios):.2f}), {rate:,.0f} documents/s"
    )


def command_ms(*arguments: str) -> float:
    """Return the median processor time of a command, in milliseconds."""
    found = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "tracedsl", *arguments], check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return 1000 * statistics.median(found)


def memory_mb(path: Path) -> float:
    """Return the peak memory of checking a file, in MB."""
    code = (
        "import resource, sys; from tracedsl.cli import main; "
        f"main(['check', '-q', {str(path)!r}]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stderr.split()[-1])


def hostile_ms(name: str) -> float:
    """Return the least processor time of three checks of a hostile input, in milliseconds."""
    return 1000 * min(seconds(lambda: examined(name)) for _ in range(3))


def generation(mix: str) -> None:
    """Print how many rows of a mix are drawn and proved in a second of one process."""
    ready, words = plan(shipped(), default(), mix), default()
    made = list(ready.rows(0, COUNT))  # warms up, too
    gc.collect()
    gc.freeze()

    def whole() -> None:
        for row in made:
            assert not examine_row(Source(row["trace"]), row["question"], row["answer"], words).diagnostics

    def drawn() -> None:
        for index in range(COUNT):
            ready.row(1, index)

    def theirs() -> None:
        for row in made:
            yaml.load(row["trace"], Loader=yaml.CSafeLoader)

    gc.disable()
    rates = [[COUNT / seconds(work) for work in (whole, drawn, theirs)] for _ in range(ROUNDS)]
    gc.enable()
    slow, fast, peer = (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"generate {mix}: {slow:,.0f} rows/s are proved whole from their text, {fast:,.0f} rows/s drawn and "
        f"proved by form, in one process; CSafeLoader only loads {peer:,.0f} of their traces/s "
        f"({statistics.median(f / p for _, f, p in rates):.2f} times as fast)"
    )


def scoring() -> None:
    """Print how long 64 completions of eight rows take, and the ratio to loading them as YAML alone."""
    made = list(plan(shipped(), default(), "full").rows(5, 8))
    written = [(text, row) for row in made for text in _completions(row["trace"])]
    texts = [text for text, _ in written]
    columns = [{"answer": row["answer"], "gold": row["trace"], "question": row["question"]} for _, row in written]

    def theirs() -> None:
        for text in texts:
            with contextlib.suppress(yaml.YAMLError):
                yaml.load(text, Loader=yaml.CSafeLoader)

    for policy in ("graded", "meaning"):
        score_many(texts, columns, policy=policy)
        gc.collect()
        gc.freeze()
        pairs = [(seconds(lambda: score_many(texts, columns, policy=policy)), seconds(theirs)) for _ in range(30)]  # noqa: B023
        own, ratio = (statistics.median(each) for each in zip(*((o, o / t) for o, t in pairs), strict=True))
        print(
            f"score of {len(texts)} completions by {policy}: {1000 * own:.1f} ms (10 at most), "
            f"{ratio:.2f} times what CSafeLoader alone takes to load them"
        )


def _completions(trace: str) -> list[str]:
    """Return eight completions of a problem, three of them right, one torn."""
    wrong = (("add", "sub"), ("mul", "add"), ("value: ", "value: 9"), ("var: ", "var: x_"))
    return [trace, trace, trace, trace[:-9], *(trace.replace(old, new, 1) for old, new in wrong)]


def generate_command(mix: str, count: int) -> tuple[float, float]:
    """Return the rows a second of the whole command on all cores, and its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        code = (  # the peak since the program began, which what started it does not count in
            "import re, sys; from pathlib import Path; from tracedsl.cli import main; "
            f"main(['generate', '--mix', {mix!r}, '--n', '{count}', '-o', {folder!r}]); "
            "status = Path('/proc/self/status').read_text(); "
            "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024, file=sys.stderr)"
        )
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return count / (time.perf_counter() - start), float(done.stderr.split()[-1])


def human_problems(folder: Path) -> None:
    """Print how long GSM8K train takes to import and to renumber, and the ratios to merely reading it."""
    files = [folder / f"gsm8k_train_{half}.jsonl" for half in (1, 2)]
    with tempfile.TemporaryDirectory() as kept:
        rows, more = Path(kept) / "rows.jsonl", Path(kept) / "more.jsonl"
        own, read = seconds(quietly("import", "gsm8k", *files, "-o", rows)), seconds(lambda: read_rows(*files))
        print(f"import of GSM8K train: {own:.1f} s (20 at most), {own / read:.0f} times what json takes to read it")
        own, read = seconds(quietly("renumber", rows, "--per", "5", "-o", more)), seconds(lambda: read_rows(rows))
        count = read_rows(more)
        print(
            f"renumber, five variants each: {count / own:,.0f} variants/s (1,000 at least), {count:,} in {own:.1f} s, "
            f"{own / read:.0f} times what json takes to read the rows"
        )


def quietly(*arguments: str | Path) -> Callable[[], object]:
    """Return a command as work to measure, what it prints left out."""

    def work() -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert command([str(each) for each in arguments]) == 0

    return work


def read_rows(*files: Path) -> int:
    """Read rows as JSON and return how many they are."""
    return sum(len([json.loads(line) for line in path.open(encoding="utf-8")]) for path in files)


def main() -> None:
    """Run every measurement; bytecode is cached first, as an installation leaves it."""
    compileall.compile_dir("tracedsl", quiet=1)
    canonical = corpus()
    against_yaml("canonical text", canonical)
    against_yaml("block style", [block(tree(text)) for text in canonical])
    against_yaml("JSON", [json.dumps(tree(text)) for text in canonical])
    print(
        f"check of one valid file {command_ms('check', 'examples/shop.trace.yaml'):.0f} ms of processor time (200 at most)"
    )
    print(f"--help {command_ms('--help'):.0f} ms of processor time (80 at most)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        rows = [json.dumps({"question": "How many?" * 20, "trace": text}) + "\n" for text in canonical]
        with path.open("w") as file:
            while file.tell() < 100_000_000:
                file.writelines(rows)
        size = path.stat().st_size // 1_000_000
        print(f"check of {size} MB of rows: {memory_mb(path):.0f} MB at its peak (300 at most)")
    for mix in ("run8", "full"):
        generation(mix)
        rate, peak = generate_command(mix, 100_000)
        _, small = generate_command(mix, 10_000)
        print(
            f"tracedsl generate --mix {mix} --n 100000: {rate:,.0f} rows/s on {os.cpu_count()} cores, start and files "
            f"included; {peak:.0f} MB at its peak, {small:.0f} MB for 10,000 rows"
        )
    scoring()
    if os.environ.get("TRACEDSL_DATA"):
        human_problems(Path(os.environ["TRACEDSL_DATA"]))
    slow = [(hostile_ms(name), name) for name in INPUTS]
    for milliseconds, name in sorted(slow, reverse=True)[:5]:
        print(f"hostile input, {name}: {milliseconds:.1f} ms ({LIMIT_MS} at most)")


if __name__ == "__main__":
    sys.exit(main())
