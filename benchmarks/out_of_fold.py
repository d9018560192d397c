"""Data with injected errors, and what networks say of it that never saw the labels in question.

A share of the images gets a noise, the others stay clean: only so can images be ranked. Two small U-Nets are
trained for each case, one on either half; their probabilities lie in a folder, so that audits can be compared
on the same ones again and again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from truemask.data import open_dataset
from truemask.data.as_background import AsBackground
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.data.views import AsSemantic, Subset
from truemask.noise import Ledger, parse
from truemask.seeds import seed_for
from truemask.training import Plan, Recipe
from truemask.training.folds import train_folds
from truemask.training.saved import read_predictions, write_predictions
from truemask.types import Problem

NOISY_IMAGES = 0.3
CAMVID_BACKGROUND = ("Sky", "Building", "Pole", "SignSymbol", "Fence")
NOISES = {
    "drop": "miss:0.5",
    "swap": "misclassify:0.5",
    "shift": "affine:6,rate=0.7",
    "boundary": "dilate_or_erode:3",
    "merge": "merge:0.8,gap_px=12",
}
"""What is done to the images that get errors, by the name of its kind."""
LACKS = {"organelles": ("swap", "merge")}
"""One class cannot be swapped, and in one network of tubules there is next to nothing to merge."""
EPOCHS = {"organelles": 12, "camvid": 12, "scenes": 14}


@dataclass(frozen=True)
class Row:
    """One image with its given and true labels, and out-of-fold probabilities."""

    key: str
    image: np.ndarray
    given: np.ndarray
    truth: np.ndarray
    probs: np.ndarray


@dataclass(frozen=True)
class Case:
    """A data set with one kind of error in some of its images.

    Args:
        data: its name.
        kind: key of NOISES.
        seed: of the noise, of which images get it, and of training.
        problem: classes.
        rows: the images.
    """

    data: str
    kind: str
    seed: int
    problem: Problem
    rows: tuple[Row, ...]


def clean_data(name: str, camvid: Path | None) -> Dataset:
    """The data set with its true labels."""
    if name == "organelles":
        return open_dataset("organelles:train=120,val=1,test=1").split("train")
    if name == "scenes":
        return AsSemantic(open_dataset("scenes:train=200,val=1,test=1").split("train"))
    assert camvid is not None
    frames = open_dataset(str(camvid)).split("train")
    return AsBackground(Subset(frames, range(0, len(frames), 2)), CAMVID_BACKGROUND)


def make_case(name: str, kind: str, seed: int, scratch: Path, camvid: Path | None) -> Case:
    """The case, its predictions read from the scratch folder, or made there first."""
    clean = clean_data(name, camvid)
    noisy = with_errors(clean, NOISES[kind], seed)
    folder = scratch / f"{name}-{kind}-{seed}"
    if not (folder / "probs" / "predictions.json").is_file():
        plan = Plan(
            epochs=EPOCHS[name],
            augment="dihedral" if clean.problem.channels == 1 else "hflip",
            crop_px=128 if name == "camvid" else None,
            seed=seed,
        )
        folds = train_folds(Recipe(dataset=noisy, method="ce", knobs={}, plan=plan), 2, folder, show=False)
        write_predictions(folds.predict(), clean.problem, folder / "probs")
    return Case(name, kind, seed, clean.problem, tuple(_rows(clean, noisy, folder / "probs")))


def with_errors(clean: Dataset, spec: str, seed: int) -> Dataset:
    """The data set with a noise in some of its images."""
    rng = np.random.default_rng(seed_for("noisy images", clean.name, seed))
    chosen = set(rng.permutation(len(clean))[: round(NOISY_IMAGES * len(clean))].tolist())
    ledger = Ledger(parse(spec), clean.problem, seed)
    return Relabelled(
        clean,
        [
            ledger.corrupt(clean.labels(row), key) if row in chosen else clean.labels(row)
            for row, key in enumerate(clean.keys)
        ],
    )


def _rows(clean: Dataset, noisy: Dataset, folder: Path) -> Iterator[Row]:
    place = {key: row for row, key in enumerate(clean.keys)}
    for one in read_predictions(folder)[1]:
        given, truth = noisy.labels(place[one.key]), clean.labels(place[one.key])
        assert isinstance(given, np.ndarray)
        assert isinstance(truth, np.ndarray)
        assert one.probs is not None
        yield Row(one.key, clean.image(place[one.key]), given, truth, one.probs)
