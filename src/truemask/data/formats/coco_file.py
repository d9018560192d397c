"""COCO instance files in columns: Lin et al., Microsoft COCO, ECCV 2014, arXiv:1405.0312."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from truemask import rle
from truemask.data.formats.coco_annotations import Annotations, Entry, integer
from truemask.data.formats.coco_masks import MaskStore, fits
from truemask.data.formats.json_stream import Kind, pieces
from truemask.types import IGNORE, BadInput, Instances

HOLDS = "a COCO file holds one object with images, annotations and categories"
_KINDS = ("images", "annotations", "categories")
_MOST_CATEGORIES = IGNORE - 1


@dataclass(frozen=True)
class CocoColumns:
    """The images, categories and annotations of one file; annotations in the order of their images.

    Args:
        path: of the file.
        file_names: of the images, in the file's order.
        sizes: height and width of each image in pixels.
        image_ids: as in the file.
        starts: annotations `starts[row]` to `starts[row + 1]` belong to image `row`.
        category_ids: ascending; class k is the k-th of them, from 1.
        names: of the categories, in that order.
        ids, classes, boxes, crowd: the annotations, as in `Instances`; boxes are NaN where none is given.
        positions: of the annotations in the file, by which `masks` knows them.
        masks: polygons and codes as they stand in the file.
    """

    path: Path
    file_names: tuple[str, ...]
    sizes: Int64[np.ndarray, "n 2"]
    image_ids: Int64[np.ndarray, "n"]
    starts: Int64[np.ndarray, "m"]
    category_ids: tuple[int, ...]
    names: tuple[str, ...]
    ids: Int64[np.ndarray, "a"]
    classes: UInt8[np.ndarray, "a"]
    boxes: Float32[np.ndarray, "a 4"]
    crowd: Bool[np.ndarray, "a"]
    positions: Int64[np.ndarray, "a"]
    masks: MaskStore

    def objects(self, row: int) -> Instances:
        """The objects of an image, in the file's order.

        Raises:
            BadInput: if a polygon cannot be filled.
        """
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        size = self.size(row)
        masks = tuple(self._packed(i, size) for i in range(part.start, part.stop))
        boxes = self.boxes[part]
        if np.isnan(boxes).any():
            boxes = np.where(np.isnan(boxes), rle.boxes(masks, size), boxes)
        return Instances(
            size=size,
            classes=self.classes[part],
            masks=masks,
            boxes=boxes,
            ids=self.ids[part],
            crowd=self.crowd[part],
        )

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of an image in pixels."""
        return int(self.sizes[row, 0]), int(self.sizes[row, 1])

    def _packed(self, i: int, size: tuple[int, int]) -> bytes:
        try:
            return self.masks.packed(int(self.positions[i]), size)
        except (ValueError, RuntimeError) as error:
            raise BadInput(
                f"{self.path}: annotation {self.ids[i]} has no usable mask: {error}; correct or remove it"
            ) from error


def read_coco(path: Path) -> CocoColumns:
    """The columns of a COCO instance file, in a small part of the memory that its JSON takes as objects.

    Masks are checked now and filled when an image is asked for.

    Raises:
        BadInput: naming the file and the entry, if something is missing, refers to nothing, or is no mask.
    """
    images, annotations, categories = _Images(path), Annotations(path), list[Entry]()
    add = {"images": images.add, "annotations": annotations.add, "categories": categories.append}
    opened = []
    for kind, key, entry, _, _ in pieces(path, HOLDS):
        if key not in add:
            continue
        if kind == Kind.ENTRY:
            if not isinstance(entry, dict):
                raise _no_list(path, key)
            add[key](entry)
        elif kind == Kind.OPEN:
            if key in opened:
                raise BadInput(f"{path}: has two lists of {key}; join them")
            opened.append(key)
    for key in _KINDS:
        if key not in opened:
            raise _no_list(path, key)
    return _columns(path, images, annotations, categories)


