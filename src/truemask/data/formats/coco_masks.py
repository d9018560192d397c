"""The masks of a COCO file as they stand in it, in a few flat buffers; drawn when an image is asked for."""

import struct
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask
from faster_coco_eval import mask_api_new_cpp as coco_runs
from jaxtyping import Int64

from truemask.types import BadInput

_FURTHEST_PX = 1e6
"""No point of a polygon lies further out; the rasteriser would walk there pixel by pixel."""
_AT_A_TIME = 1 << 20
"""Coordinates that are looked at together."""
_CODES_AT_A_TIME = 1000
_MOST_PX = 2**31
"""Pixels of an image, as many as run codes can count."""


class MaskStore:
    """Polygons and run-length codes of annotations, by their position in the file.

    Eight bytes a coordinate; as Python's lists and floats they take forty.
    """

    def __init__(self) -> None:
        self._xy = array("d")
        self._polygon_ends = array("q")  # in _xy
        self._last_polygon = array("q")  # of an annotation, in _polygon_ends
        self._codes = bytearray()
        self._last_code = array("q")  # of an annotation, in _codes
        self._coded = array("q")  # the annotations that have codes
        self._heights, self._widths = array("q"), array("q")  # that their codes are for

    def add(self, shape: Any) -> None:
        """The mask of the next annotation: polygons or runs, packed or not.

        Raises:
            BadInput: without the file's name, if it is no mask.
        """
        if isinstance(shape, list) and shape:
            self._add_polygons(shape)
        elif isinstance(shape, dict):
            self._add_runs(shape)
        else:
            raise BadInput("segmentation is neither polygons nor runs")
        self._last_polygon.append(len(self._polygon_ends))
        self._last_code.append(len(self._codes))

    def packed(self, position: int, size: tuple[int, int]) -> bytes:
        """The run-length code of an annotation's mask; polygons are filled as COCO fills them.

        Raises:
            ValueError: from the rasteriser.
        """
        before = position - 1
        first, last = self._last_code[before] if position else 0, self._last_code[position]
        if last > first:
            return bytes(self._codes[first:last])
        first, last = self._last_polygon[before] if position else 0, self._last_polygon[position]
        starts = [self._polygon_ends[first - 1] if first else 0, *self._polygon_ends[first:last]]
        polygons = [self._xy[a:b].tolist() for a, b in pairwise(starts)]
        parts = coco_mask.frPyObjects(polygons, *size)
        code: bytes = (coco_mask.merge(parts) if len(parts) > 1 else parts[0])["counts"]
        return code

    def first_wrong(self, sizes: Int64[np.ndarray, "n 2"]) -> tuple[int, str] | None:
        """The first annotation whose mask does not fit its image, and why; None if all do.

        Args:
            sizes: height and width of each annotation's image.
        """
        wrong = (self._far_point(), self._other_size(sizes), self._broken_code())
        return min((one for one in wrong if one is not None), default=None)

    def _add_polygons(self, polygons: Sequence[Any]) -> None:
        for polygon in polygons:
            if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
                raise BadInput("a polygon is a list x, y, x, y, ... of 3 points or more")
            try:
                self._xy.frombytes(struct.pack(f"{len(polygon)}d", *polygon))  # extend() takes thrice as long
            except (struct.error, OverflowError) as error:
                raise BadInput("a polygon's coordinates are numbers of pixels") from error
            self._polygon_ends.append(len(self._xy))

    def _add_runs(self, runs: dict[str, Any]) -> None:
        size, counts = runs.get("size"), runs.get("counts")
        if not isinstance(size, list) or len(size) != 2 or not all(map(_is_length, size)):
            raise BadInput(f"its runs have the size {size}, not a height and a width")
        height, width = size
        if isinstance(counts, str) and counts.isascii() and counts:
            self._codes += counts.encode()
        elif isinstance(counts, list) and all(isinstance(c, int) and c >= 0 for c in counts):
            if sum(counts) != height * width:
                raise BadInput(f"its runs have {sum(counts)} px, its size {height} x {width}")
            self._codes += coco_mask.frPyObjects({"size": size, "counts": counts}, height, width)["counts"]
        else:
            raise BadInput("counts are whole numbers, or their text code")
        self._coded.append(len(self._last_code))
        self._heights.append(height)
        self._widths.append(width)

    def _far_point(self) -> tuple[int, str] | None:
        every = np.frombuffer(self._xy, dtype=np.float64)
        for start in range(0, len(every), _AT_A_TIME):
            near = np.abs(every[start : start + _AT_A_TIME]) <= _FURTHEST_PX  # also refuses NaN
            if not near.all():
                polygon = np.searchsorted(self._polygon_ends, start + np.argmin(near), side="right")
                position = int(np.searchsorted(self._last_polygon, polygon, side="right"))
                return position, "a polygon's coordinates are numbers of pixels"
        return None

    def _other_size(self, sizes: Int64[np.ndarray, "n 2"]) -> tuple[int, str] | None:
        mine = np.stack([self._heights, self._widths], axis=1)
        theirs = sizes[np.asarray(self._coded, dtype=np.int64)]
        other = np.flatnonzero((mine != theirs).any(axis=1))
        if not len(other):
            return None
        first = int(other[0])
        return self._coded[first], (
            f"its runs are for {mine[first].tolist()} px, the image has {theirs[first].tolist()}"
        )

    def _broken_code(self) -> tuple[int, str] | None:
        for start in range(0, len(self._coded), _CODES_AT_A_TIME):
            some = [self._code(i) for i in range(start, min(start + _CODES_AT_A_TIME, len(self._coded)))]
            if _why_broken(some) is None:
                continue
            for i, one in enumerate(some, start):
                if why := _why_broken([one]):
                    return self._coded[i], why
        return None

    def _code(self, i: int) -> dict[str, Any]:
        size = (self._heights[i], self._widths[i])
        return {"size": list(size), "counts": self.packed(self._coded[i], size)}


def fits(height: object, width: object) -> bool:
    """Whether these are the height and width of an image whose pixels run codes can count."""
    return _is_length(height) and _is_length(width) and height * width < _MOST_PX  # type: ignore[operator]


def _is_length(value: object) -> bool:
    return isinstance(value, int) and 0 < value < _MOST_PX


def _why_broken(codes: Sequence[dict[str, Any]]) -> str | None:
    try:
        runs = [one["counts"] for one in coco_runs.toUncompressedRLE(codes)]
    except (ValueError, RuntimeError) as error:
        return str(error)
    for code, counts in zip(codes, runs, strict=True):
        height, width = code["size"]
        if sum(counts) != height * width:
            return f"its runs have {sum(counts)} px, its size {height} x {width}"
    return None
