"""Rows of a data set in another arrangement: under other labels, more than once, or with foreign images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import UInt8

from truemask.data.dataset import Dataset
from truemask.data.resize import resize_image
from truemask.types import BadInput, Labels


@dataclass(frozen=True)
class Foreign:
    """An image of another data set.

    Args:
        dataset: the other one.
        row: in it.
    """

    dataset: Dataset
    row: int


@final
class Rearranged(Dataset):
    """Rows that show images of `dataset`, or of others in the size and the channels of the row's own one.

    Args:
        keys: names of the rows, unique.
        origins: for each row one of `dataset`: its image, and its size.
        foreign: for each row the image that stands in for its own; None where its own is shown.
        labels: one a row.

    Raises:
        BadInput: if a key comes twice.
    """

    def __init__(
        self,
        dataset: Dataset,
        keys: Sequence[str],
        origins: Sequence[int],
        foreign: Sequence[Foreign | None],
        labels: Sequence[int],
    ) -> None:
        if len(set(keys)) < len(keys):
            raise BadInput(f"{dataset.name}: keys of rows are unique; these are not")
        self.name, self.split, self.problem = dataset.name, dataset.split, dataset.problem
        self.keys = keys
        self.dataset = dataset
        self._origins, self._foreign, self._labels = origins, foreign, labels

    def image(self, row: int) -> np.ndarray:
        """The row's own image, or the foreign one made to fit."""
        foreign = self._foreign[row]
        if foreign is None:
            return self.dataset.image(self._origins[row])
        image = foreign.dataset.image(foreign.row)
        return image if self.problem.points else fitted_in(image, self.size(row), self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The label that the row was given."""
        return self._labels[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of the row's own image, which a foreign one takes on."""
        return self.dataset.size(self._origins[row])

    def file(self, row: int) -> Path | None:
        """The file of the row's own image; None for a foreign one."""
        return self.dataset.file(self._origins[row]) if self._foreign[row] is None else None


def fitted_in(
    image: UInt8[np.ndarray, "_ _ _"], size: tuple[int, int], channels: int
) -> UInt8[np.ndarray, "h w c"]:
    """The image at another size, its channels averaged to grey or its grey repeated where they differ."""
    if image.shape[2] != channels:
        grey = np.round(image.mean(axis=2, keepdims=True)).astype(np.uint8)
        image = np.repeat(grey, channels, axis=2)
    return image if image.shape[:2] == size else resize_image(np.ascontiguousarray(image), size)
