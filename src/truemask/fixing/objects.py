"""Findings applied to the objects of an image."""

from collections.abc import Sequence

import numpy as np

from truemask import rle
from truemask.fixing.wanted import Outcome, Wanted, codes_at
from truemask.seeds import seed_for
from truemask.types import IGNORE, BadInput, Instances

SAME_IOU = 0.5
"""Two new objects that overlap as much are one, found twice."""
_SPARE_BITS = 10
"""Of the 63 bits of a seed: ids stay below 2^53, so that every reader of JSON has them exactly."""


def fixed_objects(given: Instances, wanted: Sequence[Wanted], key: str) -> tuple[Instances, list[Outcome]]:
    """The objects with the findings applied in the order given, and what came of each.

    Objects keep their order; new ones come at the end. A finding is applied whole or not at all: not where
    one before it touched one of its objects, or added the same one.

    Raises:
        BadInput: if a finding speaks of an object that is not there.
    """
    objects = _Objects(given, key)
    outcomes = [objects.apply(one) for one in wanted]
    return objects.now(), outcomes


class _Objects:
    """Objects by id, while they are changed."""

    def __init__(self, given: Instances, key: str) -> None:
        self._given, self._key = given, key
        self._row = {int(id_): row for row, id_ in enumerate(given.ids)}
        self._classes = given.classes.copy()
        self._shapes: dict[int, bytes] = {}
        self._gone: set[int] = set()
        self._added: list[tuple[int, bytes, int, str]] = []  # class, shape, id, finding
        self._touched: dict[int, str] = {}

    def apply(self, one: Wanted) -> Outcome:
        """Change what a finding says."""
        finding, size = one.finding, self._given.size
        rows = self._rows(one)
        if not rows and finding.level == "image":
            return Outcome(one.id, "impossible", why="the image has no objects")
        taken = [self._touched[row] for row in rows if row in self._touched]
        if taken:
            return Outcome(one.id, "conflict", why=taken[0])
        action = finding.action
        if action == "relabel" and finding.proposed == 0:
            action = "remove"
        if finding.level == "image" and action == "remove":
            action = "ignore"
        shapes = codes_at(finding.shapes or ((finding.rle,) if finding.rle else ()), finding, size)
        if reason := _missing(action, finding.proposed, rows, finding.shapes, shapes):
            return Outcome(one.id, "impossible", why=reason)
        if action == "add":
            twice = [who for _, other, _, who in self._added if _iou(shapes, other, size) >= SAME_IOU]
            if twice:
                return Outcome(one.id, "conflict", why=twice[0])
            changed = self._add(one, shapes, 0)
        elif action == "redraw":
            changed = self._redraw(one, rows, shapes)
        else:
            changed = len(rows)
            if action == "remove":
                self._gone |= set(rows)
            else:
                self._classes[rows] = IGNORE if action == "ignore" else finding.proposed
        self._touched.update(dict.fromkeys(rows, one.id))
        return Outcome(one.id, "applied", changed)

    def now(self) -> Instances:
        """The objects as they are now; the given ones themselves where nothing changed."""
        given = self._given
        if not self._touched and not self._added:
            return given
        kept = [row for row in range(len(given)) if row not in self._gone]
        masks = [self._shapes.get(row, given.masks[row]) for row in kept]
        drawn = rle.boxes(masks, given.size)
        boxes = [drawn[i] if row in self._shapes else given.boxes[row] for i, row in enumerate(kept)]
        codes = tuple(shape for _, shape, _, _ in self._added)
        return Instances(
            size=given.size,
            classes=np.array([*self._classes[kept], *(one[0] for one in self._added)], np.uint8),
            masks=(*masks, *codes),
            boxes=np.concatenate([np.array(boxes, np.float32).reshape(-1, 4), rle.boxes(codes, given.size)]),
            ids=np.array([*given.ids[kept], *(one[2] for one in self._added)], np.int64),
            crowd=np.array([*given.crowd[kept], *(False for _ in self._added)], bool),
        )

    def _rows(self, one: Wanted) -> list[int]:
        """The rows of the objects that a finding is about: of an image, all."""
        if one.finding.level == "image":
            return list(range(len(self._given)))
        absent = [id_ for id_ in one.finding.objects if id_ not in self._row]
        if absent:
            raise BadInput(
                f"{self._key}: finding {one.id} speaks of object {absent[0]}, which is not there: the labels "
                "are not those that were audited; audit these"
            )
        return [self._row[id_] for id_ in one.finding.objects]

    def _redraw(self, one: Wanted, rows: list[int], shapes: Sequence[bytes]) -> int:
        """The first object takes the first shape, further objects go, further shapes are new objects."""
        first = rows[0]
        self._shapes[first] = shapes[0]
        if one.finding.proposed:
            self._classes[first] = one.finding.proposed
        self._gone |= set(rows[1:])
        class_id = int(self._classes[first])
        return len(rows) + self._add(one, shapes[1:], class_id)

    def _add(self, one: Wanted, shapes: Sequence[bytes], class_id: int) -> int:
        for number, shape in enumerate(shapes):
            id_ = seed_for("fix", self._key, one.id, number) >> _SPARE_BITS
            self._added.append((one.finding.proposed or class_id, shape, id_, one.id))
        return len(shapes)


def _missing(
    action: str,
    proposed: int | None,
    rows: Sequence[int],
    drawn: Sequence[bytes],
    shapes: Sequence[bytes],
) -> str:
    """What a finding would have to say for its action; nothing if it says it."""
    if action != "add" and not rows:
        return "names no object"
    if action in ("relabel", "add") and not proposed:
        return "proposes no class"
    if (action == "add" and not shapes) or (action == "redraw" and not drawn):
        return "has no shape to draw"
    return ""


def _iou(shapes: Sequence[bytes], other: bytes, size: tuple[int, int]) -> float:
    """The largest overlap of new shapes with one that was added."""
    from faster_coco_eval import mask as coco_mask

    def coded(codes: Sequence[bytes]) -> list[dict[str, object]]:
        return [{"size": list(size), "counts": code} for code in codes]

    return float(np.max(coco_mask.iou(coded(shapes), coded([other]), [0])))
