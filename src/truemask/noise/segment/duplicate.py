"""Objects annotated twice: by two people, or by one who forgot."""

from typing import Annotated

import numpy as np

from truemask.crops import Crop
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.noise.segment.new_objects import new_ids, with_new
from truemask.noise.segment.pieces import Window, pieces_of, tight
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.units import chances, chosen
from truemask.types import Instances, Problem

ShiftPx = Annotated[int, Range(0.0, 255.0, "whole pixels from 0 to 255")]


def duplicate(
    labels: Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    shift_px: ShiftPx = 2,
    rates: SegmentRates | None = None,
) -> Instances:
    """Objects that are there twice; the second ones are moved a little and stand behind the others.

    Args:
        labels: of one image; crowd objects and those of class IGNORE stay single.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of an object to be there twice.
        shift_px: how far the second one is off at most, to each side; any whole number of pixels alike. What
            leaves the image is cut off; one that would leave it altogether stays in place.
        rates: other chances by class, by size, or both, such as `rates=cell/small:0.1;cell:0.02`.

    Raises:
        BadInput: if a class is not the problem's.
    """
    found, crops = pieces_of(labels, problem)
    twice = chosen("duplicate", draws, found, chances(problem, found, rate, rates))
    # An object without a pixel has nothing to be drawn twice.
    rows = np.flatnonzero(twice & (found.areas_px > 0))
    spread = np.uint64(2 * shift_px + 1)
    moves = [
        ((draws.bits(f"duplicate: {axis}", found.names[rows]) >> np.uint64(32)) * spread) >> np.uint64(32)
        for axis in ("down", "right")
    ]
    down, right = (move.astype(np.int64) - shift_px for move in moves)
    copies = [
        _moved(crops[row], int(by_rows), int(by_columns))
        for row, by_rows, by_columns in zip(rows.tolist(), down, right, strict=True)
    ]
    return with_new(labels, found.classes[rows], copies, new_ids("duplicate", draws, found.names[rows]))


def _moved(one: Crop, down: int, right: int) -> Crop:
    """The crop so many pixels away, as far as the image reaches."""
    (height, width), (rows, columns) = one.size, one.mask.shape
    top, left = one.top + down, one.left + right
    above, before = max(0, -top), max(0, -left)
    kept = one.mask[above : max(0, min(rows, height - top)), before : max(0, min(columns, width - left))]
    if not kept.any():
        return one
    window = Window(top + above, left + before, top + above + len(kept), left + before + kept.shape[1])
    return tight(np.ascontiguousarray(kept), window, one.size)
