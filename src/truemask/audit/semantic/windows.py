"""The part of an image around a region, so that work on it costs its own size and not the image's."""

import numpy as np
from jaxtyping import Int64

from truemask.audit.semantic.suspects import Window


def window(extent: Int64[np.ndarray, "_"], margin_px: int, size: tuple[int, int]) -> Window:
    """The box of a region and `margin_px` around it, as far as the image reaches.

    Args:
        extent: top, left, bottom, right (exclusive), and more that is not needed.
        margin_px: at least 0.
        size: height and width of the image.
    """
    top, left, bottom, right = extent[:4].tolist()
    return (
        slice(max(0, top - margin_px), min(size[0], bottom + margin_px)),
        slice(max(0, left - margin_px), min(size[1], right + margin_px)),
    )
