"""Objects to label map: what a pixel shows where objects overlap."""

import numpy as np
from jaxtyping import Int64, UInt8

from truemask import rle
from truemask.data.runs import fill
from truemask.types import IGNORE, Instances


def paint(objects: Instances) -> UInt8[np.ndarray, "h w"]:
    """Class map of the objects, background 0: small over large, so that a part shows on its whole.

    Crowds are IGNORE, beneath every object; an object of unknown class is IGNORE where it shows.
    """
    labels = np.zeros(objects.size, dtype=np.uint8)
    order = painting_order(objects)
    shown = np.where(objects.crowd, np.uint8(IGNORE), objects.classes)[order]
    fill(labels, [objects.masks[i] for i in order], shown)
    return labels


def painting_order(objects: Instances) -> Int64[np.ndarray, "n"]:
    """Crowds first, then objects from the largest to the smallest; ties in the order given."""
    areas = rle.areas(objects.masks, objects.size)
    return np.lexsort((-areas, ~objects.crowd))
