"""Where regions lie, so that work on one of them costs its own size and not the image's."""

import numpy as np
from jaxtyping import Int32, Int64

from truemask.audit.semantic.suspects import Window


def extents(ids: Int32[np.ndarray, "h w"], count: int) -> Int64[np.ndarray, "n 5"]:
    """Top, left, bottom, right (exclusive) and pixels of each id; row 0 is nobody's."""
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    table = np.empty((count + 1, 5), np.int64)
    kernels.extents(ids, table)
    return table


def window(extent: Int64[np.ndarray, "5"], margin_px: int, size: tuple[int, int]) -> Window:
    """The box of a region and `margin_px` around it, as far as the image reaches."""
    top, left, bottom, right = extent[:4].tolist()
    return (
        slice(max(0, top - margin_px), min(size[0], bottom + margin_px)),
        slice(max(0, left - margin_px), min(size[1], right + margin_px)),
    )
