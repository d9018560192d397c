"""In what way two outlines of one object differ, and what the first should be."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from truemask.crops import Crop, crop, pack

Mask = Bool[np.ndarray, "_ _"]

_EXPLAINED = 0.5
"""One move, or one hole, explains a difference if it takes away so much of it."""


def outline_error(given: bytes, predicted: bytes, size: tuple[int, int]) -> tuple[str, bytes]:
    """The kind of error of `findings.KINDS` and the code of the shape to take.

    A hole is filled and a shifted outline moved, so that what people drew stays; else it is the prediction's.

    Args:
        given: COCO run-length code.
        predicted: another one, of the same object.
        size: height and width of the image.
    """
    one, other = crop(given, size), crop(predicted, size)
    top, left = min(one.top, other.top), min(one.left, other.left)
    bottom = max(side.top + side.mask.shape[0] for side in (one, other))
    right = max(side.left + side.mask.shape[1] for side in (one, other))
    # A rim of one pixel: the outside is then one piece.
    here, there = (
        seen_in(side, top - 1, left - 1, bottom - top + 2, right - left + 2) for side in (one, other)
    )
    whole = np.count_nonzero(here != there)
    filled = here | (holes_of(here) & there)
    moved = _moved(here, there)
    if np.count_nonzero(filled != there) <= (1 - _EXPLAINED) * whole:
        return "hole", packed(filled, top - 1, left - 1, size)
    if np.count_nonzero(moved != there) <= (1 - _EXPLAINED) * whole:
        return "shifted", packed(moved, top - 1, left - 1, size)
    over = np.count_nonzero(here & ~there) >= np.count_nonzero(there & ~here)
    return ("boundary_over" if over else "boundary_under"), predicted


def seen_in(one: Crop, top: int, left: int, height: int, width: int) -> Mask:
    """The part of an object that lies in a view whose first pixel is `top`, `left` of the image."""
    view = np.zeros((height, width), dtype=bool)
    down, across = one.top - top, one.left - left
    inside = one.mask[max(0, -down) : max(0, height - down), max(0, -across) : max(0, width - across)]
    down, across = max(0, down), max(0, across)
    view[down : down + inside.shape[0], across : across + inside.shape[1]] = inside
    return view


def holes_of(mask: Mask) -> Mask:
    """Pixels off the mask that are cut off from the rim."""
    outside: UInt8[np.ndarray, "h w"] = mask.astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 1)
    return np.asarray(outside == 0)


def _moved(mask: Mask, onto: Mask) -> Mask:
    """The mask, moved so that its middle lies on that of the other, as far as the view reaches."""
    shift = [
        round(float(np.mean(b) - np.mean(a))) for a, b in zip(mask.nonzero(), onto.nonzero(), strict=True)
    ]
    rows, columns = (coordinates + step for coordinates, step in zip(mask.nonzero(), shift, strict=True))
    inside = (rows >= 0) & (columns >= 0) & (rows < mask.shape[0]) & (columns < mask.shape[1])
    moved = np.zeros_like(mask)
    moved[rows[inside], columns[inside]] = True
    return moved


def packed(view: Mask, top: int, left: int, size: tuple[int, int]) -> bytes:
    """The code of a mask in a view that begins at `top`, `left`, which may be one pixel outside the image."""
    rows, columns = np.flatnonzero(view.any(axis=1)), np.flatnonzero(view.any(axis=0))
    first_row, first_column = max(int(rows[0]), -top), max(int(columns[0]), -left)
    inner = view[first_row : rows[-1] + 1, first_column : columns[-1] + 1]
    inner = inner[: size[0] - top - first_row, : size[1] - left - first_column]
    return pack(Crop(np.ascontiguousarray(inner).view(np.uint8), top + first_row, left + first_column, size))
