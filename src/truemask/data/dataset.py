"""What a data set is: images and the labels that were given for them, row by row."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from truemask.types import Labels, Problem


class Dataset(ABC):
    """One split of a data set. Rows are decoded when asked for; the labels are the *given* ones.

    There is no field for clean labels. Clean labels are another data set (the one before `corrupt`, a
    corrected release), opened like this one and matched to it by key.
    """

    name: str
    """Of the data set, without the split: names seeds, so it must not change with where the files lie."""
    split: str
    problem: Problem
    keys: Sequence[str]
    """One name per row, unique and lasting: noise draws, manifests and corrections refer to it."""

    def __len__(self) -> int:
        return len(self.keys)

    @abstractmethod
    def image(self, row: int) -> np.ndarray:
        """The image of a row, uint8 "h w c"; float32 "d" where the problem's inputs are points."""

    @abstractmethod
    def labels(self, row: int) -> Labels:
        """The given labels of a row: int, uint8 "h w" with IGNORE = 255, or Instances."""

    @abstractmethod
    def size(self, row: int) -> tuple[int, int]:
        """Height and width of a row's image in pixels, cheaply (without decoding); (1, 1) for points."""

    def file(self, row: int) -> Path | None:  # noqa: ARG002 - for those that have one
        """The file whose pixels `image(row)` shows unchanged, so that it can be linked; None without one."""
        return None
