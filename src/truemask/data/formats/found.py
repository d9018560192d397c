"""Objects as label files say them, one by one: into columns, with ids that last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from truemask import rle
from truemask.seeds import seed_for
from truemask.types import IGNORE, BadInput, Instances

MOST_PX = 2**28
"""No image that Pillow would open has more pixels."""
_ID_BITS = 53
"""What a JSON number holds exactly everywhere."""


@dataclass(frozen=True)
class Found:
    """One object of an image.

    Args:
        id: lasting, and unique in its split.
        class_id: 1 and up; IGNORE where unknown.
        mask: COCO run-length code.
        crowd: one annotation for many objects.
    """

    id: int
    class_id: int
    mask: bytes
    crowd: bool = False


def as_instances(found: Sequence[Found], size: tuple[int, int]) -> Instances:
    """The objects of an image of height, width `size`, in the order given; boxes are those of the masks."""
    masks = tuple(one.mask for one in found)
    return Instances(
        size=size,
        classes=np.array([one.class_id for one in found], dtype=np.uint8),
        masks=masks,
        boxes=rle.boxes(masks, size),
        ids=np.array([one.id for one in found], dtype=np.int64),
        crowd=np.array([one.crowd for one in found], dtype=bool),
    )


def object_id(split: str, key: str, mark: str | int) -> int:
    """An id below 2^53 for the object that `mark` tells from the others of its image."""
    # JSON and file systems know halves of letters, which no text in UTF-8 holds.
    names = [str(name).encode(errors="backslashreplace").decode() for name in (split, key, mark)]
    return seed_for("object", *names) >> (63 - _ID_BITS)


def check_ids_differ(name: str, objects: Iterable[Instances]) -> None:
    """Raises BadInput if two objects of a split have one id."""
    seen: set[int] = set()
    for one in objects:
        for id_ in one.ids.tolist():
            if id_ in seen:
                raise BadInput(f"{name}: two objects have the id {id_}; ids must differ")
            seen.add(id_)


def checked_size(height: object, width: object) -> tuple[int, int]:
    """Height and width as a file says them.

    Raises:
        BadInput: if they are no whole numbers of pixels, or of more than an image can have.
    """
    if not (type(height) is int and type(width) is int and height > 0 and width > 0):
        raise BadInput(f"height {height!r} and width {width!r} are no whole numbers of pixels")
    if height * width > MOST_PX:
        raise BadInput(f"{height} x {width} px are more than an image has here ({MOST_PX} px)")
    return height, width


def known_class(class_id: int, names: Sequence[str]) -> str | None:
    """The name of a class, the background being the first of `names`; None for IGNORE.

    Raises:
        BadInput: if there is no such class of objects.
    """
    if class_id == IGNORE:
        return None
    if not 0 < class_id < len(names):
        raise BadInput(f"an object of class {class_id}; classes of objects are 1 to {len(names) - 1}")
    return names[class_id]
