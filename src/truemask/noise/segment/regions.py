"""The segments of a label map: connected regions of one class."""

import cv2
import numpy as np
from jaxtyping import Int32, Int64, UInt8

from truemask.types import IGNORE


def segments(
    labels: UInt8[np.ndarray, "h w"], background: int | None
) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
    """Connected regions of one class each: each pixel's region (from 1; 0: none), the regions' first places.

    The background, if there is one, and IGNORE are in none.

    Pixels that touch by a corner are connected. The first place in reading order stays the segment's name
    whatever happens elsewhere in the image, so draws are counted by it.
    """
    from truemask.noise import kernels  # late: numba takes half a second to import

    ids, count = np.zeros(labels.shape, dtype=np.int32), 0
    nothing = [IGNORE] if background is None else [background, IGNORE]
    for class_id in np.setdiff1d(np.unique(labels), nothing):
        here = labels == class_id
        found, numbers = cv2.connectedComponents(here.astype(np.uint8), connectivity=8)
        ids[here] = numbers[here] + count
        count += found - 1
    places = np.full(count + 1, -1, dtype=np.int64)
    kernels.first_places(ids.ravel(), places)
    return ids, places[1:]
