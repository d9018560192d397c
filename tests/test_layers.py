"""Imports point upwards only: the layers of the house, and what must not be imported to be fast."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "truemask"

LAYERS = (
    (
        "words",
        "types",
        "seeds",
        "rle",
        "crops",
        "crop_kernels",
        "compiled",
        "batch",
        "files",
        "one_thread",
        "progress",
    ),
    ("data", "noise", "losses", "networks", "structure", "metrics"),
    ("methods",),
    ("training",),
    ("audit",),
    ("fixing",),
    ("bench",),
    ("report", "review"),
    ("commands",),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
NEVER = {
    "audit": ("data", "methods", "training"),
    "fixing": ("methods", "training"),
    "report": ("training", "methods", "networks"),
}
"""Narrower than the order: an audit does not know how predictions came about; reports never train."""

FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("truemask.")}
    return found & LEVEL.keys()


def wrong_imports(part: str, imported: set[str]) -> list[str]:
    within_top = LEVEL[part] == 0
    return sorted(
        other
        for other in imported - {part}
        if (LEVEL[other] >= LEVEL[part] and not within_top) or other in NEVER.get(part, ())
    )


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_a_file_imports_only_from_layers_above(path):
    assert part_of(path) in LEVEL, f"{path} lies in no layer"
    assert wrong_imports(part_of(path), imports_of(path)) == []


def test_the_rule_can_fail():
    assert wrong_imports("noise", {"methods", "types"}) == ["methods"]
    assert wrong_imports("noise", {"data"}) == ["data"]
    assert wrong_imports("audit", {"training", "metrics"}) == ["training"]


@pytest.mark.parametrize("module", ["cli", "data", "noise", "audit", "bench.tables"])
def test_what_must_start_fast_does_not_import_torch(module):
    code = f"import sys, truemask.{module}; print(sorted({{'torch', 'torchvision'}} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_what_does_not_train_does_not_wait_for_what_trains():
    slow = {"lightning_fabric", "torch._dynamo", "scipy.stats"}
    code = f"import sys, truemask.commands.auditing; print(sorted({slow} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
