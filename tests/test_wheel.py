"""The wheel holds the package and every data file, and nothing else at its top."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    folder, here = tmp_path_factory.mktemp("wheel"), Path.cwd()
    os.chdir(ROOT)
    try:
        return folder / build_wheel(str(folder))
    finally:
        os.chdir(here)


def test_it_holds_every_data_file_and_no_other_top_level_name(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names} == {
        "tracedsl",
        next(n.split("/")[0] for n in names if "dist-info" in n),
    }
    for folder in ("grammar", "experts"):
        for path in (ROOT / folder).rglob("*.*"):
            assert f"tracedsl/_data/{path.relative_to(ROOT)}" in names
            assert path.suffix != ".py"
    assert "tracedsl/py.typed" in names
    assert not any(name.endswith((".pyc", ".err")) for name in names)


@pytest.mark.parametrize("packed", [True, False], ids=["zipped", "unpacked"])
def test_it_works_from_anywhere(wheel: Path, tmp_path: Path, packed: bool) -> None:
    place = wheel
    if not packed:
        place = tmp_path / "site"
        zipfile.ZipFile(wheel).extractall(place)
    trace = "expert: percentage\ntrace:\n- {op: init, var: b, value: 80}\n- {op: init, var: r, value: 25}\n- {op: percent_off, base: b, rate: r, var: c}\n- {op: query, var: c}\n"
    code = f"import tracedsl; print(tracedsl.__file__, tracedsl.run({trace!r}).answer)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    file, answer = done.stdout.split()
    assert file.startswith(str(place)) and answer == "60"
