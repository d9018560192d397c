"""What tables say about noise, from tables made on the spot."""

import pytest

from truemask.bench.cells import Cell
from truemask.bench.precedents import precedents, tables_here
from truemask.bench.results import Result, write_result
from truemask.types import Task

TABLE = """
title = "t"
question = "q?"
dataset = "digits"
noise = ["none", "symmetric:0.2", "miss:0.3"]
methods = ["ce", "gce", "glc"]
seeds = [0, 1]
metric = "accuracy"
"""


def put(folder, row, noise, seed, value, *, clean=False):
    asked = {"row": row, "method": row, "noise": noise, "seed": seed}
    cell = Cell(table="t", knobs={}, dataset="digits", select="last", plan={}, **asked)
    rate = 0.0 if noise == "none" else 0.2
    result = Result(
        cell=cell,
        metrics={"accuracy": value},
        realised_rate=rate,
        clean_labels=clean,
        wall_s=1,
        cpu_s=1,
        epochs=1,
        parameters=1,
        versions={},
        commit="",
        finished="2026-01-01",
    )
    write_result(folder / "results", result)


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "t.toml").write_text(TABLE)
    for seed in (0, 1):
        put(folder, "ce", "none", seed, 0.9)
        put(folder, "ce", "symmetric:0.2", seed, 0.7 + 0.02 * seed)
        put(folder, "gce", "symmetric:0.2", seed, 0.8)
        put(folder, "glc", "symmetric:0.2", seed, 0.95, clean=True)
    return folder


def test_means_rates_and_the_best_row_without_clean_labels(tables):
    (one,) = precedents(tables, Task.CLASSIFICATION, "swapped")
    assert one.loss_at(0.1) == pytest.approx((0.9 - 0.71) / 2)
    row, best, base = one.best_near(0.15)
    assert (row, best.mean, base.mean) == ("gce", pytest.approx(0.8), pytest.approx(0.71))
    assert base.spread == pytest.approx(0.01414, abs=1e-5)


def test_other_tasks_and_kinds_have_no_precedent(tables):
    assert precedents(tables, Task.INSTANCE, "swapped") == []
    assert precedents(tables, Task.CLASSIFICATION, "missing") == []
    (tables / "t.toml").unlink()
    assert precedents(tables, Task.CLASSIFICATION, "swapped") == []


def test_the_tables_of_the_working_directory_come_first(tables, monkeypatch):
    monkeypatch.chdir(tables.parent)
    assert tables_here() == tables
