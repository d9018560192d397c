"""What is known of a data set before its segments are judged."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True)
class Tolerance:
    """What outlines may be off before they count as wrong; see `outlines`.

    Args:
        outline_px: how far a pixel of an outline may be off.
        bias_px: how far the middle of a region's whole outline may be off from what is usual for its class.
        usual_px: where predicted outlines of each class lie in the middle, outside of the given ones.
    """

    outline_px: float
    bias_px: float
    usual_px: Float64[np.ndarray, "k"]
