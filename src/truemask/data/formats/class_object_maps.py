"""Objects in two maps, as Pascal VOC keeps them: one says which object a pixel is of, one of which class."""

from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8, UInt16

from truemask import rle
from truemask.data.formats.id_maps import first_id, map_values, paint_values
from truemask.data.runs import pack_values
from truemask.types import IGNORE, BadInput, Instances


def objects_of(
    values: Integer[np.ndarray, "h w"],
    classes: UInt8[np.ndarray, "h w"],
    void: int | None,
    key: str,
    path: Path,
) -> Instances:
    """The objects of a map, in the order of their values, each of the class that most of its pixels have.

    Background and IGNORE do not count, where an object has other pixels; one that is all IGNORE is of unknown
    class. The pixels of `void` are one crowd of unknown class.

    Raises:
        BadInput: naming `path`, if an object lies on background alone.
    """
    found, masks = pack_values(values)
    crowd = found == void if void is not None else np.zeros(len(found), dtype=bool)
    held = values != 0
    at = np.searchsorted(found, values[held])
    counts = np.bincount(at * 256 + classes[held], minlength=256 * len(found)).reshape(len(found), 256)
    shown = counts[:, 1:IGNORE]
    best = np.where(shown.any(axis=1), 1 + shown.argmax(axis=1), IGNORE)
    nowhere = (best == IGNORE) & (counts[:, 0] > 0) & ~crowd
    if nowhere.any():
        raise BadInput(f"{path}: object {found[nowhere][0]} has no class, only background; give it one")
    height, width = values.shape
    return Instances(
        size=(height, width),
        classes=np.where(crowd, IGNORE, best).astype(np.uint8),
        masks=masks,
        boxes=rle.boxes(masks, (height, width)),
        ids=first_id(key) + found.astype(np.int64),
        crowd=crowd,
    )


def maps_of(
    objects: Instances, void: int | None, highest: int, key: str, path: Path
) -> tuple[UInt16[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]:
    """The map of objects and the map of their classes, small objects over large ones.

    Objects from a map keep their value; crowds become `void`, and are left out where there is no such value.

    Raises:
        BadInput: naming `path`, if there are more than `highest` objects.
    """
    hidden = objects.crowd
    values = map_values(objects, hidden, key, void or 0, path, highest)
    classes = np.where(hidden, IGNORE if void else 0, objects.classes).astype(np.uint16)
    return paint_values(objects, values), paint_values(objects, classes).astype(np.uint8)
