"""Which given and which predicted objects of an image are the same, are parts of one, or have no partner.

Classes play no role here: an object of the wrong class is still at the right place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.instances.overlaps import Overlaps, iou

SAME_IOU = 0.5
"""Two masks are of one object from here on: no other, disjoint one can then fit better."""
_NEAR_IOU = 0.1
"""Two masks without partners that overlap so much may be one object, drawn wrongly."""
_WITHIN = 0.6
"""A part has so much of itself inside the whole."""
_LEAST_PART = 0.04
"""A part is so much of the whole; less is an unclean outline."""
_APART = 0.3
"""Parts of one thing share at most so much of the smaller one."""
_COVERED = 0.5
"""A prediction that given objects cover so far is no object that is missing."""


@dataclass(frozen=True)
class Group:
    """Several objects on one side where one is on the other.

    Args:
        whole: row of the one: given, if the parts are predicted, and the other way round.
        parts: rows of the others, largest share first.
        alone: IoU of the whole with the part that fits it best.
        together: IoU of the whole with all parts as one.
    """

    whole: int
    parts: tuple[int, ...]
    alone: float
    together: float


@dataclass(frozen=True)
class Relations:
    """Who is who in one image, by row of given and predicted objects.

    Args:
        kept: predictions that speak for an object of their own; others repeat a surer one.
        match: of each given object the prediction of the same object, or -1.
        near: of each given object without one, a prediction near it that has no partner either, or -1.
        duplicates: given objects at the place of another one: the redundant, the other, their IoU.
        merged: given objects that are several predicted ones.
        split: predicted objects that are several given ones.
        free: predictions where nothing is given.
    """

    kept: Bool[np.ndarray, "p"]
    match: Int64[np.ndarray, "g"]
    near: Int64[np.ndarray, "g"]
    duplicates: tuple[tuple[int, int, float], ...]
    merged: tuple[Group, ...]
    split: tuple[Group, ...]
    free: Int64[np.ndarray, "f"]


def relations(shared: Overlaps, swallowed: Bool[np.ndarray, "p"]) -> Relations:
    """Sort out an image.

    Args:
        shared: of given objects in the order of their ids, and predictions, best first.
        swallowed: predictions that lie in a crowd or an ignored object, and so say nothing.
    """
    across = iou(shared.across, shared.given_px, shared.predicted_px)
    kept = _kept(iou(shared.predicted, shared.predicted_px, shared.predicted_px), swallowed, across)
    duplicates = _duplicates(iou(shared.given, shared.given_px, shared.given_px), across, kept)
    redundant = np.zeros(len(across), dtype=bool)
    redundant[[one for one, _, _ in duplicates]] = True
    match = _pairs(np.where(kept & ~redundant[:, None], across, 0), SAME_IOU)
    merged = _groups(shared.across, shared.given_px, shared.predicted, _owners(match, len(kept)), kept)
    split = _groups(shared.across.T, shared.predicted_px, shared.given, match, ~redundant)
    split = tuple(group for group in split if kept[group.whole])
    busy = redundant | (match >= 0)
    busy[[row for group in split for row in group.parts]] = True
    busy[[group.whole for group in merged]] = True
    taken = ~kept
    taken[match[match >= 0]] = True
    taken[[row for group in merged for row in group.parts]] = True
    taken[[group.whole for group in split]] = True
    near = _pairs(np.where(~busy[:, None] & ~taken, across, 0), _NEAR_IOU)
    taken[near[near >= 0]] = True
    covered = shared.across.sum(axis=0) >= _COVERED * shared.predicted_px
    return Relations(kept, match, near, duplicates, merged, split, np.flatnonzero(~taken & ~covered))


def _kept(
    among: Float64[np.ndarray, "p p"], swallowed: Bool[np.ndarray, "p"], across: Float64[np.ndarray, "g p"]
) -> Bool[np.ndarray, "p"]:
    """The best prediction of each place. One that fits a given object is not swallowed by what lies there."""
    fits = (across >= SAME_IOU).any(axis=0)
    open_ = ~swallowed | fits
    kept = np.zeros(len(open_), dtype=bool)
    same = among >= SAME_IOU
    for row in range(len(open_)):
        if open_[row]:
            kept[row] = True
            open_ &= ~same[row]
    return kept


def _duplicates(
    among: Float64[np.ndarray, "g g"], across: Float64[np.ndarray, "g p"], kept: Bool[np.ndarray, "p"]
) -> tuple[tuple[int, int, float], ...]:
    """Of two given objects at one place the one that fits predictions worse is redundant; else the later."""
    if len(among) < 2 or not (np.triu(among, 1) >= SAME_IOU).any():
        return ()
    fit = across[:, kept].max(axis=1, initial=0)
    better = sorted(range(len(among)), key=lambda row: (-fit[row], row))
    found = []
    stays: list[int] = []
    for row in better:
        twin = max(stays, key=lambda other: (among[row, other], -other), default=None)
        if twin is not None and among[row, twin] >= SAME_IOU:
            found.append((row, twin, float(among[row, twin])))
        else:
            stays.append(row)
    return tuple(found)


def _pairs(fits: Float64[np.ndarray, "g p"], least: float) -> Int64[np.ndarray, "g"]:
    """One to one, the pair that fits best first; -1 for who is left."""
    partner = np.full(len(fits), -1, dtype=np.int64)
    rows, columns = np.nonzero(fits >= least)
    taken = set()
    order = np.lexsort((columns, rows, -fits[rows, columns]))
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if partner[row] < 0 and column not in taken:
            partner[row] = column
            taken.add(column)
    return partner


def _owners(match: Int64[np.ndarray, "g"], predictions: int) -> Int64[np.ndarray, "p"]:
    """Of each prediction the given object that it is matched to, or -1."""
    owner = np.full(predictions, -1, dtype=np.int64)
    rows = np.flatnonzero(match >= 0)
    owner[match[rows]] = rows
    return owner


def _groups(
    shared: Int64[np.ndarray, "n m"],
    whole_px: Int64[np.ndarray, "n"],
    parts: Int64[np.ndarray, "m m"],
    partner: Int64[np.ndarray, "m"],
    eligible: Bool[np.ndarray, "m"],
) -> tuple[Group, ...]:
    """Wholes that two or more parts make up better than any one of them does.

    Args:
        shared: pixels that wholes (rows) and possible parts (columns) share.
        whole_px: of each whole.
        parts: pixels that two possible parts share.
        partner: the whole that each possible part is matched to, or -1.
        eligible: those that can be parts.
    """
    part_px = parts.diagonal()
    inside = (shared >= _WITHIN * part_px) & (shared >= _LEAST_PART * whole_px[:, None])
    inside &= eligible & (part_px > 0)
    inside &= (partner[None] < 0) | (partner[None] == np.arange(len(whole_px))[:, None])
    found = []
    for whole in np.flatnonzero(inside.sum(axis=1) > 1).tolist():
        members = _apart(np.flatnonzero(inside[whole]).tolist(), parts)
        if len(members) < 2:
            continue
        fits = [_fit(int(whole_px[whole]), shared[whole, [row]], part_px[[row]]) for row in members]
        together = _fit(int(whole_px[whole]), shared[whole, members], part_px[members])
        if together >= SAME_IOU and together > max(fits):
            members.sort(key=lambda row: (-shared[whole, row], row))
            found.append(Group(whole, tuple(members), max(fits), together))
    return tuple(found)


def _apart(rows: Iterable[int], among: Int64[np.ndarray, "m m"]) -> list[int]:
    """Of rows in this order those that hardly overlap with one before them."""
    chosen: list[int] = []
    for row in rows:
        if all(among[row, one] <= _APART * min(among[row, row], among[one, one]) for one in chosen):
            chosen.append(row)
    return chosen


def _fit(whole_px: int, shared: Int64[np.ndarray, "n"], part_px: Int64[np.ndarray, "n"]) -> float:
    """IoU of a whole with parts that hardly overlap."""
    both = min(int(shared.sum()), whole_px)
    return both / max(1, whole_px + int(part_px.sum()) - both)
