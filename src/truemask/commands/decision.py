"""`decision`: what runs on points decide over the plane, and what each training point costs them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from truemask.bench.sources import Source
from truemask.commands.runs import must_speak_of
from truemask.data.dataset import Dataset
from truemask.report.decision_map import DecisionMap, save_decision_maps
from truemask.training import Trained, load_run
from truemask.training.costs import costs_of_points
from truemask.types import BadInput

FORMATS = (".png", ".svg", ".pdf")
_SIDE = 160
"""Places along each side of the plane that a network is asked about."""
_MARGIN = 0.1
"""Beyond the outermost points, as a share of the range that they span."""


def decision_verb(runs: Sequence[Path], source: Source | None, out: Path) -> None:
    """Draw one column a run; its points are those of `source`, or those that it learnt from.

    Raises:
        BadInput: the figure's format is not known, or a run is not one on points of two features.
    """
    if out.suffix not in FORMATS:
        raise BadInput(f"{out}: a figure is written as {', '.join(FORMATS)}")
    maps = []
    for run in runs:
        trained = load_run(run)
        dataset = (_learnt_from(run) if source is None else source).to_train()
        must_speak_of(dataset, trained.problem, run)
        maps.append(decision_map(trained, dataset, run.name))
    save_decision_maps(maps, out)
    print(f"{out}: decisions of {len(maps)} runs; the larger a marker, the larger its point's loss, gradient")


def decision_map(trained: Trained, dataset: Dataset, title: str) -> DecisionMap:
    """What a run says of the plane around a data set's points, and what each of their labels costs it.

    Raises:
        BadInput: not a run on points of two features.
    """
    problem = trained.problem
    if not problem.points or problem.channels != 2:
        kind = f"points of {problem.channels} features" if problem.points else "images"
        raise BadInput(
            f"{trained.path} was trained on {kind}; a plane takes points of 2 features, as moons has"
        )
    rows = range(len(dataset))
    points = np.stack([dataset.image(row) for row in rows])
    costs = costs_of_points(trained, dataset)
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    return DecisionMap(
        title,
        problem.classes,
        (float(low[0]), float(high[0]), float(low[1]), float(high[1])),
        _plane(trained, low, high),
        points,
        np.array([dataset.labels(row) for row in rows], dtype=np.int64),
        costs.losses,
        costs.gradients,
    )


def _plane(trained: Trained, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Class probabilities "h w k" over a rectangle, evenly spaced."""
    first, second = np.meshgrid(*np.linspace(low, high, _SIDE, dtype=np.float32).T)
    places = torch.from_numpy(np.stack([first.ravel(), second.ravel()], axis=1)).to(trained.fabric.device)
    with torch.no_grad():
        probs = trained.method.predict(list(trained.networks.values()), places)
    return probs.float().cpu().numpy().reshape(_SIDE, _SIDE, -1)


def _learnt_from(run: Path) -> Source:
    """What a run learnt from, as its config names it."""
    config = json.loads((run / "config.json").read_text())
    where = config["notes"].get("source")
    if where is None:
        raise BadInput(f"{run} does not say what it learnt from; name the data set with --source")
    return Source(where, split=config["dataset"]["split"])
