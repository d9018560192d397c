"""An outline around several objects, cut up between them."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int64

from truemask.crops import Crop, crop, pack


def parted(given: bytes, parts: Sequence[bytes], size: tuple[int, int]) -> tuple[bytes, ...]:
    """The given mask in pieces, each pixel with the part that is closest: what people drew stays.

    Of parts that are as close the first one takes a pixel. A part that none is closest to keeps its own mask.

    Args:
        given: COCO run-length code.
        parts: codes of the objects that it is made of.
        size: height and width of the image.
    """
    whole = crop(given, size)
    away = np.stack([_distance(whole, crop(part, size)) for part in parts])
    owner: Int64[np.ndarray, "h w"] = away.argmin(axis=0)
    pieces = [(owner == place) & (whole.mask == 1) for place in range(len(parts))]
    return tuple(
        _packed(piece, whole) if piece.any() else part for piece, part in zip(pieces, parts, strict=True)
    )


def _distance(whole: Crop, part: Crop) -> np.ndarray:
    """Of each pixel of the whole's box to the part, in pixels; 0 on it."""
    rows, columns = whole.mask.shape
    margin = max(part.mask.shape)
    off = np.ones((rows + 2 * margin, columns + 2 * margin), dtype=np.uint8)
    top, left = part.top - whole.top + margin, part.left - whole.left + margin
    first_row, first_column = max(0, -top), max(0, -left)
    # A part far below or to the right lies outside altogether: no end of a slice may count from behind.
    seen = part.mask[first_row : max(0, off.shape[0] - top), first_column : max(0, off.shape[1] - left)]
    top, left = max(0, top), max(0, left)
    off[top : top + seen.shape[0], left : left + seen.shape[1]] -= seen
    away = cv2.distanceTransform(off, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away[margin : margin + rows, margin : margin + columns])


def _packed(piece: Bool[np.ndarray, "h w"], whole: Crop) -> bytes:
    rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    inner = np.ascontiguousarray(piece[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return pack(
        Crop(inner.view(np.uint8), whole.top + int(rows[0]), whole.left + int(columns[0]), whole.size)
    )
