"""The segments of a label map: connected regions of one class."""

import numpy as np
from jaxtyping import Int32, Int64, UInt8

from truemask.types import IGNORE


def segments(
    labels: UInt8[np.ndarray, "h w"], background: int | None
) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
    """Connected regions of one class each: each pixel's region (from 1; 0: none), the regions' first places.

    The background, if there is one, and IGNORE are in none. Regions are numbered by their first places.

    Pixels that touch by a corner are connected. The first place in reading order stays the segment's name
    whatever happens elsewhere in the image, so draws are counted by it.
    """
    from truemask.noise.segment import region_kernels as kernels  # late: numba takes half a second to import

    parents, places = np.empty(labels.size, dtype=np.int32), np.empty(labels.size, dtype=np.int64)
    ids = np.empty(labels.shape, dtype=np.int32)
    nothing = IGNORE if background is None else background
    found = kernels.meet(np.ascontiguousarray(labels), nothing, IGNORE, parents, places, ids)
    return ids, places[: kernels.settle(found, parents, places, ids)].copy()
