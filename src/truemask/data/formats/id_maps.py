"""Label maps whose integers are objects: 0 is background, every other value one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16

from truemask import rle
from truemask.data.image_file import read_map
from truemask.data.paint import painting_order
from truemask.data.runs import fill, pack_values
from truemask.seeds import seed_for
from truemask.types import IGNORE, BadInput, Instances

OBJECT = 1
"""The class id of every object: such maps know no others."""
_BITS = 16
_HIGHEST = 2**_BITS - 1


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


@dataclass(frozen=True)
class _Values:
    """Hands out a map's values: an object that came from the map keeps its own."""

    first: int
    taken: set[int]

    def of(self, object_id: int) -> int:
        value = object_id - self.first
        if 0 < value <= _HIGHEST:
            return value
        value = next(v for v in range(1, _HIGHEST + 2) if v not in self.taken)
        self.taken.add(value)
        return value


def to_map(
    objects: Instances, key: str, ignore: int | None, path: Path
) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
    """The map of these objects, small ones over large ones; 16 bits.

    Objects from the map keep their value, new ones get the lowest free ones. Crowds and objects of unknown
    class become `ignore`.

    Raises:
        BadInput: naming `path`, if there is something to ignore and no value for it.
    """
    first = first_id(key)
    unknown = objects.crowd | (objects.classes == IGNORE)
    if unknown.any() and ignore is None:
        raise BadInput(
            f"{path}: an object is a crowd or of unknown class, and these maps have no value for that; "
            'add "ignore": 65535 to meta.json'
        )
    values = _Values(first, {int(i) - first for i in objects.ids} | {ignore or 0})
    shown = np.array(
        [ignore if hidden else values.of(int(i)) for i, hidden in zip(objects.ids, unknown, strict=True)],
        dtype=np.uint16,
    )
    order = painting_order(objects)
    painted = np.zeros(objects.size, dtype=np.uint16)
    fill(painted, [objects.masks[i] for i in order], shown[order])
    return painted
