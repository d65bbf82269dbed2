"""The commands and their options. Nothing heavy is imported here, so `--help` is quick."""

from __future__ import annotations

import argparse

_DESCRIPTION = "Check, run and format calculation traces: a model wires, experts compute."
_EPILOG = "exit codes: 0 well, 1 findings, 2 usage or unreadable input, 3 a bug in tracedsl"


def _seed(text: str) -> int:
    """Read a seed: a whole number that every generator takes."""
    if not text.removeprefix("-").isdecimal() or abs(int(text)) >= 2**63:
        raise argparse.ArgumentTypeError("takes a whole number of at most 63 bits")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    root = argparse.ArgumentParser("tracedsl", description=_DESCRIPTION, epilog=_EPILOG)
    root.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _check(commands.add_parser("check", help="report what is wrong with traces", epilog=_EPILOG))
    _run(commands.add_parser("run", help="execute traces and print their answers", epilog=_EPILOG))
    _fmt(commands.add_parser("fmt", help="rewrite traces in canonical form", epilog=_EPILOG))
    _explain(commands.add_parser("explain", help="say what a diagnostic means, with examples"))
    _experts(commands.add_parser("experts", help="list experts, or check an expert file"))
    _equiv(commands.add_parser("equiv", help="say whether two traces compute the same function", epilog=_EPILOG))
    _graph(commands.add_parser("graph", help="draw the dataflow graph of a trace"))
    _generate(commands.add_parser("generate", help="draw a corpus of proved examples from a mix of patterns"))
    _lint(commands.add_parser("lint", help="say what a corpus or a file of patterns would teach wrongly"))
    _fuzz(commands.add_parser("fuzz", help="try the laws that an expert's operations and patterns must obey"))
    _import(commands.add_parser("import", help="turn problems that others have written into rows with proved traces"))
    _renumber(commands.add_parser("renumber", help="make the same problems with other numbers, each proved"))
    _augment(commands.add_parser("augment", help="make more distinct problems from those of a file, each proved"))
    _coverage(commands.add_parser("coverage", help="say how well the declared patterns cover problems"))
    _score(commands.add_parser("score", help="score what a model has written, and class what is wrong with it"))
    _walk(commands.add_parser("walk", help="write random texts under the decoding constraint, and check each"))
    _grammar(commands.add_parser("grammar", help="print the language for another engine"))
    _model(commands.add_parser("model", help="install the embedded base model, or say where it is"))
    _solve(commands.add_parser("solve", help="let a model write a trace for a question, and compute it"))
    _limits(commands.add_parser("limits", help="list the limits on input and values"))
    _completion(commands.add_parser("completion", help="print a completion script for a shell"))
    return root


