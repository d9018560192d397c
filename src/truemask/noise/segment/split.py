"""One thing annotated as two: a twig in front of it, or an algorithm that cut too much."""

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8

from truemask.crops import Crop, pack
from truemask.noise.background import background_of
from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.objects import with_outlines
from truemask.noise.row import Knobs
from truemask.noise.segment.new_objects import new_ids, with_new
from truemask.noise.segment.pieces import pieces_of, tight, window_of
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.regions import segments
from truemask.noise.segment.units import chances, chosen, places_among
from truemask.types import Instances, Labels, Problem

_WHOLE = 1024
_DEGREES = np.arange(0, 180, 5)
_ACROSS = np.rint(_WHOLE * np.stack([np.cos(np.radians(_DEGREES)), np.sin(np.radians(_DEGREES))], axis=1))
_DIRECTIONS: Int64[np.ndarray, "36 2"] = _ACROSS.astype(np.int64)
"""Directions (row, column) across a line, 5 degrees apart, in whole numbers: the same on any machine."""
_SQUARE = np.ones((3, 3), dtype=np.uint8)


def split(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments cut in two by a straight line through the middle of their extent across it.

    The line's angle is drawn, in steps of 5 degrees. Of an object the larger part keeps the id, the other
    is a new object behind the others. On a label map the line becomes background, one pixel wide, so that
    the parts touch nowhere, not by corners either; a curved thing may fall into more than two.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment to be cut. Objects of one pixel, and regions less than 3 px high and wide,
            cannot be.
        rates: other chances by class, by size, or both, such as `rates=cell/large:0.3;cell:0.1`.

    Raises:
        BadInput: if a label map's problem has no background, or a class is not the problem's.
    """
    background = background_of(problem, "split")
    found, crops = pieces_of(labels, problem)
    cut = chosen("split", draws, found, chances(problem, found, rate, rates)) & _can_be(labels, crops)
    angles = places_among("angle", draws, found, np.full(len(found), len(_DIRECTIONS)))
    rows = np.flatnonzero(cut).tolist()
    if isinstance(labels, Instances):
        parts = [_parts(crops[row], int(angles[row]), apart=False) for row in rows]
        stay = {int(found.rows[row]): pack(one) for row, (one, _) in zip(rows, parts, strict=True)}
        new = [other for _, other in parts]
        ids = new_ids("split", draws, found.names[rows])
        return with_new(with_outlines(labels, stay), found.classes[rows], new, ids)
    noisy = labels.copy()
    for row in rows:
        whole = crops[row]
        line = whole.mask.astype(bool)
        for part in _parts(whole, int(angles[row]), apart=True):
            top, left = part.top - whole.top, part.left - whole.left
            line[top:, left:][: part.mask.shape[0], : part.mask.shape[1]] &= part.mask == 0
        window = window_of(whole, 0)
        noisy[window.top : window.bottom, window.left : window.right][line] = background
    return noisy


def expected(before: Labels, problem: Problem, knobs: Knobs) -> float:
    """Segments that should be cut."""
    assert not isinstance(before, int)
    found, crops = pieces_of(before, problem)
    return float(chances(problem, found, knobs["rate"], knobs["rates"])[_can_be(before, crops)].sum())


def realised(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments cut in two, among those that can be."""
    assert not isinstance(before, int)
    _, crops = pieces_of(before, problem)
    possible = _can_be(before, crops)
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return len(after) - len(before), int(possible.sum())
    assert isinstance(after, np.ndarray)
    regions = segments(after, problem.background)[0]
    several = [_pieces(one, regions) > 1 for one in crops]
    return int(np.count_nonzero(several)), int(possible.sum())


def _pieces(one: Crop, regions: np.ndarray) -> int:
    window = window_of(one, 0)
    here = regions[window.top : window.bottom, window.left : window.right][one.mask == 1]
    return len(np.setdiff1d(here, [0]))


def _can_be(labels: Labels, crops: tuple[Crop, ...]) -> Bool[np.ndarray, "n"]:
    if isinstance(labels, Instances):
        return np.array([np.count_nonzero(one.mask) > 1 for one in crops], dtype=bool)
    return np.array([max(one.mask.shape) > 2 for one in crops], dtype=bool)


def _parts(whole: Crop, angle: int, *, apart: bool) -> tuple[Crop, Crop]:
    """The two sides of the line, the larger one first, at the angle drawn or the next one that makes two.

    Those of which `apart` is asked do not touch: the larger one lacks the pixels along the line.
    """
    rows, columns = np.nonzero(whole.mask)
    window = window_of(whole, 0)
    for further in range(len(_DIRECTIONS)):
        down, right = _DIRECTIONS[(angle + further) % len(_DIRECTIONS)]
        across = rows * down + columns * right
        near = across <= int(across.min() + across.max()) // 2
        sides = [_side(whole, rows[here], columns[here]) for here in (near, ~near)]
        sides.sort(key=np.count_nonzero)
        for small, large in (sides, sides[::-1]):
            rest = large & (1 - cv2.dilate(small, _SQUARE)) if apart and small.any() else large
            if small.any() and rest.any():
                return tight(rest, window, whole.size), tight(small, window, whole.size)
    raise AssertionError("what can be cut is cut along rows or columns at the latest")


def _side(
    whole: Crop, rows: Int64[np.ndarray, "n"], columns: Int64[np.ndarray, "n"]
) -> UInt8[np.ndarray, "h w"]:
    view = np.zeros_like(whole.mask)
    view[rows, columns] = 1
    return view
