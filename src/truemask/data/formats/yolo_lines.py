"""Lines of YOLO label files: `class x1 y1 x2 y2 ...` or `class x y width height`, in shares of the image."""

from pathlib import Path

import numpy as np

from truemask.data.formats.found import Found, object_id
from truemask.data.formats.polygons import outline, pack_ring
from truemask.types import BadInput

_BOX = 4
_OUTSIDE = 0.01
"""How far outside the image a point may lie, as a share of it: annotation tools round."""


def lines_of(content: bytes) -> list[bytes]:
    """The lines of a label file, each without its end; joined by line feeds they are the file again."""
    return content.split(b"\n")


def read_lines(
    path: Path, content: bytes, split: str, key: str, size: tuple[int, int], classes: int
) -> list[Found]:
    """The objects of a label file; each is known by the number of its line, so blank lines count.

    Args:
        split, key: of the image, for ids.
        size: height and width of the image in pixels.
        classes: how many classes of objects there are.

    Raises:
        BadInput: naming the file and the line, if it is no object.
    """
    found = []
    for number, line in enumerate(lines_of(content), start=1):
        if line.strip():
            try:
                class_id, mask = _read(line, size, classes)
            except BadInput as error:
                raise BadInput(f"{path}, line {number}: {error}; correct or remove it") from error
            found.append(Found(object_id(split, key, number), class_id, mask))
    return found


def write_line(class_id: int, mask: bytes, size: tuple[int, int]) -> bytes:
    """The line of an object that has pixels: its outline to six digits, exact up to 100,000 px a side."""
    shares = (outline(mask, size) / (size[1], size[0])).ravel().tolist()
    return (f"{class_id - 1}" + " %.6g" * len(shares) % tuple(shares)).encode()


def _read(line: bytes, size: tuple[int, int], classes: int) -> tuple[int, bytes]:
    words = line.split()
    try:
        values = np.array([float(word) for word in words], dtype=np.float64)
    except ValueError as error:
        raise BadInput(f"not a row of numbers ({_shown(line)})") from error
    shares = values[1:]
    if len(shares) != _BOX and (len(shares) < 6 or len(shares) % 2):
        raise BadInput(
            f"{len(shares)} numbers after the class; a box has 4, a polygon an even number from 6 on"
        )
    if not (0 <= values[0] < classes and values[0] == int(values[0])):
        raise BadInput(f"class {words[0].decode()}; data.yaml has 0 to {classes - 1}")
    if not np.all((shares >= -_OUTSIDE) & (shares <= 1 + _OUTSIDE)):
        raise BadInput("coordinates are shares of the image, from 0 to 1")
    points = _corners(shares) if len(shares) == _BOX else shares.reshape(-1, 2)
    return int(values[0]) + 1, pack_ring(points * (size[1], size[0]), size)


def _corners(box: np.ndarray) -> np.ndarray:
    """The corners of a box that is given by its centre, width and height."""
    x, y, width, height = box
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    corners: np.ndarray = np.array([x, y]) + signs * np.array([width, height]) / 2
    return corners


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").strip()
    return text if len(text) <= 40 else f"{text[:40]} ..."
