"""Data sets that are drawn: each row when someone first asks for it, so that opening them costs nothing."""

from collections.abc import Callable, Mapping
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.seeds import seed_for
from truemask.types import BadInput, Labels, Problem

MOST_ROWS = 1_000_000

DrawRow = Callable[[np.random.Generator, str, int], tuple[np.ndarray, Labels]]
"""Image and labels of a row, from its own random numbers, its split and its place there."""


@final
class Drawn(Dataset):
    """Rows drawn from a seed, each once. Row i hangs on (name, seed, split, i): it is the same in any count.

    Args:
        count: rows.
        size: height and width of each image in pixels; (1, 1) for points.
        draw: makes a row.
    """

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        *,
        count: int,
        size: tuple[int, int],
        seed: int,
        draw: DrawRow,
    ) -> None:
        self.name, self.split, self.problem = name, split, problem
        self.keys = [f"{split}-{row:05d}" for row in range(count)]
        self._size, self._seed, self._draw = size, seed, draw
        self._kept: dict[int, tuple[np.ndarray, Labels]] = {}

    def image(self, row: int) -> np.ndarray:
        """The row's image, drawn now if it was not yet."""
        return self._row(row)[0]

    def labels(self, row: int) -> Labels:
        """The row's true labels, drawn now if they were not yet."""
        return self._row(row)[1]

    def size(self, row: int) -> tuple[int, int]:  # noqa: ARG002 (all rows are of one size)
        """Height and width that all images have."""
        return self._size

    def _row(self, row: int) -> tuple[np.ndarray, Labels]:
        row = range(len(self.keys))[row]
        if row not in self._kept:
            rng = np.random.default_rng(seed_for(self.name, self._seed, self.split, row))
            self._kept[row] = self._draw(rng, self.split, row)
        return self._kept[row]


def draw_splits(
    name: str,
    problem: Problem,
    counts: Mapping[str, int],
    *,
    size: tuple[int, int],
    seed: int,
    draw: DrawRow,
) -> Splits:
    """A drawn data set with that many rows in each split; a split of 0 rows is left out.

    Raises:
        BadInput: if a count is negative or above 1,000,000, or all are 0.
    """
    for split, count in counts.items():
        if not 0 <= count <= MOST_ROWS:
            raise BadInput(f"{name} draws 0 to {MOST_ROWS:,} rows a split, got {split}={count}")
    if not any(counts.values()):
        raise BadInput(f"{name} needs at least one row in one of {', '.join(counts)}; all are 0")
    splits = {
        split: Drawn(name, split, problem, count=count, size=size, seed=seed, draw=draw)
        for split, count in counts.items()
        if count
    }
    return Splits(name, "embedded", splits)
