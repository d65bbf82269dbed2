"""The house: modules import only from layers above them, and none of them is too large."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tracedsl"

#: From the top down. A module imports only from earlier layers, or from its own package.
LAYERS = (
    "record",
    "resources",
    "source",
    "limits",
    "numbers",
    "primitives",
    "units",
    "picture",
    "sentences",
    "grammars",
    "diagnostics",
    "reading",
    "vocabulary",
    "syntax",
    "graph",
    "lowering",
    "compiler",
    "verifier",
    "executor",
    "equivalence",
    "grounding",
    "rebinding",
    "review",
    "rows",
    "inputs",
    "suppression",
    "pipeline",
    "proving",
    "results",
    "attempts",
    "patterns",
    "folders",
    "sampling",
    "corpora",
    "masking",
    "decoding",
    "exports",
    "datasets",
    "reward",
    "lints",
    "importers",
    "rewriting",
    "forms",
    "coverage",
    "models",
    "solving",
    "strategies",
    "fuzzing",
    "drawing",
    "render",
    "api",
    "rewards",
    "cli",
)
OUTERMOST = {"__init__", "__main__"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer(path: Path) -> str:
    """Return the layer of a module: its first part under the package."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Return the layers that a module imports from, anywhere in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            deeper = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "tracedsl" else [node.module]
            )
            names.update(deeper)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith("tracedsl.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_only_from_above(path: Path) -> None:
    own = layer(path)
    if own in OUTERMOST:
        return
    below = [other for other in imported(path) if other != own and LAYERS.index(other) > LAYERS.index(own)]
    assert not below


def test_every_module_has_a_layer() -> None:
    assert {layer(path) for path in MODULES} - OUTERMOST == set(LAYERS)


def test_the_parser_generator_stays_in_one_file() -> None:
    users = [path.name for path in MODULES if "lark" in {name.split(".")[0] for name in top_level_imports(path)}]
    assert users == ["grammars.py"]


def top_level_imports(path: Path) -> set[str]:
    """Return the names of the modules that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


def test_functions_and_modules_stay_small() -> None:
    lengths = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 420, path
        functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
        lengths += [(node.end_lineno or 0) - node.lineno + 1 for node in functions]
    lengths.sort()
    assert lengths[len(lengths) * 9 // 10] <= 25
    assert lengths[-1] <= 60


def test_every_public_function_says_what_it_does() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body, path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"
