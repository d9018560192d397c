"""Lists of classes of images, calibrated: pictures mislabelled by several noises."""

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calibrated_lists import Told, told
from truemask.audit import AuditResult, confident_learning
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.noise import corrupt, parse
from truemask.seeds import seed_for
from truemask.training import Recipe, default_plan
from truemask.training.folds import train_folds
from truemask.types import Problem, Task

NOISES = ("symmetric:0.1", "symmetric:0.2", "pair:0.1", "consistent:0.2")
OWN_NOISES = ("symmetric:0.1", "symmetric:0.2", "pair:0.1", "pair:0.2", "consistent:0.2")


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The embedded pictures, a row each, and their classes."""
    dataset = open_dataset("digits").split("train")
    rows = range(len(dataset))
    pictures = np.stack([dataset.image(row).reshape(-1) for row in rows]) / 255.0
    return pictures, np.array([dataset.labels(row) for row in rows])


class _Classes(Dataset):
    """Pictures by row, with their classes."""

    def __init__(self, name: str, labels: np.ndarray) -> None:
        self.name, self.split = name, "train"
        self.problem = Problem(Task.CLASSIFICATION, tuple("0123456789"), channels=1)
        self.keys = [f"{row:05}" for row in range(len(labels))]
        self.given = labels

    def image(self, row: int) -> np.ndarray:  # noqa: ARG002 - only labels matter
        return np.zeros((1, 1, 1), np.uint8)

    def labels(self, row: int) -> int:
        return int(self.given[row])

    def size(self, row: int) -> tuple[int, int]:  # noqa: ARG002
        return 1, 1


def by_weak_networks(name: str, pictures: np.ndarray, truth: np.ndarray, seed: int) -> Iterator[Told]:
    """Pictures of ten classes, judged out of fold by networks that are sure of wrong classes."""
    for noise in NOISES:
        dataset = _Classes(name, truth)
        spec, drawn = parse(noise), seed_for("noise", name, noise, seed)
        given = np.array(
            [
                corrupt(int(label), spec, problem=dataset.problem, seed=drawn, key=key)
                for key, label in zip(dataset.keys, truth, strict=True)
            ]
        )
        noisy = _Classes(name, given)
        probs = _out_of_fold(pictures, given, seed)

        def again(other: Dataset, _: int, probs: np.ndarray = probs) -> AuditResult:
            stored = dict(zip(other.keys, probs, strict=True))
            return confident_learning(partial(_stream, other, stored), other.problem)

        wrong = {key for key, one, other in zip(noisy.keys, given, truth, strict=True) if one != other}
        yield told(
            name,
            noise,
            noisy,
            again,
            lambda findings, wrong=wrong: [row["image"] in wrong for row in findings],
            partial(_stream, noisy, dict(zip(noisy.keys, probs, strict=True))),
        )


def own_networks(seed: int) -> Iterator[Told]:
    """Digits as `truemask audit --epochs 5 --calibrate fast` audits them."""
    clean = open_dataset("digits").split("train")
    plan = default_plan(clean.problem).changed({"epochs": 5, "seed": seed})
    for noise in OWN_NOISES:
        spec, drawn = parse(noise), seed_for("noise", "digits", noise, seed)
        labels = [
            corrupt(clean.labels(row), spec, problem=clean.problem, seed=drawn, key=key)
            for row, key in enumerate(clean.keys)
        ]
        noisy = Relabelled(clean, labels)
        with tempfile.TemporaryDirectory() as scratch:
            recipe = Recipe(dataset=noisy, method="ce", knobs={}, plan=plan)
            folds = train_folds(recipe, 2, Path(scratch), show=False)
            stored = {one.key: one.probs for one in folds.predict()}

        def again(other: Dataset, _: int, stored: dict[str, np.ndarray] = stored) -> AuditResult:
            return confident_learning(partial(_stream, other, stored), other.problem)

        wrong = {key for row, key in enumerate(clean.keys) if labels[row] != clean.labels(row)}
        yield told(
            "digits, own networks",
            noise,
            noisy,
            again,
            lambda findings, wrong=wrong: [row["image"] in wrong for row in findings],
            partial(_stream, noisy, stored),
        )


def _stream(dataset: Dataset, probs: Mapping[str, np.ndarray]) -> Iterator[tuple[str, Any, np.ndarray]]:
    return ((key, dataset.labels(row), probs[key]) for row, key in enumerate(dataset.keys))


def _out_of_fold(pictures: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.neural_network import MLPClassifier

    half = np.arange(len(labels)) % 2
    probs = np.zeros((len(labels), 10), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an optimiser that is stopped early
        for side in (0, 1):
            network = MLPClassifier((64,), max_iter=15, alpha=1e-2, batch_size=100, random_state=seed)
            network.fit(pictures[half != side], labels[half != side])
            probs[half == side] = network.predict_proba(pictures[half == side])
    return probs
