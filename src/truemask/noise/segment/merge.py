"""Neighbours taken for one thing: cells that touch, cars behind each other."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from truemask.crops import Crop, pack
from truemask.noise.background import background_of
from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.noise.objects import kept, with_outlines
from truemask.noise.row import Knobs
from truemask.noise.segment.neighbours import bridge, larger_neighbours
from truemask.noise.segment.pieces import both, pieces_of, seen_in, tight, window_of
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.regions import segments
from truemask.noise.segment.units import Segments, chances, chosen
from truemask.types import BadInput, Instances, Labels, Problem

GapPx = Annotated[int, Range(0.0, 255.0, "whole pixels from 0 to 255")]


def merge(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    gap_px: GapPx = 2,
    across: Literal["class", "any"] = "class",
    close: bool = True,
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments joined to their closest larger neighbour.

    The larger one keeps its id and its class. Several may go into one, and one that went into another takes
    along what went into it. On label maps only background pixels close a gap; two segments that they do not
    connect are no neighbours.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment that has a larger neighbour to go into it.
        gap_px: how many pixels may lie between neighbours, and are closed; 0: only those that touch. Regions
            of one class on a label map never touch: they would be one region.
        across: neighbours are of one `class`, or of `any`, and then the smaller takes the larger one's class.
        close: whether the gap is closed. If not, two objects far apart may be one annotation, as happens;
            regions of a label map stay two, so for them it must be.
        rates: other chances by class, by size, or both of the smaller one, such as
            `rates=cell/small:0.5;cell:0.2`.

    Raises:
        BadInput: if a label map's problem has no background or gaps are to stay open, or a class is not the
            problem's.
    """
    if not close and not isinstance(labels, Instances):
        raise BadInput(
            "merge,close=false is for objects: two regions of a label map are one only if they touch"
        )
    free = _free(labels, problem)
    found, crops = pieces_of(labels, problem)
    larger, _ = larger_neighbours(found, crops, gap_px=gap_px, same_class=across == "class", free=free)
    goes = (larger >= 0) & chosen("merge", draws, found, chances(problem, found, rate, rates))
    ends = _ends(larger, goes)
    if isinstance(labels, Instances):
        outlines = {
            int(found.rows[end]): pack(_joined(end, crops, larger, goes, ends, gap_px if close else 0))
            for end in np.unique(ends[goes]).tolist()
        }
        keep = np.ones(len(labels), dtype=bool)
        keep[found.rows[goes]] = False
        return kept(with_outlines(labels, outlines), keep)
    noisy = labels.copy()
    for one in np.flatnonzero(goes).tolist():
        between, window = bridge(crops[one], crops[larger[one]], gap_px, free)
        joined = (between | seen_in(crops[one], window)).astype(bool)
        noisy[window.top : window.bottom, window.left : window.right][joined] = found.classes[ends[one]]
    return noisy


def expected(before: Labels, problem: Problem, knobs: Knobs) -> float:
    """Segments that should go into a neighbour."""
    found, larger = _found(before, problem, knobs)
    return float(chances(problem, found, knobs["rate"], knobs["rates"])[larger >= 0].sum())


def realised(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Segments that are one with their closest larger neighbour, among those that have one."""
    found, larger = _found(before, problem, knobs)
    small = np.flatnonzero(larger >= 0)
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return int((~np.isin(found.names[small], after.ids)).sum()), len(small)
    assert isinstance(after, np.ndarray)
    regions = segments(after, problem.background)[0].ravel()
    return int((regions[found.names[small]] == regions[found.names[larger[small]]]).sum()), len(small)


def _found(labels: Labels, problem: Problem, knobs: Knobs) -> tuple[Segments, Int64[np.ndarray, "n"]]:
    assert not isinstance(labels, int)
    found, crops = pieces_of(labels, problem)
    same_class, free = knobs["across"] == "class", _free(labels, problem)
    larger, _ = larger_neighbours(found, crops, gap_px=knobs["gap_px"], same_class=same_class, free=free)
    return found, larger


def _free(labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem) -> Bool[np.ndarray, "h w"] | None:
    """Where a gap may be closed; None: anywhere."""
    if isinstance(labels, Instances):
        return None
    return np.asarray(labels == background_of(problem, "merge"))


def _ends(larger: Int64[np.ndarray, "n"], goes: Bool[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """The segment that each is part of in the end."""
    ends = np.arange(len(larger))
    while (further := goes[ends]).any():
        ends = np.where(further, larger[ends], ends)
    return ends


def _joined(
    end: int,
    crops: tuple[Crop, ...],
    larger: Int64[np.ndarray, "n"],
    goes: Bool[np.ndarray, "n"],
    ends: Int64[np.ndarray, "n"],
    gap_px: int,
) -> Crop:
    """The mask of a segment and of all that went into it."""
    window = window_of(crops[end], 0)
    smaller = np.flatnonzero(goes & (ends == end)).tolist()
    for one in smaller:
        window = both(window, window_of(crops[one], 2 * (gap_px + 1)))
    view = seen_in(crops[end], window)
    for one in smaller:
        view |= seen_in(crops[one], window)
        if not gap_px:
            continue  # there is nothing between things that touch
        between, where = bridge(crops[one], crops[larger[one]], gap_px, None)
        top, left = where.top - window.top, where.left - window.left
        view[top:, left:][: between.shape[0], : between.shape[1]] |= between
    return tight(view, window, crops[end].size)
