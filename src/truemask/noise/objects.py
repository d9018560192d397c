"""Object lists with rows left out, classes changed or outlines changed; everything else stays as it is."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, UInt8

from truemask import rle
from truemask.types import IGNORE, Instances


def bearing(objects: Instances) -> Bool[np.ndarray, "n"]:
    """Which objects bear a label that noise may act on: neither crowd nor IGNORE."""
    known: Bool[np.ndarray, n] = objects.classes != IGNORE
    bears: Bool[np.ndarray, n] = known & ~objects.crowd
    return bears


def with_classes(objects: Instances, classes: UInt8[np.ndarray, "n"]) -> Instances:
    """The same objects, classed anew."""
    return replace(objects, classes=classes)


def kept(objects: Instances, keep: Bool[np.ndarray, "n"]) -> Instances:
    """Some of the objects, in their order, with the ids they had."""
    return Instances(
        objects.size,
        objects.classes[keep],
        tuple(mask for mask, stays in zip(objects.masks, keep, strict=True) if stays),
        objects.boxes[keep],
        objects.ids[keep],
        objects.crowd[keep],
    )


def with_outlines(objects: Instances, outlines: Mapping[int, bytes]) -> Instances:
    """The same objects, some with another mask (by row), and the tight box of that mask."""
    masks = tuple(outlines.get(row, mask) for row, mask in enumerate(objects.masks))
    boxes = objects.boxes.copy()
    rows = list(outlines)
    boxes[rows] = rle.boxes(outlines.values(), objects.size)
    return replace(objects, masks=masks, boxes=boxes)
