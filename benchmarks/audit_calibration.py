"""Calibration of audits: promised against realised precision, list by list, where the truth is known.

Embedded pictures of digits, mislabelled by several noises and judged out of fold by the networks that
`truemask audit` trains; the same, and MNIST's 10,000 (a file given by --mnist), judged by weak and
overconfident ones. Label maps of organelles (--maps) with segments left out, made up, and redrawn. Lists of
simulated scores have a table of their own: calibration_simulated.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.report import Goal, Row, publish
from truemask.audit import AuditResult, confident_learning
from truemask.audit.calibration import within
from truemask.audit.calibration.injected import injected
from truemask.audit.calibration.pointing import pointed
from truemask.commands.calibrating import calibrated
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.noise import corrupt, parse
from truemask.seeds import seed_for
from truemask.training import Recipe, default_plan
from truemask.training.folds import train_folds
from truemask.types import Problem, Task

CLOSE = 0.05
ASKED = 0.9
LEAST_FINDINGS = 100
"""Shorter lists miss by more than 0.05 by chance alone."""
NOISES = ("symmetric:0.1", "symmetric:0.2", "pair:0.1", "consistent:0.2")
MAP_NOISES = ("miss:0.2", "spurious:0.2", "shift:2,high_px=4,rate=0.3")


OWN_NOISES = ("symmetric:0.1", "symmetric:0.2", "pair:0.1", "pair:0.2", "consistent:0.2")


@dataclass(frozen=True)
class Kept:
    """What was promised of a list, and what it holds."""

    source: str
    noise: str
    findings: int
    promised: tuple[float, float, float]
    realised: float
    cut: int
    cut_realised: float

    @property
    def row(self) -> Row:
        """For the table."""
        promised, low, high = self.promised
        return {
            "lists of": self.source,
            "noise": self.noise,
            "findings": self.findings,
            "promised": promised,
            "from": low,
            "to": high,
            "realised": self.realised,
            "off by": promised - self.realised,
            f"kept for {ASKED}": self.cut,
            "of them errors": None if not self.cut else self.cut_realised,
        }


def main(
    seeds: int = 2,
    first_seed: int = 2,
    mnist: Annotated[Path | None, typer.Option(help="an .npz with x (n 28 28) and y")] = None,
    maps: bool = False,
) -> None:
    """Print the table and keep it in benchmarks/results/audit_calibration.json."""
    kept = [one for seed in range(first_seed, first_seed + seeds) for one in _own_networks(seed)]
    weak = list(_pictures("digits, weak networks", *_digits(), 0))
    if mnist is not None:
        stored = np.load(mnist)
        pictures = stored["x"].reshape(len(stored["x"]), -1) / 255.0
        weak += _pictures("mnist10k, weak networks", pictures, stored["y"].astype(np.int64), 0)
    if maps:
        kept += _organelles()
    rows = [one.row for one in [*kept, *weak]]
    long = [one for one in kept if one.findings >= LEAST_FINDINGS]
    close = [abs(one.promised[0] - one.realised) <= CLOSE for one in long]
    held = [one.promised[1] <= one.realised <= one.promised[2] for one in long]
    cut = [abs(one.cut_realised - ASKED) <= CLOSE for one in long if one.cut >= LEAST_FINDINGS]
    notes = [
        f"close: promised and realised precision differ by {CLOSE} at most; of {LEAST_FINDINGS} or more",
        f"{sum(held)} of {len(held)} lists within their 90 % interval",
        f"weak: 64 hidden units, 15 epochs, sure of wrong classes; {_close(weak)} of {len(weak)} lists close",
        f"cut for {ASKED}: {sum(cut)} of {len(cut)} lists within {CLOSE} of it",
    ]
    settings = {"seeds": seeds, "first_seed": first_seed, "mnist": mnist is not None, "maps": maps}
    publish(
        "audit_calibration",
        f"Promised and realised precision of audits' lists; calibrated by injected errors, cut for {ASKED}",
        rows,
        settings=settings,
        goals=[Goal("share of close lists", 0.9, float(np.mean(close)), at_least=True)] if close else [],
        packages=("scikit-learn",),
        notes=notes,
    )


def _digits() -> tuple[np.ndarray, np.ndarray]:
    dataset = open_dataset("digits").split("train")
    rows = range(len(dataset))
    pictures = np.stack([dataset.image(row).reshape(-1) for row in rows]) / 255.0
    return pictures, np.array([dataset.labels(row) for row in rows])


def _close(kept: list[Kept]) -> int:
    return sum(abs(one.promised[0] - one.realised) <= CLOSE for one in kept)


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


def _pictures(name: str, pictures: np.ndarray, truth: np.ndarray, seed: int) -> Iterator[Kept]:
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
            rows = range(len(other))
            return confident_learning(
                lambda: ((other.keys[row], other.labels(row), probs[row]) for row in rows), other.problem
            )

        wrong = {key for key, one, other in zip(noisy.keys, given, truth, strict=True) if one != other}
        yield from _kept(
            name,
            noise,
            noisy,
            again,
            lambda findings, wrong=wrong: [row["image"] in wrong for row in findings],
        )


def _own_networks(seed: int) -> Iterator[Kept]:
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

        def again(other: Dataset, _: int, stored: dict = stored) -> AuditResult:
            rows = [(key, other.labels(row), stored[key]) for row, key in enumerate(other.keys)]
            return confident_learning(lambda: rows, other.problem)

        wrong = {key for row, key in enumerate(clean.keys) if labels[row] != clean.labels(row)}
        yield from _kept(
            "digits, own networks",
            noise,
            noisy,
            again,
            lambda findings, wrong=wrong: [row["image"] in wrong for row in findings],
        )


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


def _organelles() -> Iterator[Kept]:

    clean = open_dataset("organelles:train=80,val=1,test=1,size=64").split("train")
    for noise in MAP_NOISES:
        spec, seed = parse(noise), seed_for("noise", "organelles", noise, 0)
        labels = [
            corrupt(clean.labels(row), spec, problem=clean.problem, seed=seed, key=key)
            for row, key in enumerate(clean.keys)
        ]
        noisy = Relabelled(clean, labels)
        with tempfile.TemporaryDirectory() as scratch:
            asked = {"network": "unet_small", "epochs": 10, "batch_size": 8, "lr": 3e-3}
            plan = default_plan(clean.problem).changed(asked)
            recipe = Recipe(dataset=noisy, method="ce", knobs={}, plan=plan)
            folds = train_folds(recipe, 2, Path(scratch), show=False)
            stored = {one.key: one.probs for one in folds.predict()}

        def again(other: Dataset, _: int, stored: dict = stored) -> AuditResult:
            pairs = [(key, other.labels(row), stored[key]) for row, key in enumerate(other.keys)]
            return confident_learning(lambda: pairs, other.problem)

        errors = [
            error
            for row, key in enumerate(clean.keys)
            for error in injected(clean.labels(row), labels[row], key, clean.problem)
        ]
        yield from _kept(
            "organelles",
            noise,
            noisy,
            again,
            lambda findings, errors=errors: [bool(places) for places in pointed(findings, errors)],
        )


def _kept(
    source: str,
    noise: str,
    dataset: Dataset,
    again: Callable[[Dataset, int], AuditResult],
    right: Callable[[list[dict]], list[bool]],
) -> Iterator[Kept]:
    """One row a calibrated list."""
    told, calibration = calibrated(dataset, again(dataset, 0), again, mode="fast", precision=ASKED, seed=0)
    taken = within(told.findings, ASKED)
    rows = told.findings.to_pylist()
    hits = np.array(right(rows))
    for one in calibration.lists:
        mine = np.array([(row["level"], row["kind"]) == (one.level, one.kind) for row in rows])
        yield Kept(
            f"{source}: {one.kind}",
            noise,
            one.findings,
            one.whole.precision,
            float(hits[mine].mean()),
            int((mine & taken).sum()),
            float(hits[mine & taken].mean()) if (mine & taken).any() else float("nan"),
        )


if __name__ == "__main__":
    typer.run(main)
