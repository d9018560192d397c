"""Images of a data set, looked up by key: what an audit of label maps sees besides predictions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from truemask.data.dataset import Dataset


@dataclass(frozen=True)
class ImagesOf:
    """The images of a data set."""

    dataset: Dataset

    def __call__(self, key: str) -> UInt8[np.ndarray, "h w c"]:
        """The image of a key."""
        return self.dataset.image(self._rows[key])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.dataset.keys)}
