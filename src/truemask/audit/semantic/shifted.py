"""Given regions that lie beside where they are predicted: the right outline at the wrong place."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.semantic import map_kernels, window_kernels
from truemask.audit.semantic.outlines import LEAST_OUTLINE_PX
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects
from truemask.audit.semantic.tolerance import Tolerance

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
    if background is not None:
        likely &= sight.given.ravel()[places[pairs[:, 0] - 1]] != background
    pairs, steps = pairs[likely], np.rint(shifts[likely]).astype(np.int64)
    windows = _windows(boxes[pairs[:, 0]], boxes_there[pairs[:, 1]], steps, sight.given.shape)
    apart = np.empty_like(pairs)
    window_kernels.moved((given, predicted), sight.known, pairs, steps, windows, apart)
    for i in np.flatnonzero(apart[:, 1] <= (1 - EXPLAINS) * apart[:, 0]).tolist():
        region, (down, across) = int(pairs[i, 0]), steps[i].tolist()
        top, left, bottom, right = windows[i].tolist()
        part = (slice(top, bottom), slice(left, right))
        here = given[part] == region
        moved = _moved(here, down, across) & sight.known[part]
        class_id = int(sight.given.ravel()[places[region - 1]])
        suspects.add(Suspect("shifted", class_id, class_id, region, moved, part), here ^ moved, part)


def _windows(
    here: Int64[np.ndarray, "n 7"],
    there: Int64[np.ndarray, "n 7"],
    steps: Int64[np.ndarray, "n 2"],
    size: tuple[int, ...],
) -> Int64[np.ndarray, "n 4"]:
    """Top, left, bottom, right (exclusive) of two regions, and as much around them as one is to be moved."""
    margin = np.abs(steps).max(axis=1, initial=0)[:, None]
    return np.concatenate(
        [
            np.maximum(np.minimum(here[:, :2], there[:, :2]) - margin, 0),
            np.minimum(np.maximum(here[:, 2:4], there[:, 2:4]) + margin, np.array(size)),
        ],
        axis=1,
    )


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
