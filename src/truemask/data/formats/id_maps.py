"""Label maps whose integers are objects: 0 is background, every other value one object."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8, UInt16

from truemask import rle
from truemask.data.image_file import read_map
from truemask.data.paint import painting_order
from truemask.data.runs import fill, pack_values
from truemask.seeds import seed_for
from truemask.types import IGNORE, BadInput, Instances

OBJECT = 1
"""The class id of every object: such maps know no others."""
_BITS = 16
HIGHEST = 2**_BITS - 1


def first_id(key: str) -> int:
    """What is added to a map's values to make ids that are unique in the data set, below 2^53.

    It hangs on the image's key alone, so ids last when images come and go.
    """
    return seed_for("objects of", key) >> 26 << _BITS


def check_ids_differ(name: str, keys: Sequence[str]) -> None:
    """Raises BadInput if the ids of two images' objects would be the same."""
    seen: dict[int, str] = {}
    for key in keys:
        if (other := seen.setdefault(first_id(key), key)) != key:
            raise BadInput(f"{name}: the names {other!r} and {key!r} hash alike; rename one of the images")


def read_objects(path: Path, key: str, ignore: int | None) -> Instances:
    """The objects of a map file, in the order of their values; pixels of `ignore` become a crowd.

    Raises:
        BadInput: if the file cannot be read.
    """
    values = read_map(path)
    found, masks = pack_values(values)
    crowd = np.zeros(len(found), dtype=bool) if ignore is None else found == ignore
    height, width = values.shape
    return Instances(
        size=(height, width),
        classes=np.where(crowd, IGNORE, OBJECT).astype(np.uint8),
        masks=masks,
        boxes=rle.boxes(masks, (height, width)),
        ids=first_id(key) + found.astype(np.int64),
        crowd=crowd,
    )


def to_map(
    objects: Instances, key: str, ignore: int | None, path: Path
) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
    """The map of these objects, small ones over large ones; 16 bits.

    Objects from the map keep their value, new ones get the lowest free ones. Crowds and objects of unknown
    class become `ignore`.

    Raises:
        BadInput: naming `path`, if there is something to ignore and no value for it, or too many objects.
    """
    hidden = objects.crowd | (objects.classes == IGNORE)
    return paint_values(objects, map_values(objects, hidden, key, ignore, path))


def map_values(
    objects: Instances,
    hidden: Bool[np.ndarray, "n"],
    key: str,
    ignore: int | None,
    path: Path,
    highest: int = HIGHEST,
) -> UInt16[np.ndarray, "n"]:
    """The value of each object: its own if it came from a map, else the lowest that is free.

    Args:
        hidden: objects that get the value `ignore`.
        highest: value that the map can hold.

    Raises:
        BadInput: naming `path`, if there is something to ignore and no value for it, or too many objects.
    """
    if hidden.any() and ignore is None:
        raise BadInput(
            f"{path}: an object is a crowd or of unknown class, and these maps have no value for that; "
            'add "ignore": 65535 to meta.json'
        )
    own = objects.ids - first_id(key)
    lasting = ~hidden & (own > 0) & (own <= highest) & (own != (ignore or 0))
    taken = {ignore, *own[lasting].tolist()}
    free = (value for value in range(1, highest + 1) if value not in taken)
    values = np.zeros(len(objects), dtype=np.uint16)
    for i in range(len(objects)):
        value = ignore if hidden[i] else int(own[i]) if lasting[i] else next(free, None)
        if value is None:
            raise BadInput(f"{path}: {len(objects)} objects; such a map holds {highest} at most")
        values[i] = value
    return values


def paint_values(objects: Instances, values: UInt16[np.ndarray, "n"]) -> UInt16[np.ndarray, "h w"]:
    """A map where each object shows its value, small ones over large ones, crowds beneath."""
    order = painting_order(objects)
    painted = np.zeros(objects.size, dtype=np.uint16)
    fill(painted, [objects.masks[i] for i in order], values[order])
    return painted
