"""`train`, `predict`, `evaluate`: what they do, and the lines that they print about it."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from truemask.bench.sources import Source
from truemask.data.dataset import Dataset
from truemask.files import write_json
from truemask.metrics import meaning
from truemask.progress import watch
from truemask.training import Plan, Recipe, Trained, default_plan, headline, load_run, score
from truemask.training import train as train_run
from truemask.training.saved import read_predictions, write_predictions
from truemask.types import BadInput, Problem, Task

CROP_PX = 128
"""Side of the windows that training draws from label maps of several sizes, unless told otherwise."""


def plan_for(dataset: Dataset, settings: Mapping[str, Any]) -> Plan:
    """The task's default plan with the user's settings; crops where images differ in size."""
    plan = default_plan(dataset.problem).changed(settings)
    if dataset.problem.task != Task.SEMANTIC or plan.crop_px is not None:
        return plan
    sizes = {dataset.size(row) for row in range(len(dataset))}
    return replace(plan, crop_px=CROP_PX) if len(sizes) > 1 else plan


def train_verb(
    source: Source,
    method: str,
    knobs: Mapping[str, Any],
    settings: Mapping[str, Any],
    out: Path | None,
    *,
    test: Source | None,
    trusted: Source | None,
    devices: int,
    resume: bool,
    show: bool,
) -> Trained:
    """Train, and say what on, with what, how long, and where the run is."""
    dataset = source.to_train()
    plan = plan_for(dataset, settings)
    folder = out or Path("runs") / f"{dataset.name}-{method}-{plan.seed}"
    recipe = Recipe(
        dataset=dataset,
        method=method,
        knobs=knobs,
        plan=plan,
        trusted=None if trusted is None else trusted.to_train(),
        monitors={} if test is None else {"test": test.to_test()},
        notes={"source": source.where, "manifest": _manifest_of(source)},
    )
    trained = train_run(recipe, folder, resume=resume, devices=devices, show=show)
    done = json.loads((folder / "done.json").read_text())
    weights = sum(p.numel() for network in trained.networks.values() for p in network.parameters())
    print(
        f"{folder}: {method} on {len(dataset)} images of {dataset.name} ({dataset.split}), "
        f"{trained.plan.network} with {weights / 1e6:.2f} M weights, {trained.plan.epochs} epochs, "
        f"{done['seconds']:.0f} s ({done['cpu_seconds']:.0f} s of CPU)"
    )
    return trained


def predict_verb(run: Path, source: Source, out: Path, *, show: bool) -> None:
    """Predict every image of the source, and say how many and where."""
    trained = load_run(run)
    dataset = source.to_test()
    started = time.perf_counter()
    predicted = watch(f"predict {dataset.name}", trained.predict(dataset), len(dataset), show=show)
    count = write_predictions(predicted, trained.problem, out)
    print(
        f"{out}: predictions of {run} for {count} images of {dataset.name} ({dataset.split}), "
        f"{time.perf_counter() - started:.1f} s"
    )


def evaluate_verb(predicted: Path, source: Source, out: Path | None, *, show: bool) -> dict[str, float]:
    """Score, print each number with its meaning, the headline first."""
    if (predicted / "config.json").is_file():
        trained = load_run(predicted)
        truth = source.to_test()
        _check_classes(trained.problem, truth, predicted)
        stream = trained.predict(truth)
    else:
        problem, stored = read_predictions(predicted)
        truth = source.to_test()
        _check_classes(problem, truth, predicted)
        rows = {key: row for row, key in enumerate(truth.keys)}
        stream = (replace(one, row=_row_of(one.key, rows, truth)) for one in stored)
    values = score(watch(f"evaluate on {truth.name}", stream, len(truth), show=show), truth)
    first = headline(truth.problem)
    grid = Grid(
        title=f"{predicted} on {truth.name} ({truth.split}, {len(truth)} images)", title_justify="left"
    )
    for column in ("metric", "value", "what it means"):
        grid.add_column(column, overflow="fold")
    for name in sorted(values, key=lambda name: ("/" in name, name != first)):
        value = "-" if math.isnan(values[name]) else f"{values[name]:.4f}"
        grid.add_row(name, value, meaning(name))
    Console().print(grid)
    if out is not None:
        write_json(out, {name: None if math.isnan(value) else value for name, value in values.items()})
    return values


def _row_of(key: str, rows: Mapping[str, int], truth: Dataset) -> int:
    if key not in rows:
        raise BadInput(
            f"a prediction is about {key!r}, which {truth.name} ({truth.split}) does not have; "
            "evaluate against the data set and split that were predicted"
        )
    return rows[key]


def _check_classes(problem: Problem, truth: Dataset, predicted: Path) -> None:
    if problem.classes != truth.problem.classes or problem.task != truth.problem.task:
        raise BadInput(
            f"{predicted} knows {problem.task} classes {', '.join(problem.classes)}; "
            f"{truth.name} has {truth.problem.task} classes {', '.join(truth.problem.classes)}"
        )


def _manifest_of(source: Source) -> str | None:
    """Where the manifest lies of the noise that the source's labels carry, if `corrupt` made them."""
    path = Path(source.where)
    folder = path if path.is_dir() else path.parent
    return "manifest.json" if (folder / "manifest.json").is_file() else None
