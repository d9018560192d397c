"""One cell of a table: data, noise, method, metrics."""

import csv
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from truemask.bench.noisy import corrupted
from truemask.bench.results import Result
from truemask.bench.sources import Source
from truemask.bench.tables import Cell
from truemask.methods import METHODS
from truemask.seeds import seed_for
from truemask.training import Recipe, default_plan, headline, score, train
from truemask.training.run import versions

RUNS = Path("runs") / "bench"
"""Where cells keep their checkpoints while they run, so that a killed table goes on in mid-training."""


def run_cell(cell: Cell) -> Result:
    """Corrupt the training labels, train, test on clean labels.

    Every method of a table learns from the same noisy labels: they depend on data set, noise and seed only.
    With `oracle` the metrics are those of the epoch that did best on the test set: an upper bound.
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    source = Source(cell.dataset, task=cell.task)
    clean, test = source.to_train(), Source(cell.test or cell.dataset, task=cell.task).to_test()
    noisy, manifest = corrupted(clean, cell.noise, cell.seed)
    realised_rate = manifest.realised_rate or 0.0
    plan = default_plan(clean.problem).changed({**cell.plan, "seed": cell.seed, "select": _selection(cell)})
    recipe = Recipe(
        dataset=noisy,
        method=cell.method,
        knobs=cell.knobs_at(realised_rate),
        plan=plan,
        monitors={"test": test} if cell.select == "oracle" else {},
    )
    folder = RUNS / cell.table / f"{cell.row}-{cell.seed}-{seed_for(cell.model_dump_json()):016x}"
    trained = train(recipe, folder, resume=True, show=False, tensorboard=False)
    if cell.select == "oracle":
        metrics = best_epoch(folder / "metrics.csv", f"test_{headline(clean.problem)}")
    else:
        metrics = score(trained.predict(test), test)
    found = versions()
    result = Result(
        cell=cell,
        metrics=metrics,
        realised_rate=realised_rate,
        clean_labels=METHODS[cell.method].clean_labels,
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
