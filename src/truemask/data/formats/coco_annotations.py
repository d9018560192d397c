"""The annotations of a COCO file column by column, as they come out of the stream."""

from array import array
from pathlib import Path
from typing import Any

import numpy as np

from truemask.data.formats.coco_masks import MaskStore
from truemask.types import BadInput

Entry = dict[str, Any]
"""An image, annotation or category as the file has it."""
_LONGEST_PX = 1e6
_UNKNOWN = [float("nan")] * 4


class Annotations:
    """Columns that grow by one value an annotation, in the order of the file.

    Args:
        path: of the file, for complaints.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ids, self.image_ids, self.category_ids = array("q"), array("q"), array("q")
        self.crowd, self.ignored = bytearray(), bytearray()
        self._boxed, self._xywh = bytearray(), array("d")
        self.masks = MaskStore()

    def add(self, entry: Entry) -> None:
        """The next annotation.

        Raises:
            BadInput: naming file and annotation, if something is missing or is no mask or box.
        """
        try:
            self.ids.append(entry["id"])
            self.image_ids.append(entry["image_id"])
            self.category_ids.append(entry["category_id"])
        except (KeyError, TypeError, OverflowError):
            for key in ("id", "image_id", "category_id"):
                integer(self._path, "annotation", entry, key)
            raise
        self.crowd.append(bool(entry.get("iscrowd")))
        self.ignored.append(bool(entry.get("ignore")))
        self._add_box(entry)
        try:
            self.masks.add(entry.get("segmentation"))
        except BadInput as error:
            raise self._no_mask(entry["id"], str(error)) from error

    def check_masks(self, sizes: np.ndarray) -> None:
        """Raises BadInput, naming the annotation, unless all masks fit images of these sizes "n 2"."""
        if wrong := self.masks.first_wrong(sizes):
            raise self._no_mask(self.ids[wrong[0]], wrong[1])

    def boxes(self) -> np.ndarray:
        """x0, y0, x1, y1 of each annotation, float64 "n 4"; NaN where the file gives none.

        Raises:
            BadInput: if a box has numbers that are no pixels.
        """
        boxes = np.array(self._xywh).reshape(-1, 4)
        given = np.frombuffer(self._boxed, dtype=bool)
        if wrong := np.flatnonzero(given & ~(np.abs(boxes) <= _LONGEST_PX).all(axis=1)).tolist():
            raise self._no_box(self.ids[wrong[0]], boxes[wrong[0]].tolist())
        boxes[:, 2:] += boxes[:, :2]
        return boxes

    def _add_box(self, entry: Entry) -> None:
        given = entry.get("bbox")
        self._boxed.append(given is not None)
        if given is None:
            self._xywh.extend(_UNKNOWN)
            return
        if not isinstance(given, list) or len(given) != 4:
            raise self._no_box(entry["id"], given)
        try:
            self._xywh.extend(given)
        except (TypeError, OverflowError) as error:
            raise self._no_box(entry["id"], given) from error

    def _no_box(self, id_: int, given: object) -> BadInput:
        return BadInput(f"{self._path}: annotation {id_} needs a box of 4 numbers as bbox; got {given!r}")

    def _no_mask(self, id_: int, why: str) -> BadInput:
        return BadInput(f"{self._path}: annotation {id_} has no usable mask: {why}; correct or remove it")


def integer(path: Path, kind: str, entry: Entry, key: str) -> int:
    """The whole number of 64 bits that an entry has under a key.

    Raises:
        BadInput: naming the file and the entry, if it has none.
    """
    value = entry.get(key)
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise BadInput(f"{path}: {kind} {entry.get('id')} needs a whole number as {key}; got {value!r}")
    return value
