"""The shapes of CVAT's XML: which of them are objects, what they cover, and a mask as an element."""

import json
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Bool

from truemask.data.formats.parts import Group, Part, joined
from truemask.data.formats.polygons import pack_ring, union
from truemask.data.formats.shapes import box_ring, is_number, pack_ellipse, pack_window, turned, window
from truemask.types import BadInput

CROWD, UNKNOWN = "iscrowd", "ignore"
"""Attributes of a shape that say what CVAT has no word for."""
ID = "truemask_id"
_GEOMETRY = {
    "polygon": ("points",),
    "box": ("xtl", "ytl", "xbr", "ybr", "rotation"),
    "ellipse": ("cx", "cy", "rx", "ry", "rotation"),
    "mask": ("rle", "left", "top", "width", "height"),
}
"""What says which pixels an object covers. Other elements are no objects."""
_TRUE = frozenset({"true", "1"})
_ID = re.compile(r"-?\d{1,18}")


def groups_of(shapes: Sequence[Element], split: str, key: str) -> list[Group]:
    """The objects among the elements of an image.

    Raises:
        BadInput: if a shape has no label, or an id that is no whole number.
    """
    parts = []
    for i, shape in enumerate(shapes):
        if shape.tag not in _GEOMETRY:
            continue
        label, group, id_ = shape.get("label"), shape.get("group_id"), shape.get(ID)
        if not label:
            raise BadInput(f"shape {i} ({shape.tag}) has no label; name it")
        if id_ is not None and not _ID.fullmatch(id_):
            raise BadInput(f"shape {i} ({shape.tag}) has no whole number as {ID}")
        parts.append(
            Part(
                place=i,
                label=label,
                group=None if group in (None, "", "0") else group,
                mark=json.dumps([shape.tag, *(shape.get(name) for name in _GEOMETRY[shape.tag])]),
                id=None if id_ is None else int(id_),
                crowd=_says(shape, CROWD),
                unknown=_says(shape, UNKNOWN),
            )
        )
    return joined(parts, split, key)


def pack_group(shapes: Sequence[Element], group: Group, size: tuple[int, int]) -> bytes:
    """The packed mask of an object: what its shapes cover together.

    Raises:
        BadInput: naming the shape, if it covers nothing that can be told.
    """
    codes = []
    for i in group.members:
        try:
            codes.append(_pack(shapes[i], size))
        except BadInput as error:
            name = f"shape {i} ({shapes[i].tag} of {group.label})"
            raise BadInput(f"{name} is no use: {error}; correct or remove it") from error
    return union(codes, size)


def set_mask(shape: Element, code: bytes, size: tuple[int, int]) -> None:
    """Make an element one of a mask, whatever it was; all but its geometry stays."""
    for name in _GEOMETRY.get(shape.tag, ()):
        shape.attrib.pop(name, None)
    seen = window(code, size)
    height, width = seen.mask.shape
    shape.tag = "mask"
    shape.set("rle", ", ".join(map(str, _runs(seen.mask > 0))))
    for name, value in (("left", seen.left), ("top", seen.top), ("width", width), ("height", height)):
        shape.set(name, str(value))


def set_attribute(shape: Element, name: str, holds: bool) -> None:
    """Say of a shape that an attribute is true or false, if it does not say so already."""
    if holds == _says(shape, name):
        return
    found = next((child for child in shape.findall("attribute") if child.get("name") == name), None)
    if found is None:
        found = SubElement(shape, "attribute", {"name": name})
    found.text = "true" if holds else "false"


def _says(shape: Element, name: str) -> bool:
    texts = (child.text or "" for child in shape.findall("attribute") if child.get("name") == name)
    return any(text.strip().lower() in _TRUE for text in texts)


def _pack(shape: Element, size: tuple[int, int]) -> bytes:
    if shape.tag == "polygon":
        pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
        if not all(len(pair) == 2 for pair in pairs):
            raise BadInput("its points are no list x,y;x,y;...")
        return pack_ring(np.array([[_float(x), _float(y)] for x, y in pairs], dtype=np.float64), size)
    if shape.tag == "mask":
        return _packed_mask(shape, size)
    a, b, c, d = (_float(shape.get(name, "")) for name in _GEOMETRY[shape.tag][:4])
    degrees = _float(shape.get("rotation", "0"))
    if shape.tag == "ellipse":
        return pack_ellipse(a, b, c, d, degrees, size)
    return pack_ring(turned(box_ring(a, b, c, d), (a + c) / 2, (b + d) / 2, degrees), size)


def _packed_mask(shape: Element, size: tuple[int, int]) -> bytes:
    """A mask in a box of its own: runs along its rows, the first of them off."""
    left, top, width, height = (_int(shape.get(name, "")) for name in ("left", "top", "width", "height"))
    counts = [_int(word) for word in shape.get("rle", "").split(",")]
    if not (0 < width <= size[1] and 0 < height <= size[0]):
        raise BadInput(f"a mask of {height} x {width} px in an image of {size[0]} x {size[1]}")
    if min(counts) < 0 or sum(counts) != width * height:
        raise BadInput(f"its runs have {sum(counts)} px, its box has {width * height}")
    mask = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(height, width)
    return pack_window(mask, top, left, size)


def _runs(mask: Bool[np.ndarray, "h w"]) -> list[int]:
    """Runs along the rows, the first of them off, even if it is empty."""
    flat = mask.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=~flat[:1]))
    lengths: list[int] = np.diff(starts, append=len(flat)).tolist()
    return [0, *lengths] if flat[0] else lengths


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise BadInput(f"{text[:20]!r} is no number") from error
    if not is_number(value):
        raise BadInput(f"{text[:20]!r} is no number of pixels")
    return value


def _int(text: str) -> int:
    value = _float(text)
    if value != int(value):
        raise BadInput(f"{text[:20]!r} is no whole number of pixels")
    return int(value)
