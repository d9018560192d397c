"""What kind of error a segment beyond the borders is, by the regions that it lies in and between."""

import cv2
import numpy as np
from jaxtyping import Bool, Int32, Int64

from truemask.audit.findings import kind_of
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Window

_TOUCH = np.ones((3, 3), np.uint8)
_MOST = 0.5


def kind_of_segment(
    sight: Sight,
    pixels: Bool[np.ndarray, "h w"],
    window: Window,
    sizes: tuple[Int64[np.ndarray, "g"], Int64[np.ndarray, "p"]],
    background: int | None,
) -> str:
    """The kind of error of a segment of one given and one predicted class.

    A gap that parts two given regions of its predicted class, which one predicted region joins, is a split;
    a bridge between two predicted regions, which one given region joins, a merge. Background within a region
    of one class is a hole. A piece at the rim of a region that is right for the most part is an error of its
    outline; else a class is missing, spurious or swapped.

    Args:
        sight: the image.
        pixels: of the segment, within the window.
        window: its box and at least a pixel around it.
        sizes: pixels of each given and of each predicted region, by number; place 0 is nobody's.
        background: the class of nothing, if there is one.
    """
    given, predicted = sight.given[window], sight.predicted[window]
    here, there = sight.given_regions[0][window], sight.predicted_regions[0][window]
    at = np.unravel_index(int(pixels.argmax()), pixels.shape)
    a, b, region, other = int(given[at]), int(predicted[at]), int(here[at]), int(there[at])
    area = int(np.count_nonzero(pixels))
    around = (cv2.dilate(pixels.astype(np.uint8), _TOUCH) > 0) & ~pixels & sight.known[window]
    joined = np.unique(here[around & (given == b) & (there == other)])
    if b != background and _parts(joined, sizes[0], area):
        return "split"
    parted = np.unique(there[around & (predicted == a) & (here == region)])
    if a != background and _parts(parted, sizes[1], area):
        return "merged"
    whole_here, whole_there = area >= _MOST * sizes[0][region], area >= _MOST * sizes[1][other]
    if a == background and whole_here and not _at_border(window, pixels, sight.given.shape):
        beside = np.unique(given[around & (here != region)])
        if len(beside) == 1:
            return "hole"
    if a != background and not whole_here and (b == background or not whole_there):
        return "boundary_over"
    if b != background and not whole_there and (a == background or not whole_here):
        return "boundary_under"
    return kind_of(a, b, background)


def _parts(regions: Int32[np.ndarray, "n"], sizes: Int64[np.ndarray, "m"], area: int) -> bool:
    """Whether there are two or more regions, each larger than what lies between them."""
    return int(np.count_nonzero(sizes[regions] > area)) >= 2


def _at_border(window: Window, pixels: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> bool:
    """Whether the segment touches the border of the image."""
    rows, columns = window
    return bool(
        (rows.start == 0 and pixels[0].any())
        or (columns.start == 0 and pixels[:, 0].any())
        or (rows.stop == size[0] and pixels[-1].any())
        or (columns.stop == size[1] and pixels[:, -1].any())
    )
