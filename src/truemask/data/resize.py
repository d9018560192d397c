"""Images and labels at another size, kept in register."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from truemask import rle
from truemask.types import Instances

Size = tuple[int, int]
"""Height and width in pixels."""


def fitted(size: Size, longest_px: int) -> Size:
    """`size` scaled so that its longer side has `longest_px` pixels; each side at least 1."""
    scale = longest_px / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resize_image(image: UInt8[np.ndarray, "h w c"], size: Size) -> UInt8[np.ndarray, "_ _ c"]:
    """Area mean when shrinking, linear when growing."""
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: np.ndarray = cv2.resize(image, size[::-1], interpolation=method)
    return resized.reshape(*size, image.shape[2])  # cv2 drops a single channel's axis


def resize_labels(labels: UInt8[np.ndarray, "h w"], size: Size) -> UInt8[np.ndarray, "_ _"]:
    """Nearest label by pixel centres, as the image's area mean has them."""
    # Not INTER_NEAREST: it takes the pixel's corner, half a pixel off.
    resized: np.ndarray = cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return resized


def resize_objects(objects: Instances, size: Size) -> Instances:
    """The same objects by id, order and class, with masks of the new size and tight boxes.

    No object vanishes: one too small for the new size keeps the pixel at the centre of its box.
    """
    masks = tuple(_resize_mask(code, objects.size, size) for code in objects.masks)
    return replace(objects, size=size, masks=masks, boxes=rle.boxes(masks, size))


def _resize_mask(code: bytes, old: Size, new: Size) -> bytes:
    mask = rle.unpack((code,), old)[0]
    resized = resize_labels(mask.view(np.uint8), new).view(bool)
    if not resized.any() and mask.any():
        resized[_centre(mask, new)] = True
    return rle.pack(resized[None])[0]


def _centre(mask: Bool[np.ndarray, "h w"], size: Size) -> tuple[int, int]:
    """Row and column, at the new size, of the centre of a mask's box."""
    rows, columns = np.nonzero(mask)
    row = (rows.min() + rows.max() + 1) / 2 / mask.shape[0] * size[0]
    column = (columns.min() + columns.max() + 1) / 2 / mask.shape[1] * size[1]
    return min(int(row), size[0] - 1), min(int(column), size[1] - 1)
