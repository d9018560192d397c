"""Windows that labels are counted in: disk, box, Gaussian, Epanechnikov; bandwidths in pixels."""

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from truemask.structure.round_windows import disk_sums, parabola_sums
from truemask.types import BadInput

Shape = Literal["disk", "box", "gaussian", "epanechnikov"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
REACH_SDS = 4
"""A Gaussian is cut off here: 0.03 % of its mass lies beyond."""


@dataclass(frozen=True)
class Window:
    """How much a label counts by its distance.

    Args:
        shape: disk and box count all labels within alike; epanechnikov falls with the squared distance.
        bandwidth_px: radius of disk and epanechnikov, half side of the box (rounded down to whole pixels),
            standard deviation of the gaussian.

    Raises:
        BadInput: if the shape is not known or the bandwidth not a positive number.
    """

    shape: Shape
    bandwidth_px: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise BadInput(f"a window is one of {', '.join(SHAPES)}; got {self.shape!r}")
        if not 0 < self.bandwidth_px < np.inf:
            raise BadInput(f"a window's bandwidth is a positive number of pixels; got {self.bandwidth_px!r}")

    @property
    def reach_px(self) -> int:
        """Pixels from the middle to the farthest label that counts, along an axis."""
        times = REACH_SDS if self.shape == "gaussian" else 1
        return max(int(self.bandwidth_px * times), 1 if self.shape == "gaussian" else 0)

    def weights(self) -> Float64[np.ndarray, "d d"]:
        """Of each pixel around the middle one; they sum to 1."""
        raw = self._raw()
        return np.asarray(raw / raw.sum())

    def label_count(self) -> float:
        """As many labels that count alike would have the same random error: 1 / sum of squared weights."""
        return float(1 / (self.weights() ** 2).sum())

    def sums(self, values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """Weighted sums around each pixel; nothing lies beyond the edge of the image."""
        edge, size = cv2.BORDER_CONSTANT, 2 * self.reach_px + 1
        if self.shape == "box":
            return np.asarray(cv2.boxFilter(values, -1, (size, size), borderType=edge), np.float32)
        if self.shape == "gaussian":
            line = np.exp(-(np.arange(-self.reach_px, self.reach_px + 1) ** 2) / (2 * self.bandwidth_px**2))
            line /= line.sum()
            return np.asarray(cv2.sepFilter2D(values, -1, line, line, borderType=edge), np.float32)
        add_up = disk_sums if self.shape == "disk" else parabola_sums
        return np.asarray(add_up(values, self.bandwidth_px) / self._raw().sum(), np.float32)

    def squared_sums(self, values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """The same with squared weights: what random errors of single labels add up to."""
        return np.asarray(
            cv2.filter2D(values, -1, self.weights() ** 2, borderType=cv2.BORDER_CONSTANT), np.float32
        )

    def _raw(self) -> Float64[np.ndarray, "d d"]:
        """Weights that are 1 in the middle."""
        steps = np.arange(-self.reach_px, self.reach_px + 1)
        squared = (steps**2)[:, None] + (steps**2)[None]
        if self.shape == "gaussian":
            return np.asarray(np.exp(-squared / (2 * self.bandwidth_px**2)))
        if self.shape == "epanechnikov":
            return np.asarray(np.maximum(1 - squared / self.bandwidth_px**2, 0))
        counts = np.full(squared.shape, True) if self.shape == "box" else squared <= self.bandwidth_px**2
        return np.asarray(counts * 1.0)
