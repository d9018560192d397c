"""COCO instance files in columns: Lin et al., Microsoft COCO, ECCV 2014, arXiv:1405.0312."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask
from faster_coco_eval import mask_api_new_cpp as coco_runs
from jaxtyping import Bool, Float32, Int64, UInt8

from truemask import rle
from truemask.types import IGNORE, BadInput, Instances

Entry = dict[str, Any]
"""An image, annotation or category as the file has it."""
_FURTHEST_PX = 1e6
"""No point of a polygon lies further out; the rasteriser would walk there pixel by pixel."""


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
        ids, classes, masks, boxes, crowd: the annotations, as in `Instances`.
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
    masks: tuple[bytes, ...]
    boxes: Float32[np.ndarray, "a 4"]
    crowd: Bool[np.ndarray, "a"]

    def objects(self, row: int) -> Instances:
        """The objects of an image, in the file's order."""
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return Instances(
            size=self.size(row),
            classes=self.classes[part],
            masks=self.masks[part],
            boxes=self.boxes[part],
            ids=self.ids[part],
            crowd=self.crowd[part],
        )

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of an image in pixels."""
        return int(self.sizes[row, 0]), int(self.sizes[row, 1])


def read_json(path: Path) -> Entry:
    """The object that a JSON file holds.

    Raises:
        BadInput: if the file cannot be read, is no JSON, or holds something other than an object.
    """
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not valid JSON (it is no text); is it another file?") from error
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}: not valid JSON ({error.msg} at line {error.lineno}, column {error.colno}); "
            "mend it or write it anew"
        ) from error
    if not isinstance(said, dict):
        raise BadInput(f"{path}: a COCO file holds one object with images, annotations and categories")
    return said


def read_coco(path: Path) -> CocoColumns:
    """The columns of a COCO instance file. Polygons are filled as COCO fills them, and packed.

    Raises:
        BadInput: naming the file and the entry, if something is missing, refers to nothing, or is no mask.
    """
    said = read_json(path)
    images, categories, annotations = (
        _entries(path, said, kind) for kind in ("images", "categories", "annotations")
    )
    if not images:
        raise BadInput(f"{path}: lists no image")
    categories.sort(key=lambda category: _integer(path, "category", category, "id"))
    rows = _positions(path, "image", images)
    classes = _positions(path, "category", categories)
    _positions(path, "annotation", annotations)
    row_of = [_refers(path, a, "image_id", rows) for a in annotations]
    order = np.argsort(np.array(row_of, dtype=np.int64), kind="stable")
    sizes = [(_integer(path, "image", i, "height"), _integer(path, "image", i, "width")) for i in images]
    ordered = [annotations[i] for i in order]
    masks = tuple(_packed(path, annotations[i], sizes[row_of[i]]) for i in order)
    counts = np.bincount(np.array(row_of, dtype=np.int64), minlength=len(images))
    return CocoColumns(
        path=path,
        file_names=tuple(_file_name(path, image) for image in images),
        sizes=np.array(sizes, dtype=np.int64),
        image_ids=np.array([image["id"] for image in images], dtype=np.int64),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        category_ids=tuple(category["id"] for category in categories),
        names=tuple(_text(path, "category", category, "name") for category in categories),
        ids=np.array([a["id"] for a in ordered], dtype=np.int64),
        classes=np.array([_class(path, a, classes) for a in ordered], dtype=np.uint8),
        masks=masks,
        boxes=np.array(
            [_box(path, a, mask, sizes[row_of[i]]) for i, a, mask in zip(order, ordered, masks, strict=True)],
            dtype=np.float32,
        ).reshape(-1, 4),
        crowd=np.array([bool(a.get("iscrowd", 0)) for a in ordered], dtype=bool),
    )


def _entries(path: Path, said: Entry, kind: str) -> list[Entry]:
    entries = said.get(kind)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadInput(f"{path}: has no list of {kind}; a COCO file lists images, annotations, categories")
    return entries


def _positions(path: Path, kind: str, entries: Sequence[Entry]) -> dict[int, int]:
    positions = {_integer(path, kind, entry, "id"): i for i, entry in enumerate(entries)}
    if len(positions) < len(entries):
        ids = [entry["id"] for entry in entries]
        twice = next(i for i in ids if ids.count(i) > 1)
        raise BadInput(f"{path}: two entries have the {kind} id {twice}; ids must differ")
    return positions


def _integer(path: Path, kind: str, entry: Entry, key: str) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise BadInput(f"{path}: {kind} {entry.get('id')} needs a whole number as {key}; got {value!r}")
    return value


def _text(path: Path, kind: str, entry: Entry, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{path}: {kind} {entry.get('id')} needs a text as {key}; got {value!r}")
    return value


def _file_name(path: Path, image: Entry) -> str:
    name = _text(path, "image", image, "file_name")
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise BadInput(f"{path}: image {name} lies outside the data set; put it inside")
    return name


def _refers(path: Path, annotation: Entry, key: str, positions: dict[int, int]) -> int:
    value = _integer(path, "annotation", annotation, key)
    if value not in positions:
        raise BadInput(
            f"{path}: annotation {annotation['id']} has {key} {value}, which the file does not list; "
            "list it or remove the annotation"
        )
    return positions[value]


def _class(path: Path, annotation: Entry, classes: dict[int, int]) -> int:
    known = _refers(path, annotation, "category_id", classes) + 1
    return IGNORE if annotation.get("ignore") else known


def _box(path: Path, annotation: Entry, mask: bytes, size: tuple[int, int]) -> Sequence[float]:
    """x0, y0, x1, y1 as given, or tight where no box is given."""
    given = annotation.get("bbox")
    if given is None:
        tight: list[float] = rle.boxes((mask,), size)[0].tolist()
        return tight
    if not isinstance(given, list) or len(given) != 4 or not all(map(_finite, given)):
        raise BadInput(
            f"{path}: annotation {annotation['id']} needs a box of 4 numbers as bbox; got {given!r}"
        )
    x, y, width, height = map(float, given)
    return x, y, x + width, y + height


def _packed(path: Path, annotation: Entry, size: tuple[int, int]) -> bytes:
    """The annotation's mask, whether it is polygons or runs, packed or not."""
    shape = annotation.get("segmentation")
    try:
        if isinstance(shape, dict):
            return _packed_runs(shape, size)
        return _packed_polygons(shape, size)
    except (BadInput, ValueError, RuntimeError) as error:  # the decoder raises the latter two
        raise BadInput(
            f"{path}: annotation {annotation['id']} has no usable mask: {error}; correct or remove it"
        ) from error


