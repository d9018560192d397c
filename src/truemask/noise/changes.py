"""What differs between two labellings of an image, exactly: enough to make the one from the other."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int32, Int64, UInt8

from truemask import rle
from truemask.noise.objects import kept, with_classes, with_outlines
from truemask.types import IGNORE, Instances, Labels, Problem

KINDS = ("class", "removed", "added", "ignored", "outline", "image", "copy")
"""One class for another; a thing became background or vanished; background became a thing, or one is new;
a label became IGNORE; an object of the same class has another mask; a row shows another data set's image;
a row was added that shows what another one does."""
_CLASS, _REMOVED, _ADDED, _IGNORED, _OUTLINE, _IMAGE, _COPY = range(len(KINDS))


@dataclass(frozen=True)
class Changes:
    """The changes of one image, column by column.

    Args:
        image: its key.
        unit: where: of pixels the first place of a run in reading order (row * width + column), of objects
            the id, of an image 0.
        run: how many pixels in reading order change alike; 1 for objects and images.
        source: class before; 0 for a new object.
        target: class after, IGNORE included; 0 for an object that vanished.
        kind: place in KINDS.
        masks: of changed or new objects the new run-length code, by row of these columns.
        copy_of: of a row that was added, the key of the one that it goes back to; None else.
        donor: image of another data set that a row shows now, as `NAME#KEY`; None where it shows its own.
    """

    image: str
    unit: Int64[np.ndarray, "n"]
    run: Int32[np.ndarray, "n"]
    source: UInt8[np.ndarray, "n"]
    target: UInt8[np.ndarray, "n"]
    kind: UInt8[np.ndarray, "n"]
    masks: dict[int, bytes] = field(default_factory=dict)
    copy_of: str | None = None
    donor: str | None = None

    def __len__(self) -> int:
        return len(self.unit)


def changes(before: Labels, after: Labels, key: str, problem: Problem) -> Changes:
    """What differs, in the order of the units."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return _of_objects(before, after, key)
    old, new = (np.ascontiguousarray(side, dtype=np.uint8).ravel() for side in (before, after))
    starts, lengths = _runs(old, new)
    source, target = old[starts], new[starts]
    return Changes(key, starts, lengths, source, target, _kinds(source, target, problem.background))


def apply_changes(before: Labels, done: Changes) -> Labels:
    """The labels after the changes: `apply_changes(a, changes(a, b, ...))` equals b."""
    if isinstance(before, Instances):
        return _to_objects(before, done)
    if isinstance(before, int):
        return int(done.target[0]) if len(done) else before
    noisy = before.copy().ravel()
    offsets = np.arange(done.run.sum()) - np.repeat(np.cumsum(done.run) - done.run, done.run)
    noisy[np.repeat(done.unit, done.run) + offsets] = np.repeat(done.target, done.run)
    return noisy.reshape(before.shape)


def changed_row(key: str, before: int, after: int, *, copy_of: str | None, donor: str | None) -> Changes:
    """The change of a row of a whole set: of a copy, `before` is the class of the image that it shows."""
    kind = _COPY if copy_of else _IMAGE if donor else _IGNORED if after == IGNORE else _CLASS
    source, target, kinds = (np.array([value], dtype=np.uint8) for value in (before, after, kind))
    one = (np.zeros(1, np.int64), np.ones(1, np.int32), source, target, kinds)
    return Changes(key, *one, copy_of=copy_of, donor=donor)


def _runs(
    old: UInt8[np.ndarray, "n"], new: UInt8[np.ndarray, "n"]
) -> tuple[Int64[np.ndarray, "runs"], Int32[np.ndarray, "runs"]]:
    from truemask.noise import kernels  # late: numba takes half a second to import

    count: int = kernels.runs(old, new, np.empty(0, np.int64), np.empty(0, np.int32))
    starts, lengths = np.empty(count, np.int64), np.empty(count, np.int32)
    if count:  # no room for any would mean: count only
        kernels.runs(old, new, starts, lengths)
    return starts, lengths


def _kinds(
    source: UInt8[np.ndarray, "n"], target: UInt8[np.ndarray, "n"], background: int | None
) -> UInt8[np.ndarray, "n"]:
    nothing = -1 if background is None else background
    tests = [target == IGNORE, source == nothing, target == nothing, source == target]
    return np.select(tests, [_IGNORED, _ADDED, _REMOVED, _OUTLINE], _CLASS).astype(np.uint8)


def _of_objects(before: Instances, after: Instances, key: str) -> Changes:
    old, new = _rows_by_id(before), _rows_by_id(after)
    units = [i for i, row in old.items() if i not in new or _differ(before, row, after, new[i])]
    units += [i for i in new if i not in old]
    source = np.array([before.classes[old[i]] if i in old else 0 for i in units], dtype=np.uint8)
    target = np.array([after.classes[new[i]] if i in new else 0 for i in units], dtype=np.uint8)
    masks = {
        place: after.masks[new[i]]
        for place, i in enumerate(units)
        if i in new and (i not in old or before.masks[old[i]] != after.masks[new[i]])
    }
    run = np.ones(len(units), dtype=np.int32)
    return Changes(key, np.array(units, np.int64), run, source, target, _kinds(source, target, 0), masks)


def _rows_by_id(objects: Instances) -> dict[int, int]:
    return {int(i): row for row, i in enumerate(objects.ids)}


def _differ(before: Instances, row: int, after: Instances, other: int) -> bool:
    return bool(before.classes[row] != after.classes[other] or before.masks[row] != after.masks[other])


def _to_objects(before: Instances, done: Changes) -> Instances:
    rows = _rows_by_id(before)
    keep, classes = np.ones(len(before), dtype=bool), before.classes.copy()
    outlines, fresh = {}, []
    for place, (unit, target) in enumerate(zip(done.unit.tolist(), done.target.tolist(), strict=True)):
        if unit not in rows:
            fresh.append(place)
            continue
        keep[rows[unit]] = target != 0
        classes[rows[unit]] = target
        if place in done.masks:
            outlines[rows[unit]] = done.masks[place]
    return _with_new(kept(with_outlines(with_classes(before, classes), outlines), keep), done, fresh)


def _with_new(objects: Instances, done: Changes, places: list[int]) -> Instances:
    masks = tuple(done.masks[place] for place in places)
    return Instances(
        objects.size,
        np.concatenate([objects.classes, done.target[places]]),
        objects.masks + masks,
        np.concatenate([objects.boxes, rle.boxes(masks, objects.size)]),
        np.concatenate([objects.ids, done.unit[places]]),
        np.concatenate([objects.crowd, np.zeros(len(places), dtype=bool)]),
    )
