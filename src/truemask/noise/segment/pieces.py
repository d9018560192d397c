"""The segments of an image with their pixels, each on a crop of its own."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop, crop
from truemask.noise.segment.units import Segments, regions_of, segments_of
from truemask.types import Instances, Problem


@dataclass(frozen=True)
class Window:
    """A rectangle of an image, in pixels."""

    top: int
    left: int
    bottom: int
    right: int


def pieces_of(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem
) -> tuple[Segments, tuple[Crop, ...]]:
    """The segments of `segments_of`, and their masks in tight boxes."""
    if isinstance(labels, Instances):
        found = segments_of(labels, problem)
        return found, tuple(crop(labels.masks[row], labels.size) for row in found.rows.tolist())
    from scipy.ndimage import find_objects  # late: it takes a quarter of a second

    ids, found = regions_of(labels, problem)
    height, width = labels.shape
    crops = [
        Crop(
            np.ascontiguousarray(ids[box] == number).view(np.uint8),
            int(box[0].start),
            int(box[1].start),
            (height, width),
        )
        for number, box in enumerate(find_objects(ids), 1)
    ]
    return found, tuple(crops)


def window_of(one: Crop, margin_px: int) -> Window:
    """The crop's rectangle and so much around it, as far as the image reaches."""
    rows, columns = one.mask.shape
    return Window(
        max(0, one.top - margin_px),
        max(0, one.left - margin_px),
        min(one.size[0], one.top + rows + margin_px),
        min(one.size[1], one.left + columns + margin_px),
    )


def both(one: Window, other: Window) -> Window:
    """The rectangle around two."""
    return Window(
        min(one.top, other.top),
        min(one.left, other.left),
        max(one.bottom, other.bottom),
        max(one.right, other.right),
    )


def seen_in(one: Crop, window: Window) -> UInt8[np.ndarray, "h w"]:
    """What of the mask lies in the window."""
    view = np.zeros((window.bottom - window.top, window.right - window.left), dtype=np.uint8)
    rows, columns = one.mask.shape
    top, left = max(one.top, window.top), max(one.left, window.left)
    bottom, right = min(one.top + rows, window.bottom), min(one.left + columns, window.right)
    if top < bottom and left < right:
        part = one.mask[top - one.top : bottom - one.top, left - one.left : right - one.left]
        view[top - window.top : bottom - window.top, left - window.left : right - window.left] = part
    return view


def overlap_px(one: Crop, other: Crop) -> int:
    """Pixels that two masks share."""
    top, left = max(one.top, other.top), max(one.left, other.left)
    bottom = min(one.top + one.mask.shape[0], other.top + other.mask.shape[0])
    right = min(one.left + one.mask.shape[1], other.left + other.mask.shape[1])
    if bottom <= top or right <= left:
        return 0
    mine, theirs = (
        side.mask[top - side.top : bottom - side.top, left - side.left : right - side.left]
        for side in (one, other)
    )
    return int(np.count_nonzero(mine & theirs))


def tight(view: UInt8[np.ndarray, "h w"], window: Window, size: tuple[int, int]) -> Crop:
    """The mask in a window as a crop of the image, without the empty rows and columns around it."""
    rows, columns = np.flatnonzero(view.any(axis=1)), np.flatnonzero(view.any(axis=0))
    if not len(rows):
        return Crop(np.zeros((0, 0), dtype=np.uint8), 0, 0, size)
    inner = view[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Crop(np.ascontiguousarray(inner), window.top + int(rows[0]), window.left + int(columns[0]), size)
