"""The two labels of one image, compared: things by things, and pixels by pixels."""

import cv2
import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8

from truemask.crops import Crop, crop
from truemask.noise.objects import bearing
from truemask.noise.segment.neighbours import larger_neighbours
from truemask.noise.segment.pieces import overlap_px, pieces_of
from truemask.noise.segment.rates import sizes
from truemask.noise.segment.units import Segments, regions_of
from truemask.noise.twin.fates import COVERS, Fates, fates
from truemask.noise.twin.match import Matched, match, overlaps_of_crops, overlaps_of_regions
from truemask.noise.twin.outlines import compare
from truemask.noise.twin.tally import BINS_PX, GAPS_PX, Tally
from truemask.types import IGNORE, Instances, Problem

BAND_PX = 2
"""Pixels so near to an outline of the clean map are about where the outline runs, not about classes."""
SPECK_PX = 16
"""Regions of a map with fewer pixels are no things: a flipped pixel is no spurious object."""
GROSS_IOU, GROSS_PX = 0.75, 10.0
"""Of one thing in both label sets: below this, and so far off somewhere, something else was drawn, not the
same outline less well. (A small thing that is a little off all around has a low IoU as well.)"""
MAP_GAPS_PX = 16
"""Regions of a map farther apart are not looked at: nobody closes such a gap by mistake."""

Side = tuple[Segments, tuple[Crop, ...]]


def compare_objects(tally: Tally, noisy: Instances, clean: Instances) -> None:
    """Count what became of the objects; those that a crowd or an unknown object covers do not count."""
    problem = tally.problem
    sides = pieces_of(clean, problem), pieces_of(noisy, problem)
    found = match(sides[0][0], sides[1][0], overlaps_of_crops(sides[0][1], sides[1][1]))
    done = fates(found, *(overlaps_of_crops(crops, crops) for _, crops in sides))
    done.missed[_hidden(sides[0], noisy)] = False
    done.spurious[_hidden(sides[1], clean)] = False
    _count(tally, sides, done, free=None)


def compare_maps(tally: Tally, noisy: UInt8[np.ndarray, "h w"], clean: UInt8[np.ndarray, "h w"]) -> None:
    """Count what became of the regions, and the pixels away from outlines; IGNORE in either does not count.

    A region that lies in another one of another class is not missed but of that class.
    """
    problem, background = tally.problem, tally.problem.background
    unknown = (noisy == IGNORE) | (clean == IGNORE)
    old, new = (np.where(unknown, np.uint8(IGNORE), side) for side in (clean, noisy))
    old_ids, one = _regions(old, problem)
    new_ids, other = _regions(new, problem)
    sides = one, other
    n, m = len(sides[0][0]), len(sides[1][0])
    found = match(sides[0][0], sides[1][0], overlaps_of_regions(old_ids, new_ids, n, m))
    done = fates(found, *(np.diag(side.areas_px) for side, _ in sides))
    now = _most_frequent(old_ids, new, n, problem.num_classes)
    was = _most_frequent(new_ids, old, m, problem.num_classes)
    nothing = -1 if background is None else background
    taken = done.missed & (now != nothing) & (now != found.clean.classes)
    np.add.at(tally.confused, (found.clean.classes[taken], now[taken]), 1)
    np.add.at(tally.matched, _cells(found.clean, taken), 1)
    done.missed[taken | (now == found.clean.classes)] = False
    done.spurious[was != nothing] = False
    _count(
        tally, sides, done, free=np.zeros(old.shape, dtype=bool) if background is None else old == background
    )
    _count_pixels(tally, old, new, old_ids, new_ids, found, done)


def _count(tally: Tally, sides: tuple[Side, Side], done: Fates, free: Bool[np.ndarray, "h w"] | None) -> None:
    (clean, crops), (noisy, drawn) = sides
    there, gone = done.noisy_of >= 0, done.gone_into >= 0
    np.add.at(tally.things, _cells(clean, np.ones(len(clean), dtype=bool)), 1)
    for counts, rows in (
        (tally.missed, done.missed),
        (tally.split, done.split),
        (tally.matched, there),
    ):
        np.add.at(counts, _cells(clean, rows), 1)
    partners = done.noisy_of[there]
    np.add.at(tally.confused, (clean.classes[there], noisy.classes[partners]), 1)
    tally.swaps += _swaps(clean.classes[there], noisy.classes[partners])
    is_partner = np.isin(np.arange(len(noisy)), partners)
    np.add.at(tally.given, _cells(noisy, is_partner), 1)
    np.add.at(tally.twice, _cells(noisy, np.isin(np.arange(len(noisy)), done.noisy_of[done.twice])), 1)
    np.add.at(tally.spurious, _cells(noisy, done.spurious), 1)
    _count_neighbours(tally, clean, crops, done, free)
    took_in = np.isin(np.arange(len(clean)), done.gone_into)
    alone = there & ~took_in & ~done.split
    for one in np.flatnonzero(alone).tolist():
        _count_outline(tally, clean, one, crops[one], drawn[done.noisy_of[one]])
    same_class = clean.classes[there] == noisy.classes[partners]
    tally.differ += (
        bool(done.missed.any() or gone.any() or done.split.any() or done.twice.any() or done.spurious.any())
        or not same_class.all()
    )


def _count_neighbours(
    tally: Tally, clean: Segments, crops: tuple[Crop, ...], done: Fates, free: Bool[np.ndarray, "h w"] | None
) -> None:
    """How near the things are that might have been merged, and those that were."""
    rows = np.flatnonzero(~done.missed)
    there = Segments(clean.names[rows], clean.classes[rows], clean.areas_px[rows], clean.rows[rows])
    near = tuple(crops[row] for row in rows.tolist())
    gap_px = GAPS_PX if free is None else MAP_GAPS_PX
    closest, gaps = larger_neighbours(there, near, gap_px=gap_px, same_class=True, free=free)
    column = np.where(closest >= 0, gaps, GAPS_PX + 1)
    size, merged = sizes(there.areas_px), done.gone_into[rows] >= 0
    np.add.at(tally.near, (there.classes, size, column), 1)
    np.add.at(tally.merged, (there.classes[merged], size[merged], column[merged]), 1)


