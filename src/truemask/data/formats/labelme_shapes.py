"""The shapes of LabelMe's files: which of them are objects, what they cover, and a mask as a shape."""

import base64
import binascii
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from truemask.data.formats.parts import Group, Part, joined
from truemask.data.formats.polygons import pack_ring, union
from truemask.data.formats.shapes import box_ring, pack_ellipse, pack_window, points_of, window
from truemask.data.image_file import UNREADABLE, reason
from truemask.types import BadInput

Shape = dict[str, Any]
IGNORED, BACKGROUND = "__ignore__", "_background_"
"""Labels with a meaning of their own, as in the labels.txt of LabelMe's examples."""
ID, CROWD = "truemask_id", "iscrowd"
_NO_AREA = frozenset({"point", "points", "line", "linestrip"})
_POLYGONS = frozenset({"polygon", "oriented_rectangle", "rotation"})


def groups_of(shapes: Sequence[Shape], split: str, key: str) -> list[Group]:
    """The objects among the shapes: those with an area, whose label is not the background's.

    Raises:
        BadInput: if a shape has no label, a kind that is not known, or an id that is no whole number.
    """
    parts = []
    for i, shape in enumerate(shapes):
        kind, label = _kind(i, shape), _label(i, shape)
        if kind in _NO_AREA or label == BACKGROUND:
            continue
        group, id_, flags = shape.get("group_id"), shape.get(ID), shape.get("flags")
        if id_ is not None and (type(id_) is not int or not -(2**63) <= id_ < 2**63):
            raise BadInput(f"shape {i} has no whole number as {ID}")
        parts.append(
            Part(
                place=i,
                label=label,
                group=group if isinstance(group, int | str) else None,
                mark=json.dumps([kind, shape.get("points"), shape.get("mask")]),
                id=id_,
                crowd=isinstance(flags, dict) and bool(flags.get(CROWD)),
                unknown=label == IGNORED,
            )
        )
    return joined(parts, split, key)


def pack_group(shapes: Sequence[Shape], group: Group, size: tuple[int, int]) -> bytes:
    """The packed mask of an object: what its shapes cover together.

    Raises:
        BadInput: naming the shape, if it covers nothing that can be told.
    """
    codes = []
    for i in group.members:
        try:
            codes.append(_pack(shapes[i], _kind(i, shapes[i]), size))
        except BadInput as error:
            raise BadInput(f"shape {i} ({group.label}) is no use: {error}; correct or remove it") from error
    return union(codes, size)


def mask_shape(code: bytes, size: tuple[int, int]) -> Shape:
    """The fields of a shape that hold a mask: its PNG, and the corners of its box, inclusive."""
    seen = window(code, size)
    height, width = seen.mask.shape
    buffer = io.BytesIO()
    Image.fromarray(seen.mask).save(buffer, format="PNG")
    return {
        "points": [
            [float(seen.left), float(seen.top)],
            [float(seen.left + width - 1), float(seen.top + height - 1)],
        ],
        "shape_type": "mask",
        "mask": base64.b64encode(buffer.getvalue()).decode(),
    }


def _kind(i: int, shape: Shape) -> str:
    kind = shape.get("shape_type") or "polygon"
    if not isinstance(kind, str) or kind not in {*_NO_AREA, *_POLYGONS, "rectangle", "circle", "mask"}:
        raise BadInput(f"shape {i} is a {str(kind)[:40]!r}, which is not known here; draw it as a polygon")
    return kind


def _label(i: int, shape: Shape) -> str:
    label = shape.get("label")
    if not isinstance(label, str) or not label:
        raise BadInput(f"shape {i} has no text as label; name it")
    return label


def _pack(shape: Shape, kind: str, size: tuple[int, int]) -> bytes:
    points = points_of(shape.get("points"))
    if kind in _POLYGONS or (kind == "rectangle" and len(points) == 4):
        return pack_ring(points, size)
    if len(points) != 2:
        raise BadInput(f"a {kind} has 2 points, this one {len(points)}")
    (x0, y0), (x1, y1) = points.tolist()
    if kind == "rectangle":
        return pack_ring(box_ring(x0, y0, x1, y1), size)
    if kind == "circle":  # its centre, and a point on it
        radius = float(np.hypot(x1 - x0, y1 - y0))
        return pack_ellipse(x0, y0, radius, radius, 0, size)
    return _packed_png(shape.get("mask"), (int(x0), int(y0), int(x1), int(y1)), size)


def _packed_png(said: object, box: tuple[int, int, int, int], size: tuple[int, int]) -> bytes:
    """The mask of a PNG in text whose corner pixels are given, both inclusive."""
    x0, y0, x1, y1 = box
    height, width = y1 - y0 + 1, x1 - x0 + 1
    if not isinstance(said, str):
        raise BadInput("its mask is no PNG in base64")
    try:
        with Image.open(io.BytesIO(base64.b64decode(said, validate=True))) as image:
            found = f"{image.height} x {image.width}"
            values = np.asarray(image) if image.size == (width, height) else None
    except binascii.Error as error:
        raise BadInput("its mask is no PNG in base64") from error
    except UNREADABLE as error:
        raise BadInput(f"its mask is no PNG ({reason(error)})") from error
    if values is None:
        raise BadInput(f"its mask has {found} px, its points say {height} x {width}")
    if values.ndim != 2:
        raise BadInput("its mask is in colour")
    return pack_window(values != 0, y0, x0, size)
