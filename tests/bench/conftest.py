"""A tiny table, and results for it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from truemask.bench.cells import Cell, cells
from truemask.bench.tables import Table, read_table

# Spawned workers import what they run by name, and take over this path.
sys.path.insert(0, str(Path(__file__).parent))

TOML = """
title    = "Toy"
question = "Does it work?"
dataset  = "digits"
noise    = ["none", "symmetric:0.4"]
methods  = ["ce", "gce", "gce_flat"]
seeds    = [0, 1]
metric   = "accuracy"
also     = ["ece"]

[only]
none = ["ce"]

[alias]
gce_flat = "gce"

[methods_with]
gce_flat.q = { value = 1.0, why = "mean absolute error" }

[plan]
epochs = 3

[[published]]
source  = "A & B, 2020, Table 1"
differs = "data"
values  = { ce = { "symmetric:0.4" = 0.5 }, lsr = { none = 0.7 } }
"""


@pytest.fixture
def toml() -> str:
    return TOML


@pytest.fixture
def write_toml(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "toy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def table(write_toml) -> Table:
    return read_table(write_toml(TOML))


@pytest.fixture
def cell(table) -> Cell:
    return cells(table)[0]
