"""A data set's images with other labels: corrupted, corrected, or proposed ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.types import BadInput, Labels


@final
class Relabelled(Dataset):
    """The rows and images of `dataset`, with `labels` in the place of its own.

    Raises:
        BadInput: there are not as many labels as rows.
    """

    def __init__(self, dataset: Dataset, labels: Sequence[Labels]) -> None:
        if len(labels) != len(dataset):
            raise BadInput(
                f"{dataset.name}: {len(labels)} labels for {len(dataset)} rows; each row needs one"
            )
        self.name, self.split, self.problem = dataset.name, dataset.split, dataset.problem
        self.keys = dataset.keys
        self.dataset, self._labels = dataset, labels

    def image(self, row: int) -> np.ndarray:
        """The data set's own image."""
        return self.dataset.image(row)

    def labels(self, row: int) -> Labels:
        """The labels that took the place of its own."""
        return self._labels[row]

    def file(self, row: int) -> Path | None:
        """The data set's own file."""
        return self.dataset.file(row)

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, unchanged."""
        return self.dataset.size(row)