class _Images:
    """The images of a file, column by column."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ids, self.heights, self.widths = array("q"), array("q"), array("q")
        self.names: list[str] = []

    def add(self, entry: Entry) -> None:
        id_, height, width = (integer(self._path, "image", entry, key) for key in ("id", "height", "width"))
        if not fits(height, width):
            raise BadInput(f"{self._path}: image {id_} has {height} x {width} px; no image is of that size")
        self.ids.append(id_)
        self.heights.append(height)
        self.widths.append(width)
        name = _text(self._path, "image", entry, "file_name")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BadInput(f"{self._path}: image {name} lies outside the data set; put it inside")
        self.names.append(name)


def _columns(path: Path, images: _Images, annotations: Annotations, categories: list[Entry]) -> CocoColumns:
    if not images.names:
        raise BadInput(f"{path}: lists no image")
    categories.sort(key=lambda category: integer(path, "category", category, "id"))
    if len(categories) > _MOST_CATEGORIES:
        raise BadInput(
            f"{path}: has {len(categories)} categories; label maps can tell {_MOST_CATEGORIES}: join some"
        )
    category_ids = _ids(path, "category", [category["id"] for category in categories])
    image_ids, ids = _ids(path, "image", images.ids), _ids(path, "annotation", annotations.ids)
    rows = _refers(path, ids, "image_id", np.array(annotations.image_ids, dtype=np.int64), image_ids)
    classes = (
        _refers(path, ids, "category_id", np.array(annotations.category_ids, dtype=np.int64), category_ids)
        + 1
    )
    classes[np.frombuffer(annotations.ignored, dtype=bool)] = IGNORE
    sizes = np.stack([images.heights, images.widths], axis=1).astype(np.int64)
    annotations.check_masks(sizes[rows])
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(image_ids))
    return CocoColumns(
        path=path,
        file_names=tuple(images.names),
        sizes=sizes,
        image_ids=image_ids,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        category_ids=tuple(category_ids.tolist()),
        names=tuple(_text(path, "category", category, "name") for category in categories),
        ids=ids[order],
        classes=classes.astype(np.uint8)[order],
        boxes=annotations.boxes()[order].astype(np.float32),
        crowd=np.frombuffer(annotations.crowd, dtype=bool)[order],
        positions=order,
        masks=annotations.masks,
    )


def _ids(path: Path, kind: str, given: Sequence[int]) -> Int64[np.ndarray, "n"]:
    """The ids as an array, all different."""
    ids = np.array(given, dtype=np.int64)
    ordered = np.sort(ids)
    if len(twice := ordered[1:][ordered[1:] == ordered[:-1]]):
        raise BadInput(f"{path}: two entries have the {kind} id {twice[0]}; ids must differ")
    return ids


def _refers(
    path: Path,
    ids: Int64[np.ndarray, "a"],
    key: str,
    given: Int64[np.ndarray, "a"],
    listed: Int64[np.ndarray, "n"],
) -> Int64[np.ndarray, "a"]:
    """The positions in `listed` of what annotations name under a key."""
    order = np.argsort(listed)
    near = np.searchsorted(listed, given, sorter=order).clip(max=max(0, len(listed) - 1))
    found = order[near] if len(listed) else np.zeros(len(given), dtype=np.int64)
    wrong = np.flatnonzero(listed[found] != given) if len(listed) else np.arange(len(given))
    if len(wrong):
        raise BadInput(
            f"{path}: annotation {ids[wrong[0]]} has {key} {given[wrong[0]]}, which the file does not list; "
            "list it or remove the annotation"
        )
    return found


def _no_list(path: Path, kind: str) -> BadInput:
    return BadInput(f"{path}: has no list of {kind}; a COCO file lists images, annotations, categories")


def _text(path: Path, kind: str, entry: Entry, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{path}: {kind} {entry.get('id')} needs a text as {key}; got {value!r}")
    return value
