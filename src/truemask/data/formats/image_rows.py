"""Rows whose image is a file each: what formats with a file of labels beside each image have in common."""

from abc import ABC
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.image_file import image_size, read_image
from truemask.types import BadInput, Problem


class ImageRows(Dataset, ABC):
    """One split whose images are files, row by row; the labels are the format's own."""

    def __init__(
        self, name: str, split: str, problem: Problem, keys: Sequence[str], images: Sequence[Path]
    ) -> None:
        self.name, self.split, self.problem, self.keys = name, split, problem, keys
        self.images = images
        self._sizes: dict[int, tuple[int, int]] = {}

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.images[row], self.problem.channels)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the image's header."""
        if row not in self._sizes:
            self._sizes[row] = image_size(self.images[row])
        return self._sizes[row]

    def check_size(self, row: int, labels: Path, size: tuple[int, ...]) -> None:
        """Refuse a map of labels that is not of its image's size.

        Raises:
            BadInput: naming the map's file, the image and both sizes.
        """
        if size != self.size(row):
            height, width = self.size(row)
            raise BadInput(
                f"{labels}: the map has {size[0]} x {size[1]} px, its image {self.images[row].name} has "
                f"{height} x {width}; they must be alike"
            )
