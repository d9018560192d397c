"""Given regions that lie beside where they are predicted: the right outline at the wrong place."""

from math import ceil

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.semantic.outlines import LEAST_OUTLINE_PX
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects
from truemask.audit.semantic.tolerance import Tolerance
from truemask.audit.semantic.windows import extents, window

EXPLAINS = 0.5
"""The share of the disagreement that an explanation has to take away."""


def add_shifted(suspects: Suspects, tolerance: Tolerance, background: int | None) -> None:
    """Add each region that, moved by a few pixels, would agree with the predicted one far better.

    A given and a predicted region of one class go together if each is the other's largest partner. The shift
    is that between their centres; it has to be longer than the tolerance, and to explain at least half of
    the pixels that are in one of the two only.
    """
    sight = suspects.sight
    given, places = sight.given_regions
    predicted, others = sight.predicted_regions
    pairs = _partners(sight)
    if not len(pairs):
        return
    boxes, boxes_there = extents(given, len(places)), extents(predicted, len(others))
    shifts = _centres(predicted, len(others))[pairs[:, 1]] - _centres(given, len(places))[pairs[:, 0]]
    ratio = boxes_there[pairs[:, 1], 4] / boxes[pairs[:, 0], 4]
    far = np.hypot(*shifts.T) > tolerance.outline_px
    likely = far & (ratio > 0.5) & (ratio < 2) & (boxes[pairs[:, 0], 4] >= LEAST_OUTLINE_PX)
    for (region, there), shift in zip(pairs[likely].tolist(), shifts[likely], strict=True):
        class_id = int(sight.given.ravel()[places[region - 1]])
        if class_id == background:
            continue
        down, across = (round(float(step)) for step in shift)
        extent = boxes[region].copy()
        extent[:2] = np.minimum(extent[:2], boxes_there[there, :2])
        extent[2:4] = np.maximum(extent[2:4], boxes_there[there, 2:4])
        part = window(extent, ceil(max(abs(down), abs(across))), sight.given.shape)
        here, known = given[part] == region, sight.known[part]
        goal = (predicted[part] == there) & known
        moved = _moved(here, down, across) & known
        before, after = np.count_nonzero(here ^ goal), np.count_nonzero(moved ^ goal)
        if after <= (1 - EXPLAINS) * before:
            suspect = Suspect("shifted", class_id, class_id, region, moved, part)
            suspects.add(suspect, here ^ moved, part)


def _partners(sight: Sight) -> Int64[np.ndarray, "n 2"]:
    """Given and predicted regions of one class, each the other's largest partner."""
    same = sight.known & ~sight.differ
    here, there = sight.given_regions[0][same].astype(np.int64), sight.predicted_regions[0][same]
    base = int(there.max(initial=0)) + 1
    keys, shared = np.unique(here * base + there, return_counts=True)
    pairs = np.stack(np.divmod(keys, base), axis=1)
    order = np.argsort(-shared, kind="stable")
    first_here = np.zeros(len(keys), bool)
    first_there = np.zeros(len(keys), bool)
    first_here[order[np.unique(pairs[order, 0], return_index=True)[1]]] = True
    first_there[order[np.unique(pairs[order, 1], return_index=True)[1]]] = True
    return pairs[first_here & first_there]


def _centres(ids: np.ndarray, count: int) -> Float64[np.ndarray, "n 2"]:
    """Mean row and column of each id."""
    flat = ids.ravel()
    rows, columns = np.divmod(np.arange(flat.size), ids.shape[1])
    sizes = np.maximum(np.bincount(flat, minlength=count + 1), 1)
    sums = [np.bincount(flat, weights=at, minlength=count + 1) for at in (rows, columns)]
    return np.stack(sums, axis=1) / sizes[:, None]


def _moved(mask: Bool[np.ndarray, "h w"], down: int, across: int) -> Bool[np.ndarray, "h w"]:
    """The mask, moved; what leaves the window is gone."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    rows = slice(max(0, down), min(height, height + down))
    columns = slice(max(0, across), min(width, width + across))
    from_rows = slice(max(0, -down), min(height, height - down))
    from_columns = slice(max(0, -across), min(width, width - across))
    moved[rows, columns] = mask[from_rows, from_columns]
    return moved
