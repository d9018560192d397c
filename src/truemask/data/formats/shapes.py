"""Shapes that annotation tools draw, as packed masks.

Coordinates are pixels from the image's upper left edge. Everything is filled as COCO fills a polygon: the
pixels whose centre is inside.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from truemask import crops
from truemask.crops import Crop
from truemask.data.formats.polygons import FURTHEST_PX
from truemask.types import BadInput


def points_of(said: object) -> Float64[np.ndarray, "_ 2"]:
    """Points (x, y) from a list of pairs of numbers.

    Raises:
        BadInput: if it is no such list, or a number is none of pixels.
    """
    if not isinstance(said, list) or not all(_is_pair(pair) for pair in said):
        raise BadInput("its points are no list of pairs of numbers of pixels")
    return np.array(said, dtype=np.float64).reshape(-1, 2)


def is_number(said: object) -> bool:
    """Whether it is a finite number that a place in an image may have."""
    # Also refuses NaN: every comparison with it is false.
    return isinstance(said, int | float) and not isinstance(said, bool) and abs(said) <= FURTHEST_PX


def box_ring(x0: float, y0: float, x1: float, y1: float) -> Float64[np.ndarray, "4 2"]:
    """The corners of a box."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)


def pack_ellipse(
    x: float, y: float, radius_x: float, radius_y: float, degrees: float, size: tuple[int, int]
) -> bytes:
    """The packed mask of an ellipse around (x, y) that is turned by `degrees`, clockwise as seen.

    Raises:
        BadInput: if it is no place in an image, or a radius is not above 0.
    """
    if not all(map(is_number, (x, y, radius_x, radius_y, degrees))) or min(radius_x, radius_y) <= 0:
        raise BadInput("an ellipse has a place in the image and radii above 0 px")
    reach = max(radius_x, radius_y)
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    rows = np.arange(top, min(size[0], int(y + reach) + 1))[:, None] + 0.5 - y
    columns = np.arange(left, min(size[1], int(x + reach) + 1))[None, :] + 0.5 - x
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    along, across = cosine * columns + sine * rows, cosine * rows - sine * columns
    with np.errstate(over="ignore"):  # a radius next to nothing
        inside = (along / radius_x) ** 2 + (across / radius_y) ** 2 < 1
    return pack_window(inside, top, left, size)


def turned(
    ring: Float64[np.ndarray, "n 2"], x: float, y: float, degrees: float
) -> Float64[np.ndarray, "n 2"]:
    """The ring turned around (x, y), clockwise as seen."""
    if not degrees:
        return ring
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    away = ring - (x, y)
    result: np.ndarray = away @ np.array([[cosine, sine], [-sine, cosine]]) + (x, y)
    return result


def pack_window(mask: Bool[np.ndarray, "h w"], top: int, left: int, size: tuple[int, int]) -> bytes:
    """The packed mask of an image that shows `mask` with its upper left pixel at row `top`, column `left`.

    What lies outside the image is cut off.
    """
    rows = slice(max(0, -top), max(0, size[0] - top))
    columns = slice(max(0, -left), max(0, size[1] - left))
    seen = mask[rows, columns].astype(np.uint8)
    if not seen.any():
        return crops.pack(Crop(np.zeros((0, 0), dtype=np.uint8), 0, 0, size))
    return crops.pack(Crop(np.ascontiguousarray(seen), max(0, top), max(0, left), size))


def window(code: bytes, size: tuple[int, int]) -> Crop:
    """The mask cut to its pixels; one pixel that is off, at the upper left, where it has none."""
    found = crops.crop(code, size)
    if found.mask.size:
        return found
    return Crop(np.zeros((1, 1), dtype=np.uint8), 0, 0, size)


def whole(code: bytes, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The mask as large as the image."""
    found = crops.crop(code, size)
    mask = np.zeros(size, dtype=bool)
    height, width = found.mask.shape
    mask[found.top : found.top + height, found.left : found.left + width] = found.mask > 0
    return mask


def _is_pair(said: Any) -> bool:
    return isinstance(said, list) and len(said) == 2 and all(map(is_number, said))
