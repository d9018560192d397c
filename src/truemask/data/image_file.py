"""Image files to arrays and back. Photos come as uint8 "h w c", label maps as the integers in the file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from truemask.types import BadInput

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"})
MAP_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".bmp", ".gif"})
"""Where integers survive: never a lossy format."""
_WIDE = ("I", "I;16", "I;16B", "I;16L", "F")
"""Pillow's modes of more than 8 bits a sample."""
_GREY = ("1", "L", "LA", *_WIDE)
_LOOKS = 1000
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)
"""What Pillow raises on broken files: SyntaxError for a broken PNG chunk, among others."""


def is_image(path: Path) -> bool:
    """Whether the name is one of an image file, and not one that an operating system hides."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def read_image(path: Path, channels: int) -> UInt8[np.ndarray, "h w c"]:
    """The image with 1 channel (grey) or 3 (colour); a grey file repeats its channel, alpha is dropped.

    Files of more than 8 bits are scaled so that 0 stays 0 and the image's 99.9th percentile becomes 255: the
    few hot pixels of a camera then do not darken everything else.

    Raises:
        BadInput: if the file cannot be read.
    """
    try:
        with Image.open(path) as image:
            return _pixels(image, channels)
    except UNREADABLE as error:
        raise BadInput(_complaint(path, error)) from error


def read_map(path: Path) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
    """The integers of an indexed or grey file of 1, 8 or 16 bits; palettes are for looks only.

    Raises:
        BadInput: if the file cannot be read, or holds colours instead of integers.
    """
    try:
        with Image.open(path) as image:
            mode, values = image.mode, np.asarray(image)
    except UNREADABLE as error:
        raise BadInput(_complaint(path, error)) from error
    if values.ndim != 2 or mode == "F":
        raise BadInput(
            f"{path}: a label map is an indexed or grey image of 8 or 16 bits, this one is {mode}; "
            "name its colours in label_colors.txt, or convert them to class ids"
        )
    if values.dtype.itemsize > 1:
        if values.min(initial=0) < 0 or values.max(initial=0) > np.iinfo(np.uint16).max:
            raise BadInput(f"{path}: a label map holds integers of at most 16 bits, this one more")
        return values.astype(np.uint16)
    return values.astype(np.uint8)


def image_size(path: Path) -> tuple[int, int]:
    """Height and width in pixels, from the header alone.

    Raises:
        BadInput: if the header cannot be read.
    """
    return _header(path)[0]


def is_wide(path: Path) -> bool:
    """Whether the file holds more than 8 bits a sample, from the header alone."""
    return _header(path)[1] in _WIDE


def is_colour(path: Path) -> bool:
    """Whether the file holds colours rather than integers, from the header alone; a palette is no colour."""
    return _header(path)[1] not in (*_GREY, "P", "PA")


def channels_of(paths: Sequence[Path]) -> int:
    """1 if all files are grey, 3 if any is in colour, by the headers of up to 1,000 files spread evenly."""
    step = max(1, len(paths) // _LOOKS)
    return 1 if all(_header(path)[1] in _GREY for path in paths[::step]) else 3


def write_map(
    path: Path,
    values: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"],
    palette: Sequence[int] | None = None,
) -> None:
    """A PNG of these integers; indexed where a palette (r, g, b, r, ...) is given and they have 8 bits."""
    image = Image.fromarray(values)
    if palette is not None and values.dtype == np.uint8:
        image.putpalette(palette)
    image.save(path, format="PNG")


def write_image(path: Path, image: UInt8[np.ndarray, "h w c"]) -> None:
    """A PNG, grey for 1 channel and colour for 3."""
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(path, format="PNG")


def palette_of(path: Path) -> list[int] | None:
    """The colours (r, g, b, r, ...) of an indexed file; None where it has none."""
    with Image.open(path) as image:
        return image.getpalette()


def _pixels(image: Image.Image, channels: int) -> UInt8[np.ndarray, "h w c"]:
    if image.mode in _WIDE:
        grey = _to_8_bits(np.asarray(image))[:, :, None]
        return np.repeat(grey, channels, axis=2) if channels > 1 else grey
    pixels = np.array(image.convert("L" if channels == 1 else "RGB"))
    return pixels[:, :, None] if channels == 1 else pixels


def _to_8_bits(values: np.ndarray) -> UInt8[np.ndarray, "h w"]:
    white = float(np.percentile(values, 99.9)) or float(values.max()) or 1.0
    return np.clip(values * (255 / white) + 0.5, 0, 255).astype(np.uint8)


def _header(path: Path) -> tuple[tuple[int, int], str]:
    try:
        with Image.open(path) as image:
            return (image.height, image.width), image.mode
    except UNREADABLE as error:
        raise BadInput(_complaint(path, error)) from error


def _complaint(path: Path, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file"
    return f"{path}: cannot be read as an image ({reason(error)}); replace the file or remove it"


def reason(error: BaseException) -> str:
    """Why an image could not be read, in Pillow's words but for its longest."""
    return "it is no image" if isinstance(error, Image.UnidentifiedImageError) else str(error)