def _packed_polygons(polygons: object, size: tuple[int, int]) -> bytes:
    if not isinstance(polygons, list) or not polygons:
        raise BadInput("segmentation is neither polygons nor runs")
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise BadInput("a polygon is a list x, y, x, y, ... of 3 points or more")
        if not all(map(_finite, polygon)):
            raise BadInput("a polygon's coordinates are numbers of pixels")
    parts = coco_mask.frPyObjects(polygons, *size)
    code: bytes = (coco_mask.merge(parts) if len(parts) > 1 else parts[0])["counts"]
    return code


def _packed_runs(runs: Entry, size: tuple[int, int]) -> bytes:
    if runs.get("size") != list(size):
        raise BadInput(f"its runs are for {runs.get('size')} px, the image has {list(size)}")
    counts = runs.get("counts")
    if isinstance(counts, str):
        code = counts.encode()
        coco_runs.toUncompressedRLE([{"size": list(size), "counts": code}])  # raises if they do not fit
        return code
    if not isinstance(counts, list) or not all(isinstance(c, int) and c >= 0 for c in counts):
        raise BadInput("counts are whole numbers, or their text code")
    if sum(counts) != size[0] * size[1]:
        raise BadInput(f"its runs have {sum(counts)} px, the image has {size[0] * size[1]}")
    packed: bytes = coco_mask.frPyObjects({"size": list(size), "counts": counts}, *size)["counts"]
    return packed


def _finite(value: object) -> bool:
    # Also refuses NaN: every comparison with it is false.
    return isinstance(value, int | float) and abs(value) <= _FURTHEST_PX
