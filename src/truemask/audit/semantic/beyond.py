"""Disagreement beyond the outlines' tolerance: what is left when uncertain borders are taken away."""

import numpy as np
from jaxtyping import Bool, Int32, Int64

from truemask.audit.segments import connected
from truemask.audit.semantic.sight import Sight, distance_from


def beyond_borders(
    sight: Sight, free: Bool[np.ndarray, "h w"], outline_px: float, *, min_area_px: int
) -> tuple[Int32[np.ndarray, "h w"], int]:
    """Segments of one given and one predicted class that are more than a strip along a border.

    Where two outlines differ by a little, what lies between them is near both the given and the predicted
    outline. A missing object is far from any given outline, a spurious one from any predicted one; so a
    segment counts if some pixel of it is farther than `outline_px` from one of the two. Of such a segment,
    what is farther than that from all such pixels is border again, and left out.

    Args:
        sight: the image.
        free: pixels that may belong to a segment.
        outline_px: tolerance.
        min_area_px: smaller segments are left out.

    Returns:
        Which segment each pixel belongs to, from 1 (0: none), and how many there are.
    """
    differ = sight.differ & free
    # An outline runs between pixels: the middle of one beside it is half a pixel away.
    far = np.maximum(sight.depth_given, sight.depth_predicted) + 0.5
    core = differ & (far > outline_px)
    ids = np.zeros(differ.shape, np.int32)
    if not core.any():
        return ids, 0
    index = np.flatnonzero(differ & (distance_from(core) <= outline_px + 0.5))
    pair = sight.given.ravel()[index].astype(np.int64) * 256 + sight.predicted.ravel()[index]
    label, count = connected(index, pair, differ.shape)
    sizes: Int64[np.ndarray, n] = np.bincount(label, minlength=count)
    kept = (sizes >= min_area_px) & (np.bincount(label, weights=core.ravel()[index], minlength=count) > 0)
    names = np.zeros(count, np.int32)
    names[kept] = np.arange(1, kept.sum() + 1)
    ids.ravel()[index] = names[label]
    return ids, int(kept.sum())
