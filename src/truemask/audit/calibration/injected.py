"""What was put wrong on purpose: errors of known kind and place, from labels before and after."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import mask as coco_mask

from truemask import rle
from truemask.audit.confident_joint import Candidates
from truemask.audit.findings import kind_of
from truemask.audit.instances.true_errors import SAME_OUTLINE
from truemask.audit.segments import segments_of
from truemask.audit.semantic.find import MIN_AREA_PX
from truemask.types import IGNORE, Instances, Labels, Problem


@dataclass(frozen=True)
class Injected:
    """One error.

    Args:
        level: of the list that it belongs to, see `findings.LEVELS`.
        kind: see `findings.KINDS`.
        image: the data set's key.
        objects: ids of the annotations that were changed or added.
        size: height and width of the image.
        rle: COCO run-length code of the changed pixels, or of the object that was taken out.
    """

    level: str
    kind: str
    image: str
    objects: tuple[int, ...] = ()
    size: tuple[int, int] | None = None
    rle: bytes | None = None


def injected(
    before: Labels, after: Labels, key: str, problem: Problem, kind: str | None = None
) -> list[Injected]:
    """The errors that one injection put into the labels of one image.

    A changed class is one error. In a label map so is each connected piece of pixels of one class before and
    one after, of 4 pixels or more. Of objects it is each that was changed, added or taken out; where objects
    were merged, each that took others in, and where they were split, each with its pieces. An outline that
    stayed within an IoU of 0.9 is right.

    Args:
        before: the labels that were there.
        after: the same with the errors.
        key: of the image.
        problem: what the classes are.
        kind: of error; where the classes say it (`findings.kind_of`), it can be left out.
    """
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return list(_of_objects(before, after, key, kind))
    if isinstance(before, int):
        assert isinstance(after, int)
        if before == after or IGNORE in (before, after):
            return []
        return [Injected("image", kind or kind_of(after, before, problem.background), key)]
    assert isinstance(after, np.ndarray)
    return list(_of_pixels(before, after, key, problem, kind))


def _of_pixels(
    before: np.ndarray, after: np.ndarray, key: str, problem: Problem, kind: str | None
) -> Iterator[Injected]:
    index = np.flatnonzero((before != after) & (before != IGNORE) & (after != IGNORE))
    old, new = before.reshape(-1)[index], after.reshape(-1)[index]
    size = (before.shape[0], before.shape[1])
    pieces = segments_of(Candidates(index, new, old, np.ones(len(index), np.float32)), size)
    area_px = rle.areas(pieces.masks, size)
    for place in np.flatnonzero(area_px >= MIN_AREA_PX).tolist():
        given, true, code = int(pieces.given[place]), int(pieces.proposed[place]), pieces.masks[place]
        yield Injected("segment", kind or kind_of(given, true, problem.background), key, size=size, rle=code)


def _of_objects(before: Instances, after: Instances, key: str, kind: str | None) -> Iterator[Injected]:
    old = {int(i): row for row, i in enumerate(before.ids)}
    new = {int(i): row for row, i in enumerate(after.ids)}
    redrawn = [i for i in new if i in old and _differ(before.masks[old[i]], after.masks[new[i]], before.size)]
    renamed = [i for i in new if i in old and before.classes[old[i]] != after.classes[new[i]]]
    added = [i for i in new if i not in old]
    removed = [i for i in old if i not in new]
    pieces = _pieces(before, after, redrawn, added) if kind == "split" else {}
    if kind != "merged":
        for i in removed:
            yield Injected("instance", "missing", key, size=before.size, rle=before.masks[old[i]])
    for i in redrawn:
        yield Injected("instance", kind or "boundary_over", key, (i, *pieces.get(i, ())))
    for i in renamed:
        yield Injected("instance", kind or "swapped", key, (i,))
    if kind != "split":
        for i in added:
            yield Injected("instance", kind or "spurious", key, (i,))


def _differ(one: bytes, other: bytes, size: tuple[int, int]) -> bool:
    if one == other:
        return False
    codes = [[{"size": [*size], "counts": code}] for code in (one, other)]
    return bool(coco_mask.iou(*codes, [0])[0, 0] < SAME_OUTLINE)


def _pieces(
    before: Instances, after: Instances, redrawn: list[int], added: list[int]
) -> dict[int, tuple[int, ...]]:
    """The new objects that were cut off each old one: those of which most lies in it."""
    if not redrawn or not added:
        return {}
    height, width = before.size

    def codes(objects: Instances, ids: list[int]) -> list[dict[str, object]]:
        rows = {int(i): row for row, i in enumerate(objects.ids)}
        return [{"size": [height, width], "counts": objects.masks[rows[i]]} for i in ids]

    # Against crowds, COCO's overlap is the share of each new object that lies in an old one.
    inside = coco_mask.iou(codes(after, added), codes(before, redrawn), [1] * len(redrawn))
    owner = inside.argmax(axis=1)
    return {
        i: tuple(new for row, new in enumerate(added) if owner[row] == place and inside[row, place] > 0.5)
        for place, i in enumerate(redrawn)
    }