class _Version(argparse.Action):
    """Prints the version; looking it up costs 20 ms, so only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("tracedsl")
        except PackageNotFoundError:
            number = "(not installed)"
        print(f"tracedsl {number}")
        parser.exit()


def _everywhere(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("experts and limits")
    group.add_argument("--experts", metavar="DIR", action="append", default=[], help="add the expert files of a folder")
    group.add_argument("--overlay", metavar="NAME", help="check against the experts of a past run, such as run1")
    group.add_argument("--limit", metavar="NAME=N", action="append", default=[], help="raise or lower a limit")
    group.add_argument(
        "--config", metavar="FILE", help="read [tool.tracedsl] of this file, not of the nearest pyproject.toml"
    )
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour the output")


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="PATH", nargs="+", help="files, folders or globs; - for standard input")
    command.add_argument("--stdin-filename", metavar="NAME", default="<stdin>", help="what to call standard input")


def _check(command: argparse.ArgumentParser) -> None:
    _paths(command)
    command.add_argument("--format", choices=("full", "concise", "json", "jsonl"), default="full")
    command.add_argument(
        "--select", metavar="CODES", action="append", help="report only these codes, prefixes or names"
    )
    command.add_argument("--ignore", metavar="CODES", action="append", help="do not report these")
    command.add_argument("--strict", action="store_true", default=None, help="exit with 1 on warnings too")
    command.add_argument("--fix", action="store_true", help="apply the fixes that never change a meaning")
    command.add_argument("--unsafe", action="store_true", help="with --fix or --diff: apply the others too")
    command.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    command.add_argument("--statistics", action="store_true", help="count by code and by expert instead")
    command.add_argument("--emit", choices=("ast", "graph"), help="print a stage as JSON instead of diagnostics")
    command.add_argument("-q", "--quiet", action="store_true", help="print no closing line")
    _everywhere(command)


def _run(command: argparse.ArgumentParser) -> None:
    _paths(command)
    command.add_argument("--values", action="store_true", help="print every variable")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _fmt(command: argparse.ArgumentParser) -> None:
    _paths(command)
    command.add_argument("--check", action="store_true", help="change nothing; exit with 1 if something would change")
    command.add_argument("--diff", action="store_true", help="change nothing; show what would change")
    command.add_argument("-q", "--quiet", action="store_true", help="print no closing line")
    _everywhere(command)


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("code", metavar="CODE", nargs="?", help="such as T402 or undefined-name")
    command.add_argument("--all", action="store_true", help="explain every code")
    _everywhere(command)


def _experts(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", nargs="?", help="show only this expert")
    command.add_argument("--check", metavar="FILE", nargs="+", action="extend", help="check expert files")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _equiv(command: argparse.ArgumentParser) -> None:
    command.add_argument("first", metavar="A", help="traces to compare with, .yaml or rows in .jsonl")
    command.add_argument("second", metavar="B", help="as many traces, which are compared pair by pair")
    command.add_argument("--by-question", action="store_true", help="pair those with one question, in whatever order")
    command.add_argument("--graphs", action="store_true", help="draw both graphs of each pair that differs")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _graph(command: argparse.ArgumentParser) -> None:
    _paths(command)
    command.add_argument("--to", choices=("mermaid", "dot", "svg", "text", "json"), default="mermaid")
    _everywhere(command)


def _generate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--mix", metavar="NAME", default="full", help="such as run8; default: full")
    command.add_argument("--n", metavar="N", type=int, default=100, help="how many rows; default: 100")
    command.add_argument("--seed", metavar="N", type=_seed, default=0)
    command.add_argument("-o", "--output", metavar="DIR", required=True, help="a folder, or - for standard output")
    command.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl")
    command.add_argument("--split", metavar="SHARES", help="such as train=.8,test=.2; splits are by problem")
    command.add_argument("--lexicon", choices=("seed", "train", "held", "all"), help="which names and things are used")
    command.add_argument("--expert", metavar="NAME", action="append", default=[], help="only patterns of this expert")
    command.add_argument("--pattern", metavar="NAME", action="append", default=[], help="only this pattern")
    command.add_argument("--jobs", metavar="N", type=int, help="processes; default: one for each core")
    _everywhere(command)


def _lint(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="PATH", nargs="+", help="rows (.jsonl), patterns (.yaml), folders")
    command.add_argument("--format", choices=("full", "concise", "json"), default="full")
    command.add_argument("--max-length", metavar="N", type=int, default=1024, help="tokens that a trainer keeps")
    command.add_argument("--tokenizer", metavar="DIR", help="count tokens by its tokenizer.json")
    command.add_argument("--select", metavar="CODES", action="append", help="report only these codes or prefixes")
    command.add_argument("--ignore", metavar="CODES", action="append", help="do not report these")
    _everywhere(command)


def _fuzz(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", metavar="NAME", nargs="*", help="experts; default: those of --experts, else all")
    command.add_argument("--budget", metavar="TIME", default="60s", help="such as 30s or 5m; default: 60s")
    command.add_argument("--seed", metavar="N", type=_seed, default=0)
    _everywhere(command)


def _import(command: argparse.ArgumentParser) -> None:
    command.set_defaults(command="imports")
    formats = ("gsm8k", "svamp", "gsmhard", "csv")
    command.add_argument("source", metavar="FORMAT", choices=formats, help=", ".join(formats))
    command.add_argument("paths", metavar="FILE", nargs="+", help="JSON lines, a JSON list, CSV or TSV")
    command.add_argument("-o", "--output", metavar="OUT", required=True, help="the rows, as .jsonl")
    command.add_argument("--rejected", metavar="OUT", help="what becomes no row, and why; default: OUT.rejected.jsonl")
    command.add_argument("--names", choices=("words", "numbered"), default="words", help="price_shirt, or n1 and r1")
    command.add_argument("--subquestions", action="store_true", help="ask for what solutions find on the way instead")
    _everywhere(command)


def _renumber(command: argparse.ArgumentParser) -> None:
    command.add_argument("--per", metavar="N", type=int, default=5, help="variants of each problem; default: 5")
    _new_rows(command)


def _augment(command: argparse.ArgumentParser) -> None:
    command.add_argument("--per", metavar="N", type=int, default=3, help="new problems from each; default: 3")
    _new_rows(command)


def _new_rows(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="FILE", nargs="+", help="rows, as .jsonl")
    command.add_argument("--seed", metavar="N", type=_seed, default=0)
    command.add_argument("-o", "--output", metavar="OUT", required=True, help="the new rows, as .jsonl")
    _everywhere(command)


def _coverage(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="FILE", nargs="+", help="rows (.jsonl) or traces (.yaml)")
    command.add_argument("--each", action="store_true", help="list every problem with its level and nearest pattern")
    command.add_argument("--format", choices=("text", "json", "svg"), default="text")
    _everywhere(command)


def _score(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="FILE", nargs="+", help="rows with a completion, as .jsonl")
    command.add_argument("--field", metavar="NAME", default="completion", help="its column; default: completion")
    command.add_argument(
        "--policy", metavar="NAME|FILE", default="graded", help="graded, graded_run3, meaning, or a file's last"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _walk(command: argparse.ArgumentParser) -> None:
    command.add_argument("--n", metavar="N", type=int, default=100, help="how many texts; default: 100")
    command.add_argument("--seed", metavar="N", type=_seed, default=0)
    command.add_argument("--budget", metavar="N", type=int, default=256, help="tokens of a text at most; default: 256")
    command.add_argument(
        "--tokenizer", metavar="PATH", help="a folder of a saved tokenizer or a SentencePiece model; default: bytes"
    )
    command.add_argument("--expert", metavar="NAME", action="append", help="only this expert; may be repeated")
    command.add_argument(
        "--spread", metavar="X", type=float, default=0.0, help="deviation of random logits; default: 0, all alike"
    )
    command.add_argument("--no-execute", action="store_true", help="keep no values: steps without one are not masked")
    command.add_argument("-o", "--output", metavar="FILE", required=True, help="where the rows go, as .jsonl")
    _everywhere(command)


def _grammar(command: argparse.ArgumentParser) -> None:
    forms = ("lark", "llguidance", "gbnf", "regex", "json-schema")
    command.add_argument("--to", choices=forms, default="gbnf", help="default: gbnf")
    command.add_argument("--expert", metavar="NAME", action="append", help="only this expert; may be repeated")
    command.add_argument("--names", metavar="LIST", help="the only variable names, such as price,rate,total")
    command.add_argument("--numbers", metavar="LIST", help="the only numbers, such as 12,0.5,1/3")
    command.add_argument("--max-steps", metavar="N", type=int, help="steps of a trace at most, its query included")
    _everywhere(command)


def _model(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("install", "path"))
    _everywhere(command)


def _solve(command: argparse.ArgumentParser) -> None:
    command.add_argument("questions", metavar="QUESTION", nargs="*", help="word problems, each in quotes")
    command.add_argument("--from", dest="file", metavar="FILE", help="rows with a question, as .jsonl; - for input")
    command.add_argument("--k", metavar="N", type=int, default=1, help="attempts that vote on the answer; default: 1")
    command.add_argument("--seed", metavar="N", type=_seed, default=0, help="of the attempts")
    command.add_argument("--model", metavar="NAME|DIR", help="a base model; default: the embedded one")
    command.add_argument("--adapter", metavar="NAME|DIR", help="a shipped adapter, a folder, or none")
    command.add_argument("--examples", metavar="FILE", help="rows to show in the prompt: questions with traces")
    command.add_argument("--unconstrained", action="store_true", help="let the model write what it will")
    command.add_argument("--any-number", action="store_true", help="allow numbers that the question does not state")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _limits(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text")
    _everywhere(command)


def _completion(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "fish"))
    _everywhere(command)
