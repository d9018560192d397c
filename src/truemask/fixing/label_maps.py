"""Findings applied to a label map."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8

from truemask.fixing.wanted import Outcome, Wanted, mask_of
from truemask.types import IGNORE, BadInput, Problem

_Change = tuple[Bool[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]
"""Where, and a map that has the new labels there."""


class _Impossible(Exception):
    """Why a finding cannot be applied."""


def fixed_map(
    given: UInt8[np.ndarray, "h w"], wanted: Sequence[Wanted], key: str, problem: Problem
) -> tuple[UInt8[np.ndarray, "h w"], list[Outcome]]:
    """The map with the findings applied in the order given, and what came of each.

    A finding is applied whole or not at all: not where one before it touched any of its pixels.

    Raises:
        BadInput: if a finding speaks of other labels than these.
    """
    labels, owner = given.copy(), np.zeros(given.shape, np.int32)
    outcomes = []
    for number, one in enumerate(wanted, start=1):
        try:
            where, new = _change(one, given, key, problem)
        except _Impossible as reason:
            outcomes.append(Outcome(one.id, "impossible", why=str(reason)))
            continue
        taken = owner[where]
        if taken.any():
            first = wanted[int(taken[taken > 0][0]) - 1]
            outcomes.append(Outcome(one.id, "conflict", why=first.id))
            continue
        labels[where] = new[where]
        owner[where] = number
        outcomes.append(Outcome(one.id, "applied", int(np.count_nonzero(labels[where] != given[where]))))
    return labels, outcomes


def _change(one: Wanted, given: UInt8[np.ndarray, "h w"], key: str, problem: Problem) -> _Change:
    finding, known = one.finding, given != IGNORE
    whole = np.ones(given.shape, bool)
    pixels = known & (whole if finding.rle is None else mask_of(finding.rle, finding, given.shape))
    if finding.action == "ignore" or (finding.level == "image" and finding.action == "remove"):
        return pixels, _all(given, IGNORE)
    if finding.rle is None:
        raise _Impossible("names no pixels")
    if finding.action == "redraw" and finding.shapes:
        return _redrawn(one, given, pixels)
    if finding.given is not None:
        pixels = pixels & (given == finding.given)
    if not pixels.any():
        raise BadInput(
            f"{key}: finding {one.id} speaks of pixels given as {_name(finding.given, problem)}, and there "
            "are none where it says: the labels are not those that were audited; audit these"
        )
    if finding.proposed is not None:
        return pixels, _all(given, finding.proposed)
    if finding.action == "remove":
        if problem.background is None:
            return pixels, _around(given, pixels)
        return pixels, _all(given, problem.background)
    raise _Impossible("proposes no class")


def _redrawn(one: Wanted, given: UInt8[np.ndarray, "h w"], pixels: Bool[np.ndarray, "h w"]) -> _Change:
    """The finding's pixels inside its shapes get the proposed class; those outside, what an outline drawn too
    far should have been, or what lies around a region that was shifted away.
    """
    finding = one.finding
    if finding.proposed is None:
        raise _Impossible("proposes no class")
    inside = np.zeros(given.shape, bool)
    for code in finding.shapes:
        inside |= mask_of(code, finding, given.shape)
    new = _all(given, finding.proposed)
    left = pixels & ~inside
    if finding.proposed == finding.given and left.any():
        new[left] = _around(given, left | (given == finding.given))[left]
    return pixels, new


def _around(given: UInt8[np.ndarray, "h w"], pixels: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The nearest label outside of some pixels, at each pixel."""
    from scipy.ndimage import distance_transform_edt

    blind = pixels | (given == IGNORE)
    if blind.all():
        raise _Impossible("there is no other label around to take")
    nearest = distance_transform_edt(blind, return_distances=False, return_indices=True)
    filled: UInt8[np.ndarray, "h w"] = given[tuple(nearest)]
    return filled


def _all(given: UInt8[np.ndarray, "h w"], value: int) -> UInt8[np.ndarray, "h w"]:
    return np.full(given.shape, value, np.uint8)


def _name(class_id: int | None, problem: Problem) -> str:
    return "any class" if class_id is None else repr(problem.classes[class_id])
