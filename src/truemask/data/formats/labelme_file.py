"""One LabelMe file: what is in it, and which image it is about."""

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from PIL import Image

from truemask.data.formats.found import checked_size
from truemask.data.formats.json_file import load_json
from truemask.data.formats.labelme_shapes import Shape, groups_of, pack_group
from truemask.data.formats.parts import Group
from truemask.data.formats.places import own_file
from truemask.data.image_file import IMAGE_SUFFIXES, UNREADABLE, image_size, reason
from truemask.types import BadInput

_HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Entry:
    """A LabelMe file, read.

    Args:
        path: of the file.
        image: the file that it is about; None where the image is embedded alone.
        size: height and width in pixels.
        groups: its objects.
        masks: of the objects.
    """

    path: Path
    image: Path | None
    size: tuple[int, int]
    groups: Sequence[Group]
    masks: Sequence[bytes]


def shapes_in(path: Path) -> tuple[dict[str, Any], list[Shape]]:
    """A LabelMe file's content, and the shapes in it.

    Raises:
        BadInput: if it is no such file.
    """
    said = load_json(path)
    shapes = said.get("shapes") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(shapes, list):
        raise BadInput(f"{path}: a LabelMe file holds an object with a list of shapes")
    if not all(isinstance(shape, dict) for shape in shapes):
        raise BadInput(f"{path}: a shape is no object with a label and points")
    return said, shapes


def looks(file: Path) -> bool:
    """Whether the file begins like LabelMe's; raises nothing."""
    try:
        with file.open("rb") as stream:
            return b'"shapes"' in stream.read(_HEAD_BYTES)
    except OSError:
        return False


def read_entry(path: Path, root: Path, split: str, key: str) -> Entry:
    """A LabelMe file of a data set that lies in `root`.

    Raises:
        BadInput: naming file and shape, if a shape is wrong or the image is gone.
    """
    said, shapes = shapes_in(path)
    image = _image_of(path, said, root)
    actual = _actual_size(path, image) if None in (said.get("imageHeight"), said.get("imageWidth")) else None
    try:
        size = actual or checked_size(said["imageHeight"], said["imageWidth"])
        groups = groups_of(shapes, split, key)
        return Entry(path, image, size, groups, [pack_group(shapes, group, size) for group in groups])
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _image_of(path: Path, said: Mapping[str, Any], root: Path) -> Path | None:
    """The image's file: where the file says, by that name beside it, or by its own name."""
    given = said.get("imagePath")
    if isinstance(given, str) and given and "\0" not in given:
        place = PureWindowsPath(given)  # which also reads slashes
        for candidate in (path.parent / place.as_posix(), path.parent / place.name):
            if (found := own_file(candidate, root)) is not None:
                return found
    beside = image_beside(path)
    if beside is None and not isinstance(said.get("imageData"), str):
        raise BadInput(
            f"{path}: its image ({str(given)[:100]}) is not there; bring it back, or remove the file"
        )
    return beside


def image_beside(path: Path) -> Path | None:
    """The image that is called like the file, if there is one."""
    candidates = (path.with_suffix(suffix) for suffix in sorted(IMAGE_SUFFIXES))
    return next((found for candidate in candidates if (found := own_file(candidate, path.parent))), None)


def _actual_size(path: Path, image: Path | None) -> tuple[int, int]:
    if image is not None:
        return image_size(image)
    height, width = embedded(path).shape[:2]
    return height, width


def embedded(path: Path) -> np.ndarray:
    """The image that a file carries, uint8 "h w 3".

    Raises:
        BadInput: if it carries none.
    """
    said, _ = shapes_in(path)
    data = said.get("imageData")
    try:
        with Image.open(io.BytesIO(base64.b64decode(str(data)))) as image:
            return np.array(image.convert("RGB"))
    except (binascii.Error, *UNREADABLE) as error:
        raise BadInput(f"{path}: its imageData is no image ({reason(error)}); embed it anew") from error
