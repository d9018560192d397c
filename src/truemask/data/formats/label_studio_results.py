"""Results of Label Studio: which of them are objects, what they cover, and a mask as a result."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from truemask.data.formats.brush import decode, encode
from truemask.data.formats.found import object_id
from truemask.data.formats.polygons import pack_ring
from truemask.data.formats.shapes import (
    box_ring,
    is_number,
    pack_ellipse,
    pack_window,
    points_of,
    turned,
    whole,
)
from truemask.types import BadInput

Result = dict[str, Any]
BRUSH = "brushlabels"
CROWD, UNKNOWN = "iscrowd", "ignore"
"""Keys of a result's meta that say what Label Studio has no word for."""
_OURS = re.compile(r"truemask-(-?\d{1,18})")
_KINDS = frozenset({BRUSH, "polygonlabels", "rectanglelabels", "ellipselabels", "labels"})
_GEOMETRY = (
    "format",
    "rle",
    "points",
    "closed",
    "x",
    "y",
    "width",
    "height",
    "radiusX",
    "radiusY",
    "rotation",
)


@dataclass(frozen=True)
class Region:
    """A result that is an object: its place among the results, its id, and what it is called."""

    place: int
    id: int
    label: str
    crowd: bool
    unknown: bool


def regions_of(results: Sequence[Result], split: str, key: str) -> list[Region]:
    """The objects among the results: labelled masks, polygons, rectangles and ellipses.

    An id hangs on the result's own, unless that says which one it is.

    Raises:
        BadInput: if a result has no id.
    """
    seen: Counter[str] = Counter()
    regions = []
    for i, result in enumerate(results):
        label = _label(result)
        if label is None:
            continue
        name, meta = result.get("id"), result.get("meta")
        if not isinstance(name, str | int):
            raise BadInput(f"result {i} has no id; give it one")
        said = _OURS.fullmatch(str(name))
        seen[str(name)] += 1
        id_ = int(said[1]) if said else object_id(split, key, f"{name} {seen[str(name)]}")
        flags: Mapping[str, Any] = meta if isinstance(meta, dict) else {}
        regions.append(Region(i, id_, label, bool(flags.get(CROWD)), bool(flags.get(UNKNOWN))))
    return regions


def pack_region(result: Result, size: tuple[int, int]) -> bytes:
    """The packed mask of a result that is an object; coordinates are percent of the image.

    Raises:
        BadInput: if it covers nothing that can be told.
    """
    value = result["value"]
    if result.get("image_rotation", 0) != 0:
        raise BadInput("its image is turned, which is not known here; turn the file itself")
    if "rle" in value:
        return pack_window(decode(value["rle"], size), 0, 0, size)
    scale = np.array([size[1], size[0]]) / 100
    if "points" in value:
        return pack_ring(points_of(value["points"]) * scale, size)
    names = ("x", "y", "radiusX", "radiusY") if "radiusX" in value else ("x", "y", "width", "height")
    numbers = [value.get(name) for name in names]
    degrees = value.get("rotation", 0)
    if not all(map(is_number, (*numbers, degrees))):
        raise BadInput(f"its {', '.join(names)} and rotation are no numbers of percent and degrees")
    (x, y), (a, b) = (np.array(pair, dtype=np.float64) * scale for pair in (numbers[:2], numbers[2:]))
    if "radiusX" in value:
        return pack_ellipse(float(x), float(y), float(a), float(b), degrees, size)
    return pack_ring(turned(box_ring(x, y, x + a, y + b), x, y, degrees), size)


def set_mask(result: Result, code: bytes, size: tuple[int, int], brush: str) -> Result:
    """The result with another mask, as one of the brush called `brush`; all but its geometry stays."""
    kind = result["type"]
    value = {key: said for key, said in result["value"].items() if key not in {*_GEOMETRY, kind}}
    painted = {
        **value,
        "format": "rle",
        "rle": encode(whole(code, size)),
        BRUSH: result["value"][kind],
    }
    said = {**result, "value": painted, "type": BRUSH}
    return said if kind == BRUSH else {**said, "from_name": brush}


def set_label(result: Result, label: str) -> Result:
    """The result with another first label."""
    kind = result["type"]
    labels = [label, *result["value"][kind][1:]]
    return {**result, "value": {**result["value"], kind: labels}}


def set_flag(result: Result, name: str, holds: bool) -> Result:
    """The result with a flag in its meta, where it does not say so already."""
    meta = result.get("meta")
    flags: Mapping[str, Any] = meta if isinstance(meta, dict) else {}
    return result if bool(flags.get(name)) == holds else {**result, "meta": {**flags, name: holds}}


def new_result(id_: int, label: str, code: bytes, size: tuple[int, int], brush: str, image: str) -> Result:
    """A result of the brush called `brush` on the image called `image`."""
    return {
        "original_width": size[1],
        "original_height": size[0],
        "image_rotation": 0,
        "value": {"format": "rle", "rle": encode(whole(code, size)), BRUSH: [label]},
        "id": f"truemask-{id_}",
        "from_name": brush,
        "to_name": image,
        "type": BRUSH,
        "origin": "manual",
    }


def _label(result: Result) -> str | None:
    """What an object is called; None for a result that is none."""
    kind, value = result.get("type"), result.get("value")
    if not isinstance(kind, str) or kind not in _KINDS or not isinstance(value, dict):
        return None
    labels = value.get(kind)
    shaped = any(key in value for key in ("rle", "points", "width", "radiusX"))
    if not shaped or not isinstance(labels, list) or not labels or not isinstance(labels[0], str):
        return None
    return labels[0] or None
