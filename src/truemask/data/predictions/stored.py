"""Predictions on disk, of any origin: whom they speak of is known, what they say is read when asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from truemask.data.dataset import Dataset
from truemask.data.predictions.prediction import Found, Prediction
from truemask.types import BadInput, Problem

Said = Float[np.ndarray, "..."] | Found
"""Probabilities "k *space" in the precision of the file, or objects."""


@dataclass(frozen=True)
class StoredPredictions:
    """Predictions on disk, in the file's order.

    Args:
        where: they lie.
        keys: whom they speak of: keys of the data set.
        read: what is said of a key.
        hard: classes were stored, not probabilities: what is read says 1 for one class and 0 for all others.
        problem: that the folder says they are about, if it says so.
    """

    where: Path
    keys: Sequence[str]
    read: Callable[[str], Said]
    hard: bool = False
    problem: Problem | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, keys: Iterable[str]) -> Iterator[Prediction]:
        """The predictions of some keys, one by one; `row` counts from 0."""
        for row, key in enumerate(keys):
            said = self.read(key)
            if isinstance(said, Found):
                yield Prediction(key, row, found=said)
            else:
                yield Prediction(key, row, probs=said)

    def __iter__(self) -> Iterator[Prediction]:
        return self.of(self.keys)


def must_know(where: Path, keys: Iterable[str], dataset: Dataset) -> None:
    """Refuse predictions about what a data set does not have.

    Raises:
        BadInput: naming the first such key.
    """
    known = set(dataset.keys)
    for key in keys:
        if key not in known:
            raise BadInput(
                f"{where}: a prediction is about {key!r}, which {dataset.name} does not have; its images are "
                f"called such as {dataset.keys[0]!r}"
            )
