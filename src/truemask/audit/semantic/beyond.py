"""Disagreement beyond the outlines' tolerance: what is left when uncertain borders are taken away."""

from math import floor

import numpy as np
from jaxtyping import Bool, Int32, Int64

from truemask.audit.segments import connected
from truemask.audit.semantic import map_kernels
from truemask.audit.semantic.label_regions import distance_from
from truemask.audit.semantic.sight import Sight

_FEW = 128
"""So many places around a pixel are looked at sooner than the distances of all pixels are found."""


def beyond_borders(
    sight: Sight, taken: Int32[np.ndarray, "h w"], outline_px: float, *, min_area_px: int
) -> tuple[Int32[np.ndarray, "h w"], int]:
    """Segments of one given and one predicted class that are more than a strip along a border.

    Where two outlines differ by a little, what lies between them is near both the given and the predicted
    outline. A missing object is far from any given outline, a spurious one from any predicted one; so a
    segment counts if some pixel of it is farther than `outline_px` from one of the two. Of such a segment,
    what is farther than that from all such pixels is border again, and left out.

    Args:
        sight: the image.
        taken: pixels that are not 0 belong to no segment.
        outline_px: tolerance.
        min_area_px: smaller segments are left out.

    Returns:
        Which segment each pixel belongs to, from 1 (0: none), and how many there are.
    """
    differ = sight.differ
    core = np.zeros(differ.shape, bool)
    ids = np.zeros(differ.shape, np.int32)
    index = np.empty(np.count_nonzero(differ), np.int64)
    depths = (sight.depth_given, sight.depth_predicted)
    count, inner = map_kernels.beyond(differ, taken, depths, np.float32(outline_px), core, index)
    if not inner:
        return ids, 0
    index = index[:count]
    index = index[_near(core, index, np.float32(outline_px + 0.5))]
    pair = sight.given.ravel()[index].astype(np.int64) * 256 + sight.predicted.ravel()[index]
    label, count = connected(index, pair, differ.shape)
    sizes: Int64[np.ndarray, n] = np.bincount(label, minlength=count)
    kept = (sizes >= min_area_px) & (np.bincount(label, weights=core.ravel()[index], minlength=count) > 0)
    names = np.zeros(count, np.int32)
    names[kept] = np.arange(1, kept.sum() + 1)
    ids.ravel()[index] = names[label]
    return ids, int(kept.sum())


def _near(
    places: Bool[np.ndarray, "h w"], index: Int64[np.ndarray, "n"], reach_px: np.float32
) -> Bool[np.ndarray, "n"]:
    """Which pixels of `index` lie within `reach_px` of one of the places."""
    across = np.arange(-floor(reach_px), floor(reach_px) + 1)
    away = np.hypot(across[:, None], across[None]).astype(np.float32)
    if np.count_nonzero(away <= reach_px) > _FEW:
        return np.asarray(distance_from(places).ravel()[index] <= reach_px)
    offsets = np.argwhere(away <= reach_px)
    offsets = offsets[np.argsort(away[away <= reach_px], kind="stable")] - floor(reach_px)
    found = np.zeros(len(index), bool)
    map_kernels.near(places, index, offsets, found)
    return found
