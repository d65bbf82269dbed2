"""Trains a run fully sharded over processes on CPUs: `accelerate launch … tests/sharded.py RUN`.

Settings are those of `training/accelerate/fsdp.yaml`. accelerate shards over several devices of one
kind, but takes a CPU's processes for another matter, though torch shards over them too; so they are
called devices here, once they have found each other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from accelerate import state

SETTINGS = Path(__file__).parent.parent / "training" / "accelerate" / "fsdp.yaml"


def called_devices(begin: Callable[..., None]) -> Callable[..., None]:
    """Return how a process is to begin, so that processes on CPUs are taken for devices."""

    def begun(self: state.PartialState, *given: Any, **named: Any) -> None:
        known = self.initialized
        begin(self, *given, **named)
        if not known:
            assert self.distributed_type is state.DistributedType.MULTI_CPU
            self.distributed_type = state.DistributedType.MULTI_GPU

    return begun


def main(path: Path) -> None:
    """Train a run."""
    chosen = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))["fsdp_config"]
    os.environ |= {name.upper(): str(each) for name, each in chosen.items()} | {"ACCELERATE_USE_FSDP": "true"}
    state.PartialState.__init__ = called_devices(state.PartialState.__init__)
    from training import config, sft

    sft.main(config.load(path, []))
    assert state.AcceleratorState().distributed_type is state.DistributedType.FSDP


if __name__ == "__main__":
    main(Path(sys.argv[1]))
