"""Things redrawn one by one: segments of a label map, or objects of a list, each on a crop of its own.

What comes out of a segment is put together again by size: where things meet, the smaller one is seen. Where
a thing left and no other came, there is background.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8, UInt64

from truemask.crops import Crop, crop, pack
from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.objects import bearing, kept, with_outlines
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, Instances, Problem

Redraw = Callable[[Crop, int], Crop]
"""A thing as it is, in its tight box, and the start of its own draws -> the thing as it is drawn."""


def redrawn(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    redraw: Redraw,
    *,
    rate: float,
    what: str,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """The labels with some things redrawn; one without a pixel left vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        redraw: what becomes of a thing. Its draws depend on its id (or first place) alone.
        rate: chance of a thing to be redrawn.
        what: name of the noise.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    if isinstance(labels, Instances):
        chosen, streams = _chosen(draws, what, labels.ids, rate)
        return _objects(labels, redraw, bearing(labels) & chosen, streams)
    background = background_of(problem, what)
    ids, places = segments(labels, background)
    chosen, streams = _chosen(draws, what, places, rate)
    return _segments(labels, background, ids, places, redraw, chosen, streams)


def widened(thing: Crop, margin_px: int) -> Crop:
    """The same thing with so many more pixels around it, as far as the image reaches."""
    (height, width), (rows, columns) = thing.size, thing.mask.shape
    top, left = max(0, thing.top - margin_px), max(0, thing.left - margin_px)
    bottom, right = min(height, thing.top + rows + margin_px), min(width, thing.left + columns + margin_px)
    mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
    mask[thing.top - top :, thing.left - left :][:rows, :columns] = thing.mask
    return Crop(mask, top, left, thing.size)


def redrawn_in(thing: Crop, mask: UInt8[np.ndarray, "h w"]) -> Crop:
    """Another mask in the same place."""
    return Crop(mask, thing.top, thing.left, thing.size)


def _chosen(
    draws: Draws, what: str, units: Int64[np.ndarray, "n"], rate: float
) -> tuple[Bool[np.ndarray, "n"], UInt64[np.ndarray, "n"]]:
    return draws.uniforms(what, units) < rate, draws.bits(f"{what}: a thing's own draws", units)


def _objects(
    objects: Instances, redraw: Redraw, chosen: Bool[np.ndarray, "n"], streams: UInt64[np.ndarray, "n"]
) -> Instances:
    outlines, keep = {}, np.ones(len(objects), dtype=bool)
    for row in np.flatnonzero(chosen).tolist():
        before = crop(objects.masks[row], objects.size)
        if not before.mask.size:
            continue
        after = redraw(before, int(streams[row]))
        if not _alike(before, after):
            outlines[row] = pack(after)
            keep[row] = bool(after.mask.any())
    return kept(with_outlines(objects, outlines), keep)


def _alike(one: Crop, other: Crop) -> bool:
    """Whether these are the same pixels; the codes as given need not be the shortest ones."""
    same_area = int(np.count_nonzero(one.mask)) == int(np.count_nonzero(other.mask))
    return same_area and pack(one) == pack(other)


def _segments(
    labels: UInt8[np.ndarray, "h w"],
    background: int,
    ids: Int32[np.ndarray, "h w"],
    places: Int64[np.ndarray, "n"],
    redraw: Redraw,
    chosen: Bool[np.ndarray, "n"],
    streams: UInt64[np.ndarray, "n"],
) -> UInt8[np.ndarray, "h w"]:
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    extents = np.empty((len(places) + 1, 5), dtype=np.int64)
    kernels.extents(ids, extents)
    # Rank 1 is the largest segment, rank n the smallest; of equal ones the later one ranks higher.
    order = np.argsort(-extents[1:, 4], kind="stable")
    ranks = np.empty(len(places) + 1, dtype=np.int32)
    ranks[0], ranks[order + 1] = 0, np.arange(1, len(places) + 1, dtype=np.int32)
    staying = ranks.copy()
    staying[1:][chosen] = 0
    shown = staying[ids]
    shown[labels == IGNORE] = len(places) + 1
    for n in np.flatnonzero(chosen).tolist():
        top, left, bottom, right, _ = extents[n + 1].tolist()
        mask = (ids[top:bottom, left:right] == n + 1).view(np.uint8)
        after = redraw(Crop(mask, top, left, labels.shape), int(streams[n]))
        kernels.paint(after.mask, after.top, after.left, ranks[n + 1], shown)
    classes = np.concatenate([[background], labels.ravel()[places[order]], [IGNORE]]).astype(np.uint8)
    return np.asarray(classes[shown])
