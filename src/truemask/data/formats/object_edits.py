"""What new labels change about the objects of an image: writers touch these annotations and no others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from truemask import rle
from truemask.types import BadInput, Instances


@dataclass(frozen=True)
class Edit:
    """How an object changed.

    Args:
        at: where it stands among the new objects.
        new_class, new_mask, new_crowd: what differs.
    """

    at: int
    new_class: bool
    new_mask: bool
    new_crowd: bool


@dataclass(frozen=True)
class Edits:
    """The objects that new labels change, by id; the others stay as they are.

    Args:
        gone: are no longer there.
        changed: are there, with other values.
        added: where the new ones stand among the new objects.
    """

    gone: frozenset[int]
    changed: Mapping[int, Edit]
    added: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.changed or self.added)


def edits_of(before: Instances, after: Instances) -> Edits:
    """What changed from `before` to `after`, objects being the same where their ids are. Boxes do not count.

    Raises:
        BadInput: if the new objects are for an image of another size, or two of them have one id.
    """
    if before.size != after.size:
        raise BadInput(f"new objects are for an image of {after.size} px, this one has {before.size}")
    ids = after.ids.tolist()
    old = {id_: i for i, id_ in enumerate(before.ids.tolist())}
    if len(set(ids)) < len(ids):
        raise BadInput(f"two objects have the id {next(id_ for id_ in ids if ids.count(id_) > 1)}")
    changed = {}
    for at, id_ in enumerate(ids):
        if id_ in old:
            i = old[id_]
            edit = Edit(
                at,
                new_class=bool(before.classes[i] != after.classes[at]),
                new_mask=not _same_mask(before.masks[i], after.masks[at], before.size),
                new_crowd=bool(before.crowd[i] != after.crowd[at]),
            )
            if edit.new_class or edit.new_mask or edit.new_crowd:
                changed[id_] = edit
    return Edits(
        gone=frozenset(old.keys() - set(ids)),
        changed=changed,
        added=tuple(at for at, id_ in enumerate(ids) if id_ not in old),
    )


def _same_mask(one: bytes, other: bytes, size: tuple[int, int]) -> bool:
    if one == other:
        return True
    # One mask has many codes: what counts is the pixels.
    old, new = rle.unpack((one, other), size)
    return np.array_equal(old, new)
