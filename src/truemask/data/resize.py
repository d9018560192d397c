"""Images and labels at another size, kept in register."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from truemask import rle
from truemask.data.runs import sample
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
    # Not cv2.INTER_NEAREST: it takes the pixel's corner, half a pixel off.
    height, width = labels.shape
    resized: np.ndarray = labels[np.ix_(_nearest(height, size[0]), _nearest(width, size[1]))]
    return resized


def resize_objects(objects: Instances, size: Size) -> Instances:
    """The same objects by id, order and class, with masks of the new size and tight boxes.

    No object vanishes: one too small for the new size keeps the pixel at the centre of its box.
    """
    masks = _resize_masks(objects.masks, objects.size, size)
    lost = (rle.areas(masks, size) == 0) & (rle.areas(objects.masks, objects.size) > 0)
    boxes = rle.boxes(objects.masks, objects.size)
    kept = tuple(
        _centre(box, objects.size, size) if gone else mask
        for mask, box, gone in zip(masks, boxes, lost, strict=True)
    )
    return replace(objects, size=size, masks=kept, boxes=rle.boxes(kept, size))


def _nearest(old: int, new: int) -> Int64[np.ndarray, "n"]:
    """The old pixel at each new one's centre."""
    return (2 * np.arange(new) + 1) * old // (2 * new)


def _resize_masks(codes: tuple[bytes, ...], old: Size, new: Size) -> tuple[bytes, ...]:
    if new[0] <= old[0] and new[1] <= old[1]:
        return sample(codes, old, _nearest(old[0], new[0]), _nearest(old[1], new[1]))
    masks = (rle.unpack((code,), old)[0].view(np.uint8) for code in codes)
    return tuple(rle.pack(resize_labels(mask, new).view(bool)[None])[0] for mask in masks)


def _centre(box: Float32[np.ndarray, "4"], old: Size, new: Size) -> bytes:
    """A mask of the one new pixel at the centre of an old box."""
    x0, y0, x1, y1 = box.tolist()
    mask = np.zeros((1, *new), dtype=bool)
    mask[0, int((y0 + y1) / 2 / old[0] * new[0]), int((x0 + x1) / 2 / old[1] * new[1])] = True
    return rle.pack(mask)[0]
