"""A run's settings: one YAML file, checked, with `--set key=value` over it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tracedsl.patterns.curriculum import shipped

RUNS = Path(__file__).parent / "runs"
OUT = Path(os.environ.get("TRACEDSL_OUT") or Path(__file__).parent / "out")

PROMPTS = tuple(shipped().prompts)

#: How glibc must be told, before Python starts, to keep large blocks: each step then reuses the memory of the last.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class Settings(BaseModel):
    """Base of all settings: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Settings):
    """Rows of a mix, drawn here, or of a file as the commands write it; ``most`` takes the first rows of it.

    ``computes`` takes so many rows of each number of computing steps, the first that come.
    ``names: numbered`` calls the quantities n1, n2 and r1, r2.
    """

    mix: str | None = None
    n: int = Field(default=1000, ge=1)
    seed: int = 0
    lexicon: Literal["seed", "train", "held", "all"] | None = None
    file: Path | None = None
    most: int | None = Field(default=None, ge=1)
    computes: dict[int, int] | None = None
    names: Literal["as_written", "numbered"] = "as_written"

    @model_validator(mode="after")
    def _of_one(self) -> Source:
        if (self.mix is None) == (self.file is None):
            raise ValueError("a source of data has either `mix` or `file`")
        idle = sorted(self.model_fields_set & ({"most"} if self.mix is not None else {"n", "seed", "lexicon"}))
        if idle:
            raise ValueError(f"`{idle[0]}` is for {'files' if self.mix is not None else 'mixes'} alone")
        return self


class Tuning(Settings):
    """Which weights learn: all, a low-rank addition to all linear layers, or the last layers and the head.

    The head is untied from the embeddings first, or the gradient would run through every layer. The
    ``lowest`` layers take no low-rank addition, which spares their part of the backward pass.
    """

    kind: Literal["lora", "last", "full"] = "lora"
    r: int = 16
    alpha: int = 32
    dropout: float = 0.0
    lowest: int = 0
    layers: int = 6


class Run(Settings):
    """One run. ``sft`` and ``grpo`` are TRL's own arguments; ``adapter`` is where an earlier run left off.

    ``experts`` are folders of experts, patterns and mixes of one's own.
    """

    name: str
    summary: str = ""
    model: str | None = None
    adapter: Path | None = None
    prompt: str = "minimal"
    policy: str = "meaning"
    threads: int | None = None
    seed: int = 0
    max_length: int = 1024
    experts: list[Path] = []
    data: list[Source] = Field(min_length=1)
    held: list[Path] = []
    tuning: Tuning = Tuning()
    sft: dict[str, Any] = {}
    grpo: dict[str, Any] = {}

    @field_validator("prompt")
    @classmethod
    def _is_declared(cls, name: str) -> str:
        if name not in PROMPTS:
            raise ValueError(f"there is no prompt {name!r}; there are {', '.join(PROMPTS)}")
        return name

    @property
    def out(self) -> Path:
        """Where checkpoints and what comes out go."""
        return OUT / self.name


class _Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number and `no` a word, as in YAML 1.2 and as people expect."""


_FLOAT, _BOOL = "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, known) for tag, known in resolvers if tag not in (_FLOAT, _BOOL)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?$"), list("-+.0123456789")
)
_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def load(path: Path, changes: list[str] | tuple[str, ...] = ()) -> Run:
    """Read a run; raises SystemExit with what is wrong."""
    try:
        data = {**_read(path), "name": path.stem}
        for change in changes:
            _set(data, change)
        return Run(**data)
    except (OSError, yaml.YAMLError) as error:
        raise SystemExit(f"{path}: {error}") from error
    except ValidationError as error:
        faults = (f"  {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SystemExit("\n".join([f"{path} is not a run:", *faults])) from error


def _read(path: Path) -> dict[str, Any]:
    """Read a file of settings over those of the one that it extends."""
    data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    if not isinstance(data, dict):
        raise SystemExit(f"{path}: not a mapping of settings")
    base = _read(path.parent / data.pop("extends")) if "extends" in data else {}
    return {**base, **{name: _over(base.get(name), value) for name, value in data.items()}}


def _over(base: Any, value: Any) -> Any:
    """Return a setting over the one that it replaces: the arguments of `sft`, `grpo` and `tuning` one by one."""
    return {**base, **value} if isinstance(base, dict) and isinstance(value, dict) else value


def _set(data: dict[str, Any], change: str) -> None:
    """Change one setting, such as ``sft.learning_rate=1e-4`` or ``data.0.n=500``."""
    key, separator, text = change.partition("=")
    if not separator:
        raise SystemExit(f"--set takes key=value, not {change!r}")
    *parents, last = key.split(".")
    at: Any = data
    try:
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
        at[int(last) if isinstance(at, list) else last] = yaml.load(text, _Loader)
    except (LookupError, ValueError, AttributeError, TypeError):
        raise SystemExit(f"--set {change}: the run has no setting there") from None


def positive(text: str) -> int:
    """Read a number of an option that counts something."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"takes a number from 1 on, not {text!r}")
    return int(text)


def arguments(description: str) -> tuple[Run, argparse.Namespace]:
    """Read a recipe's command line: a run, changes to it, and whether to go on where it stopped."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("run", type=Path, help="a file of training/runs")
    parser.add_argument("--set", dest="changes", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--model", help="another base model: a folder, or its name on a hub")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    options = parser.parse_args()
    changes = [*options.changes, *([f"model={options.model}"] if options.model else [])]
    _keep_memory()
    return load(options.run, changes), options


def _keep_memory() -> None:
    """Start anew with glibc told to keep its memory, which only its start can be told."""
    if sys.platform == "linux" and "MALLOC_TOP_PAD_" not in os.environ and "LOCAL_RANK" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **MALLOC})
