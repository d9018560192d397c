"""Given regions that lie beside where they are predicted: the right outline at the wrong place."""

from math import ceil

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.semantic import map_kernels, window_kernels
from truemask.audit.semantic.outlines import LEAST_OUTLINE_PX
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects
from truemask.audit.semantic.tolerance import Tolerance
from truemask.audit.semantic.windows import window

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
    predicted = sight.predicted_regions[0]
    pairs = _partners(sight)
    if not len(pairs):
        return
    boxes, boxes_there = sight.mine.table, sight.theirs.table
    shifts = _centres(boxes_there)[pairs[:, 1]] - _centres(boxes)[pairs[:, 0]]
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
        here, there_, known = given[part], predicted[part], sight.known[part]
        before, after = window_kernels.apart(here, there_, known, (region, there), (down, across))
        if after <= (1 - EXPLAINS) * before:
            moved = _moved(here == region, down, across) & known
            suspect = Suspect("shifted", class_id, class_id, region, moved, part)
            suspects.add(suspect, (here == region) ^ moved, part)


def _partners(sight: Sight) -> Int64[np.ndarray, "n 2"]:
    """Given and predicted regions of one class, each the other's largest partner."""
    same = sight.known & ~sight.differ
    runs = np.empty(
        (len(sight.given_regions[1]) + len(sight.predicted_regions[1]) + same.size // 8, 3), np.int64
    )
    here, there = sight.given_regions[0], sight.predicted_regions[0]
    count = map_kernels.overlaps(here, there, same, runs)
    if count > len(runs):
        runs = np.empty((count, 3), np.int64)
        map_kernels.overlaps(here, there, same, runs)
    runs = runs[:count]
    base = int(runs[:, 1].max(initial=0)) + 1
    keys, of = np.unique(runs[:, 0] * base + runs[:, 1], return_inverse=True)
    shared = np.bincount(of, weights=runs[:, 2], minlength=len(keys))
    pairs = np.stack(np.divmod(keys, base), axis=1)
    order = np.argsort(-shared, kind="stable")
    first_here = np.zeros(len(keys), bool)
    first_there = np.zeros(len(keys), bool)
    first_here[order[np.unique(pairs[order, 0], return_index=True)[1]]] = True
    first_there[order[np.unique(pairs[order, 1], return_index=True)[1]]] = True
    return pairs[first_here & first_there]


def _centres(table: Int64[np.ndarray, "n 7"]) -> Float64[np.ndarray, "n 2"]:
    """Mean row and column of each region of a table."""
    return np.asarray(table[:, 5:7] / np.maximum(table[:, 4:5], 1))


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
