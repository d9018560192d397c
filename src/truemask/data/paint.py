"""Objects to label map: what a pixel shows where objects overlap."""

import numpy as np
from jaxtyping import Int64, UInt8

from truemask import rle
from truemask.types import IGNORE, Instances


def paint(objects: Instances) -> UInt8[np.ndarray, "h w"]:
    """Class map of the objects, background 0: small over large, so that a part shows on its whole.

    Crowds are IGNORE, beneath every object; an object of unknown class is IGNORE where it shows.
    """
    labels = np.zeros(objects.size, dtype=np.uint8)
    for index in painting_order(objects):
        mask = rle.unpack((objects.masks[index],), objects.size)[0]
        labels[mask] = IGNORE if objects.crowd[index] else objects.classes[index]
    return labels


def painting_order(objects: Instances) -> Int64[np.ndarray, "n"]:
    """Crowds first, then objects from the largest to the smallest; ties in the order given."""
    areas = rle.areas(objects.masks, objects.size)
    return np.lexsort((-areas, ~objects.crowd))
