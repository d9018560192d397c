"""What a network, or anyone, says about one image."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64


@dataclass(frozen=True)
class Found:
    """Objects found in one image, best score first.

    Args:
        boxes: x0, y0, x1, y1 in pixels.
        labels: class ids, 1 and up.
        scores: in [0, 1].
        masks: one plane an object.
    """

    boxes: Float32[np.ndarray, "n 4"]
    labels: Int64[np.ndarray, "n"]
    scores: Float32[np.ndarray, "n"]
    masks: Bool[np.ndarray, "n h w"]


@dataclass(frozen=True)
class Prediction:
    """`probs` for images and pixels, `found` for objects; at the size of the image as it lies on disk."""

    key: str
    row: int
    probs: Float[np.ndarray, "k *space"] | None = None
    found: Found | None = None
