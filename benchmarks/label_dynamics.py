"""Evidence from one ordinary run against the folds of confident learning, at the same price in training.

Two folds of E epochs visit as many images as one run of E epochs on all. Either says of each pixel how far
its given label is believed; average precision says how well wrong pixels come first. And what watching
adds to a run, in processor time.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
import typer

from benchmarks.report import Goal, Row, publish
from truemask.audit.against_truth import average_precision
from truemask.bench.noisy import corrupted
from truemask.data.dataset import Dataset
from truemask.data.embedded import organelles, scenes
from truemask.data.views import AsSemantic
from truemask.training import Plan, Prediction, Recipe, train
from truemask.training.folds import train_folds
from truemask.training.label_dynamics import DYNAMICS, read_dynamics
from truemask.training.watching import LabelWatch
from truemask.types import Task

CASES = (
    ("organelles", "flip:0.2"),
    ("organelles", "miss:0.3"),
    ("scenes", "misclassify:0.3"),
    ("scenes", "miss:0.3"),
)
MOST_OVERHEAD = 0.05
_STEPS = 1000

Judge = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Given labels "h w" and probabilities "k h w" to how suspect each pixel is, in [0, 1]."""


def main(images: int = 40, size: int = 96, epochs: int = 15, seeds: int = 2) -> None:
    """Print the table and keep it in benchmarks/results/label_dynamics.json."""
    torch.set_num_threads(1)
    _compile()
    rows: list[Row] = []
    watching = running = 0.0
    for name, spec in CASES:
        measured = [_measure(name, spec, images, size, epochs, seed) for seed in range(seeds)]
        means = {key: float(np.mean([one[key] for one in measured])) for key in measured[0]}
        watching, running = watching + means["watching s"], running + means["run s"]
        rows.append({"data": name, "noise": spec, **means})
        print(rows[-1], flush=True)
    publish(
        "label_dynamics",
        f"AP of wrong pixels by one watched run and by 2 folds, mean of {seeds} seeds",
        rows,
        settings={"images": images, "size_px": size, "epochs": epochs, "seeds": seeds},
        goals=[Goal("share of a run that watching takes", MOST_OVERHEAD, watching / running, at_least=False)],
        notes=[
            "wrong: the share of pixels that are wrong, which is the AP of chance",
            "6 bytes a pixel are kept on disk; folds keep nothing, and predict once more",
        ],
    )


def _measure(name: str, spec: str, images: int, size: int, epochs: int, seed: int) -> dict[str, float]:
    make = organelles.make if name == "organelles" else scenes.make
    clean: Dataset = make(train=images, val=1, test=1, size=size, seed=seed).split("train")
    noisy, _ = corrupted(clean, spec, seed)
    if clean.problem.task == Task.INSTANCE:
        clean, noisy = AsSemantic(clean), AsSemantic(noisy)
    given, truth = ([np.asarray(data.labels(row)) for row in range(images)] for data in (noisy, clean))
    wrong = [mine != true for mine, true in zip(given, truth, strict=True)]
    recipe = Recipe(dataset=noisy, plan=Plan(epochs=epochs, network="unet_small", seed=seed))
    row: dict[str, float] = {}

    def ap(predicted: Iterable[Prediction], judge: Judge) -> float:
        groups = np.zeros((2, _STEPS + 1), np.int64)
        for one in predicted:
            assert one.probs is not None
            at = np.rint(judge(given[one.row], one.probs) * _STEPS).astype(np.int64)
            for part, mask in enumerate((np.ones_like(wrong[one.row]), wrong[one.row])):
                groups[part] += np.bincount(at[mask], minlength=_STEPS + 1)
        return average_precision(np.arange(_STEPS + 1, dtype=np.float64), groups[0], groups[1])

    with tempfile.TemporaryDirectory() as temporary:
        folder, started = Path(temporary), time.process_time()
        row["watching s"] = _watched_run(recipe, folder / "run")
        row["run s"] = time.process_time() - started
        started = time.process_time()
        folds = train_folds(recipe, 2, folder / "folds", show=False)
        row["folds s"] = time.process_time() - started
        dynamics = read_dynamics(folder / "run")
        judged = dynamics.judged(noisy)
        row |= {evidence: ap(dynamics.predict(judged, evidence), _doubt) for evidence in DYNAMICS}
        row["folds: 1 - p(given)"] = ap(folds.predict(), _doubt)
        row["folds: margin"] = ap(folds.predict(), _rival_lead)
        row["folds, turned"] = ap(folds.predict(turned=True), _doubt)
    row["wrong"] = float(np.mean([one.mean() for one in wrong]))
    return row


def _watched_run(recipe: Recipe, folder: Path) -> float:
    """Train, watching; returns the CPU seconds that watching took."""
    watched = Recipe(dataset=recipe.dataset, plan=recipe.plan, watch_labels=True)
    taken, see = [], LabelWatch.see

    def timed(self: LabelWatch, *batch: object) -> None:
        started = time.process_time()
        see(self, *batch)  # type: ignore[arg-type]
        taken.append(time.process_time() - started)

    with patch.object(LabelWatch, "see", timed):
        train(watched, folder, show=False, tensorboard=False)
    return sum(taken)


def _compile() -> None:
    """Kernels are loaded once a process; what that takes is no part of a step."""
    clean = organelles.make(train=2, val=1, test=1, size=48).split("train")
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(epochs=1, network="unet_small:base=4")
        _watched_run(Recipe(dataset=clean, plan=plan), Path(folder) / "run")


def _doubt(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    own: np.ndarray = np.take_along_axis(probs, given[None].astype(np.int64), 0)[0]
    doubt: np.ndarray = np.clip(1 - own, 0, 1)
    return doubt


def _rival_lead(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    at = given[None].astype(np.int64)
    own: np.ndarray = np.take_along_axis(probs, at, 0)[0]
    others = probs.copy()
    np.put_along_axis(others, at, -1, 0)
    lead: np.ndarray = np.clip((1 + others.max(axis=0) - own) / 2, 0, 1)
    return lead


if __name__ == "__main__":
    typer.run(main)
