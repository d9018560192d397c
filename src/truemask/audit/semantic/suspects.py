"""The suspect segments of one image: which pixels, what kind of error, and what belongs there instead."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int32, Int64

from truemask.audit.semantic.sight import Sight

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Suspect:
    """What may be wrong with a segment.

    Args:
        kind: see `findings.KINDS`.
        given: class of the pixels in question; of a shifted region, its class.
        proposed: class that these pixels should be of; of a shifted region, its class again.
        region: the given region whose outline is wrong; None where it is not about a whole outline.
        shape: what that region should look like, within `window`.
        window: the part of the image that `shape` covers.
    """

    kind: str
    given: int
    proposed: int
    region: int | None = None
    shape: Bool[np.ndarray, "h w"] | None = None
    window: Window | None = None


@dataclass
class Suspects:
    """Suspect segments, none over another.

    Args:
        sight: the image.
        ids: which one each pixel belongs to, from 1; 0: none.
        found: in the order of their ids.
    """

    sight: Sight
    ids: Int32[np.ndarray, "h w"] = field(init=False)
    found: list[Suspect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = np.zeros(self.sight.given.shape, np.int32)

    def add(self, suspect: Suspect, pixels: Bool[np.ndarray, "h w"], window: Window) -> bool:
        """Add a suspect unless more than half of its pixels belong to others already.

        Args:
            suspect: what it is.
            pixels: within the window.
            window: part of the image.
        """
        ids = self.ids[window]
        free = pixels & (ids == 0)
        if not free.any() or 2 * np.count_nonzero(free) < np.count_nonzero(pixels):
            return False
        self.found.append(suspect)
        ids[free] = len(self.found)
        return True

    def add_free(self, suspect: Suspect, pixels: Int64[np.ndarray, "n"]) -> None:
        """Add a suspect none of whose pixels (row-major places) belongs to another."""
        self.found.append(suspect)
        self.ids.ravel()[pixels] = len(self.found)
