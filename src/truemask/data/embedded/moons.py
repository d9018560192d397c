"""Moons: points on two half circles that reach into each other, so that no straight line parts them."""

from functools import partial

import numpy as np

from truemask.data.embedded.drawn import draw_splits
from truemask.data.splits import Splits
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("upper", "lower"), channels=2, points=True)


def make(*, train: int = 400, val: int = 100, test: int = 400, spread: float = 0.15, seed: int = 0) -> Splits:
    """Points "2", every other one of each class, about the half circles of scikit-learn's `make_moons`.

    Args:
        train: points in that split, as `val` and `test` are.
        spread: standard deviation of each coordinate about its half circle, whose radius is 1; the larger,
            the more the classes overlap.
        seed: other points.

    Raises:
        BadInput: if the spread is negative or not finite, or a count is out of range.
    """
    if not 0 <= spread < np.inf:
        raise BadInput(f"moons needs spread >= 0, a standard deviation, got spread={spread}")
    counts = {"train": train, "val": val, "test": test}
    return draw_splits("moons", PROBLEM, counts, size=(1, 1), seed=seed, draw=partial(_point, spread))


def _point(spread: float, rng: np.random.Generator, _split: str, row: int) -> tuple[np.ndarray, int]:
    label = row % 2
    angle = rng.uniform(0, np.pi)
    upper = np.array([np.cos(angle), np.sin(angle)])
    place = np.array([1.0, 0.5]) - upper if label else upper
    return (place + rng.normal(0, spread, 2)).astype(np.float32), label
