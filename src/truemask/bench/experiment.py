"""One cell of a table: data, noise, method, metrics."""

import csv
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from truemask.bench.cells import Cell
from truemask.bench.noisy import corrupted
from truemask.bench.results import Result
from truemask.bench.sources import Source
from truemask.bench.trusted import set_apart
from truemask.data.dataset import Dataset
from truemask.seeds import seed_for
from truemask.training import Recipe, default_plan, headline, score, train
from truemask.training.run import versions

RUNS = Path("runs") / "bench"
"""Where cells keep their checkpoints while they run, so that a killed table goes on in mid-training."""


@dataclass(frozen=True)
class CellData:
    """The rows of one training.

    Args:
        noisy: with the labels that the method is given.
        verified: with clean labels, for a method that asks for some; None for all others.
        test: with clean labels, unseen in training.
        realised_rate: share of the training labels that the noise changed.
    """

    noisy: Dataset
    verified: Dataset | None
    test: Dataset
    realised_rate: float


def run_cell(cell: Cell, places: Mapping[str, str] = MappingProxyType({})) -> Result:
    """Corrupt the training labels, train, test on clean labels.

    Every method of a table learns from the same noisy labels: they depend on data set, noise and seed only.
    A method that asks for trusted rows gets some of them with clean labels instead.
    With `oracle` the metrics are those of the epoch that did best on the test set: an upper bound.

    Args:
        cell: what to run.
        places: where data sets lie on this machine, by the names that tables call them.
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    data = data_of(cell, places)
    problem, test = data.noisy.problem, data.test
    plan = default_plan(problem).changed({**cell.plan, "seed": cell.seed, "select": _selection(cell)})
    recipe = Recipe(
        dataset=data.noisy,
        method=cell.method,
        knobs=cell.knobs_at(data.realised_rate),
        plan=plan,
        trusted=data.verified,
        monitors={"test": test} if cell.select == "oracle" else {},
    )
    folder = RUNS / cell.table / f"{cell.row}-{cell.seed}-{seed_for(cell.model_dump_json()):016x}"
    trained = train(recipe, folder, resume=True, show=False, tensorboard=False)
    if cell.select == "oracle":
        metrics = best_epoch(folder / "metrics.csv", f"test_{headline(problem)}")
    else:
        metrics = score(trained.predict(test), test)
    found = versions()
    result = Result(
        cell=cell,
        metrics=metrics,
        realised_rate=data.realised_rate,
        clean_labels=data.verified is not None,
        wall_s=round(time.perf_counter() - started, 1),
        cpu_s=round(time.process_time() - cpu_started, 1),
        epochs=trained.plan.epochs,
        parameters=sum(p.numel() for network in trained.networks.values() for p in network.parameters()),
        versions={name: version for name, version in found.items() if name != "commit"},
        commit=found["commit"],
        finished=datetime.now(UTC).date().isoformat(),
    )
    shutil.rmtree(folder)
    return result


def data_of(cell: Cell, places: Mapping[str, str] = MappingProxyType({})) -> CellData:
    """What a cell learns from, and what it is tested on.

    Raises:
        BadInput: a data set, labels or a noise that are not there or do not fit.
    """

    def source(where: str, labels: str | None) -> Source:
        return Source(places.get(where, where), labels=labels, task=cell.task, holdout=cell.holdout)

    clean = source(cell.dataset, cell.labels).to_train()
    test = replace(source(cell.test or cell.dataset, cell.test_labels), split=cell.test_split).to_test()
    noisy, manifest = corrupted(clean, cell.noise, cell.seed)
    rate = manifest.realised_rate or 0.0
    if cell.trusted is None:
        return CellData(noisy, None, test, rate)
    # Where the rows to learn from have the labels that are tested on, too, those are the truth.
    truth = source(cell.dataset, cell.test_labels).to_train() if cell.test is None else clean
    others, verified = set_apart(noisy, truth, cell.trusted, cell.seed)
    return CellData(others, verified, test, rate)


def best_epoch(curves: Path, column: str) -> dict[str, float]:
    """Test metrics of the epoch in which `column` was highest."""
    with curves.open() as file:
        rows = list(csv.DictReader(file))
    best = max(rows, key=lambda row: float(row[column]))
    return {
        name.removeprefix("test_"): float(value) for name, value in best.items() if name.startswith("test_")
    }


def _selection(cell: Cell) -> Literal["last", "noisy_val"]:
    return "noisy_val" if cell.select == "noisy_val" else "last"
