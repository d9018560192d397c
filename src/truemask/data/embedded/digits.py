"""Digits: scikit-learn's 1797 handwritten digits of 8 x 8 px (Alpaydin & Kaynak, UCI, 1998)."""

import numpy as np

from truemask.data.splits import Splits
from truemask.data.views import ArrayDataset
from truemask.seeds import seed_for
from truemask.types import Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, tuple("0123456789"), channels=1)
INK = 16
"""The darkest ink in scikit-learn's arrays; it becomes 255."""


def make() -> Splits:
    """All digits in fixed splits: a hash of each sends it to train (70 %), val (10 %) or test (20 %)."""
    from sklearn.datasets import load_digits  # here, because it takes a second

    ink, truth = load_digits(return_X_y=True)
    images = np.round(ink.reshape(-1, 8, 8, 1) * (255 / INK)).astype(np.uint8)
    keys = np.array([f"digit-{row:04d}" for row in range(len(images))])
    tenth = np.array([seed_for("digits", "split", key) % 10 for key in keys.tolist()])
    parts = {"train": tenth < 7, "val": tenth == 7, "test": tenth > 7}
    splits = {
        split: ArrayDataset("digits", split, PROBLEM, keys[part].tolist(), images[part], truth[part])
        for split, part in parts.items()
    }
    return Splits("digits", "embedded", splits)