def _count_outline(tally: Tally, clean: Segments, one: int, before: Crop, after: Crop) -> None:
    outline = compare(before, after)
    if outline is None:
        return
    cell = clean.classes[one], sizes(clean.areas_px[[one]])[0]
    tally.outlines[cell] += 1
    together = np.count_nonzero(before.mask) + np.count_nonzero(after.mask)
    shared = overlap_px(before, after)
    if outline.farthest_px > GROSS_PX and shared < GROSS_IOU * (together - shared):
        tally.gross[cell] += 1
    elif outline.redrawn:
        tally.redrawn[cell] += 1
        tally.biases[_bin(outline.mean_px)] += 1
        tally.strays[_bin(outline.sd_px)] += 1
        tally.off_px[cell] += (outline.mean_px, outline.mean_px**2, outline.sd_px**2)


def _bin(length_px: float) -> int:
    return int(np.abs(BINS_PX - length_px).argmin())


def _count_pixels(
    tally: Tally,
    old: UInt8[np.ndarray, "h w"],
    new: UInt8[np.ndarray, "h w"],
    old_ids: Int32[np.ndarray, "h w"],
    new_ids: Int32[np.ndarray, "h w"],
    found: Matched,
    done: Fates,
) -> None:
    k = tally.problem.num_classes
    away = (old != IGNORE) & ~_band(old)
    tally.pixels += _joint(old[away], new[away], k)
    # What the regions of the two maps have to do with each other is counted as things, and where outlines run
    # by itself: what is left over are specks in things that are there, and in the background.
    same = np.zeros(len(found.clean) + 1, dtype=bool)
    there = done.noisy_of >= 0
    same[1:][there] = found.clean.classes[there] == found.noisy.classes[done.noisy_of[there]]
    in_thing = same[old_ids] & ((new_ids == 0) | (new == old))
    in_none = (old_ids == 0) & (new_ids == 0)
    small = away & (in_thing | (in_none & (old == tally.problem.background))) & ~_patches(old != new)
    tally.inside += _joint(old[small], new[small], k)


def _patches(differ: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Pixels that differ together with so many beside them that they are no speck."""
    _, numbers, found, _ = cv2.connectedComponentsWithStats(differ.astype(np.uint8), connectivity=4)
    large = found[:, cv2.CC_STAT_AREA] >= SPECK_PX
    large[0] = False
    return np.asarray(large[numbers])


def _joint(old: UInt8[np.ndarray, "n"], new: UInt8[np.ndarray, "n"], k: int) -> Int64[np.ndarray, "k k"]:
    both = np.bincount(old.astype(np.int64) * k + new, minlength=k * k)
    return np.asarray(both.reshape(k, k))


def _band(old: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Pixels near another class, or the edge of what is known."""
    square = np.ones((2 * BAND_PX + 1,) * 2, dtype=np.uint8)
    return np.asarray(cv2.dilate(old, square) != cv2.erode(old, square))


def _regions(labels: UInt8[np.ndarray, "h w"], problem: Problem) -> tuple[Int32[np.ndarray, "h w"], Side]:
    """The regions that are no specks: each pixel's, their columns, their masks."""
    ids, found = regions_of(labels, problem)
    things = found.areas_px >= SPECK_PX
    numbers = np.concatenate([[0], np.where(things, np.cumsum(things), 0)]).astype(np.int32)
    _, crops = pieces_of(labels, problem)
    kept = Segments(found.names[things], found.classes[things], found.areas_px[things], found.rows[things])
    large = tuple(one for one, is_thing in zip(crops, things, strict=True) if is_thing)
    return np.asarray(numbers[ids]), (kept, large)


def _most_frequent(
    ids: Int32[np.ndarray, "h w"], labels: UInt8[np.ndarray, "h w"], n: int, k: int
) -> Int64[np.ndarray, "n"]:
    """The class that most of each region's pixels have in the other map."""
    known = labels != IGNORE
    both = np.bincount(ids[known].astype(np.int64) * k + labels[known], minlength=(n + 1) * k)
    return np.asarray(both.reshape(n + 1, k)[1:].argmax(axis=1))


def _hidden(side: Side, other: Instances) -> Bool[np.ndarray, "n"]:
    """Objects of one side that lie in what the other one has as a crowd, or as of unknown class."""
    found, crops = side
    unknown = [crop(other.masks[row], other.size) for row in np.flatnonzero(~bearing(other)).tolist()]
    covered = np.array([max((overlap_px(one, crowd) for crowd in unknown), default=0) for one in crops])
    return np.asarray(covered.reshape(-1) >= np.maximum(COVERS * found.areas_px, 1))


def _cells(
    found: Segments, rows: Bool[np.ndarray, "n"]
) -> tuple[UInt8[np.ndarray, "m"], Int64[np.ndarray, "m"]]:
    return found.classes[rows], sizes(found.areas_px[rows])


def _swaps(true: UInt8[np.ndarray, "n"], given: UInt8[np.ndarray, "n"]) -> int:
    """Pairs of which one is called what the other is, and the other way round."""
    wrong = true != given
    pairs = list(zip(true[wrong].tolist(), given[wrong].tolist(), strict=True))
    return sum(min(pairs.count((a, b)), pairs.count((b, a))) for a, b in set(pairs) if a < b)
