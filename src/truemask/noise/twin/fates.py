"""What became of each thing: missed, merged, split, annotated twice, or there without being there."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int64

from truemask.noise.twin.match import Matched

COVERS = 0.5
"""A segment is part of another one that has so much of it."""


@dataclass(frozen=True)
class Fates:
    """One entry for each segment.

    Args:
        noisy_of: for each clean segment the noisy one that it is now, or -1.
        gone_into: for each clean segment that was merged the clean one that took it in, else -1.
        split: clean segments that are two or more now.
        twice: clean segments that are there twice.
        missed: clean segments that are not there any more.
        spurious: noisy segments that are not there in truth.
    """

    noisy_of: Int64[np.ndarray, "n"]
    gone_into: Int64[np.ndarray, "n"]
    split: Bool[np.ndarray, "n"]
    twice: Bool[np.ndarray, "n"]
    missed: Bool[np.ndarray, "n"]
    spurious: Bool[np.ndarray, "m"]


def fates(
    found: Matched, clean_overlaps: Int64[np.ndarray, "n n"], noisy_overlaps: Int64[np.ndarray, "m m"]
) -> Fates:
    """Sort out the segments that have no partner of their own.

    A clean one is merged if half of it lies in a noisy one of its class that is another thing of its class,
    and that other thing did not cover it before. A noisy one is a part if half of it lies in a clean one of
    its class that is there without it, twice if it is the same thing again.

    Args:
        found: both sides, matched.
        clean_overlaps: pixels that clean segments share with each other.
        noisy_overlaps: pixels that noisy segments share with each other.
    """
    sorting = _Sorting(found, clean_overlaps, noisy_overlaps)
    for other in np.flatnonzero(sorting.clean_of < 0).tolist():
        sorting.one_for_several(other)
    for one in np.flatnonzero(sorting.noisy_of < 0).tolist():
        sorting.several_for_one(one)
    for one in np.flatnonzero((sorting.noisy_of < 0) & (sorting.gone_into < 0)).tolist():
        sorting.merged(one)
    for other in np.flatnonzero(sorting.clean_of < 0).tolist():
        sorting.split_or_twice(other)
    return Fates(
        sorting.noisy_of,
        sorting.gone_into,
        sorting.split,
        sorting.twice,
        (sorting.noisy_of < 0) & (sorting.gone_into < 0),
        sorting.clean_of < 0,
    )


@dataclass
class _Sorting:
    """Fates as far as they are known. `clean_of` is the clean segment that a noisy one has to do with."""

    found: Matched
    clean_overlaps: Int64[np.ndarray, "n n"]
    noisy_overlaps: Int64[np.ndarray, "m m"]
    noisy_of: Int64[np.ndarray, "n"] = field(init=False)
    clean_of: Int64[np.ndarray, "m"] = field(init=False)
    gone_into: Int64[np.ndarray, "n"] = field(init=False)
    split: Bool[np.ndarray, "n"] = field(init=False)
    twice: Bool[np.ndarray, "n"] = field(init=False)

    def __post_init__(self) -> None:
        found = self.found
        self.noisy_of, self.clean_of = found.noisy_of.copy(), found.clean_of.copy()
        self.gone_into = np.full(len(found.clean), -1)
        self.split, self.twice = np.zeros((2, len(found.clean)), dtype=bool)
        alike = found.clean.classes[:, None] == found.noisy.classes[None]
        self.clean_covered = alike & (found.overlaps >= np.maximum(COVERS * found.clean.areas_px[:, None], 1))
        self.noisy_covered = alike & (found.overlaps >= np.maximum(COVERS * found.noisy.areas_px[None], 1))
        self.ious = found.ious()

    def one_for_several(self, other: int) -> None:
        """A noisy segment without a partner that covers several clean ones: the largest is its partner."""
        members = np.flatnonzero(self.clean_covered[:, other] & (self.noisy_of < 0) & (self.gone_into < 0))
        if len(members) > 1:
            areas = self.found.clean.areas_px
            largest = max(members.tolist(), key=lambda one: (areas[one], -one))
            self.noisy_of[largest], self.clean_of[other] = other, largest
            self.gone_into[members[members != largest]] = largest

    def several_for_one(self, one: int) -> None:
        """A clean segment without a partner that noisy ones make up together: the largest is its partner."""
        parts = np.flatnonzero(self.noisy_covered[one] & (self.clean_of < 0))
        covered = self.found.overlaps[one, parts].sum() >= COVERS * self.found.clean.areas_px[one]
        if self.gone_into[one] < 0 and len(parts) > 1 and covered:
            largest = max(parts.tolist(), key=lambda other: (self.found.noisy.areas_px[other], -other))
            self.noisy_of[one], self.clean_of[largest] = largest, one

    def merged(self, one: int) -> None:
        """A clean segment that lies in the noisy one of a neighbour."""
        for other in np.flatnonzero(self.clean_covered[one] & (self.clean_of >= 0)).tolist():
            owner = int(self.clean_of[other])
            lay_in_it = self.clean_overlaps[one, owner] >= COVERS * self.found.clean.areas_px[one]
            alike = self.found.clean.classes[owner] == self.found.clean.classes[one]
            if alike and self.noisy_of[owner] == other and not lay_in_it:
                self.gone_into[one] = owner
                return

    def split_or_twice(self, other: int) -> None:
        """A noisy segment that belongs to a clean one which is there without it."""
        owners = np.flatnonzero((self.noisy_of >= 0) & (self.found.overlaps[:, other] > 0)).tolist()
        area = self.found.noisy.areas_px[other]
        for owner in sorted(owners, key=lambda one: -self.found.overlaps[one, other]):
            apart = self.noisy_overlaps[other, self.noisy_of[owner]] < COVERS * area
            if apart and self.noisy_covered[owner, other]:
                self.split[owner], self.clean_of[other] = True, owner
                return
            if not apart and self.ious[owner, other] >= COVERS:
                self.twice[owner], self.clean_of[other] = True, owner
                return
