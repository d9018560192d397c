"""Colours that stand for classes: in label maps in RGB, and in the palettes of indexed ones."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from truemask.types import IGNORE, BadInput

Colour = tuple[int, int, int]
"""Red, green, blue: 0 to 255."""
COLOUR_FILES = ("label_colors.txt", "labelmap.txt")
VOIDS = frozenset({"void", "ignore"})
"""Names, in lower case, of what is IGNORE rather than a class."""
_CVAT = re.compile(r"([^:]*):(\d+),(\d+),(\d+)(?::.*)?")
_CAMVID = re.compile(r"(\d+)\s+(\d+)\s+(\d+)\s+(\S.*)")


@dataclass(frozen=True)
class ColourTable:
    """Which colours a label map in RGB shows.

    Args:
        colours: of the classes, in the order of their ids.
        ignore: the colour of IGNORE; None where it has none.
    """

    colours: tuple[Colour, ...]
    ignore: Colour | None = None

    def to_ids(self, pixels: UInt8[np.ndarray, "h w 3"], path: Path) -> UInt8[np.ndarray, "h w"]:
        """Class ids of a file's pixels.

        Raises:
            BadInput: naming `path`, pixel and colour, if the colour stands for nothing.
        """
        ids = list(range(len(self.colours)))
        known = list(self.colours)
        if self.ignore is not None:
            known, ids = [*known, self.ignore], [*ids, IGNORE]
        codes = _codes(np.array(known, dtype=np.uint8))
        order = np.argsort(codes)
        shown = _codes(pixels)
        at = order[np.searchsorted(codes, shown, sorter=order).clip(max=len(codes) - 1)]
        strange = codes[at] != shown
        if strange.any():
            row, column = np.argwhere(strange)[0].tolist()
            raise BadInput(
                f"{path}: the colour {_spelt(pixels[row, column])} at row {row}, column {column} is that of "
                "no class; correct the mask, or name the colour in the class file"
            )
        found: np.ndarray = np.array(ids, dtype=np.uint8)[at]
        return found

    def to_colours(self, ids: UInt8[np.ndarray, "h w"], path: Path) -> UInt8[np.ndarray, "h w 3"]:
        """The pixels of these class ids: the inverse of `to_ids`.

        Raises:
            BadInput: naming `path`, if an id is no class, or is IGNORE where that has no colour.
        """
        shown = ids[ids != IGNORE]
        if shown.max(initial=0) >= len(self.colours):
            raise BadInput(
                f"{path}: a mask with class {shown.max()} of {len(self.colours)}; correct the mask, or name "
                "the class and its colour in the class file"
            )
        if self.ignore is None and len(shown) < ids.size:
            raise BadInput(f"{path}: no colour stands for IGNORE; name one void in {COLOUR_FILES[0]}")
        table = np.zeros((256, 3), dtype=np.uint8)
        table[: len(self.colours)] = self.colours
        table[IGNORE] = self.ignore or 0
        pixels: np.ndarray = table[ids]
        return pixels


@dataclass(frozen=True)
class NamedColours:
    """A file of colours, line by line.

    Args:
        path: of the file.
        names: in the order of the lines.
        colours: as many.
    """

    path: Path
    names: tuple[str, ...]
    colours: tuple[Colour, ...]

    @property
    def void(self) -> int | None:
        """The line that names IGNORE; None without one."""
        return next((i for i, name in enumerate(self.names) if name.lower() in VOIDS), None)


def read_colour_file(folder: Path) -> NamedColours | None:
    """The first of label_colors.txt and labelmap.txt in a folder; None without one.

    Lines are `64 128 64 Animal`, as CamVid has them, or `animal:64,128,64::`, as CVAT has them; those that
    start with # do not count.

    Raises:
        BadInput: if a line is neither, or two lines have one name or one colour.
    """
    path = next((folder / name for name in COLOUR_FILES if (folder / name).is_file()), None)
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as text ({error}); replace the file") from error
    found: dict[str, Colour] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colour = _named(path, number, line.strip())
        if name in found or colour in found.values():
            raise BadInput(f"{path}, line {number}: {name} or its colour was named before; make them differ")
        found[name] = colour
    return NamedColours(path, tuple(found), tuple(found.values()))


def write_colour_file(folder: Path, names: tuple[str, ...], colours: tuple[Colour, ...]) -> None:
    """A labelmap.txt that `read_colour_file` reads as these names and colours.

    Raises:
        BadInput: if a name does not fit into a line, or would mean IGNORE.
    """
    for name in names:
        plain = name and name == name.strip() and name.isprintable() and name.lower() not in VOIDS
        if ":" in name or name.startswith("#") or not plain:
            raise BadInput(f"a labelmap.txt cannot name the class {name!r}; rename it")
    lines = [f"{name}:{r},{g},{b}::" for name, (r, g, b) in zip(names, colours, strict=True)]
    text = "\n".join(["# label:color_rgb:parts:actions", *lines]) + "\n"
    (folder / COLOUR_FILES[1]).write_text(text, encoding="utf-8")


def standard_colours(count: int) -> tuple[Colour, ...]:
    """The first colours of Pascal VOC: an index's bits dealt out to r, g, b in turn, the lowest to the top.

    The 256th, of void, is (224, 224, 192).
    """
    return tuple(_standard_colour(index) for index in range(count))


def standard_palette() -> list[int]:
    """The 256 standard colours as r, g, b, r, ..., for indexed files."""
    return [level for colour in standard_colours(256) for level in colour]


def _standard_colour(index: int) -> Colour:
    levels = [0, 0, 0]
    for bit in range(8):
        levels[bit % 3] |= (index >> bit & 1) << 7 - bit // 3
    return levels[0], levels[1], levels[2]


def _named(path: Path, number: int, line: str) -> tuple[str, Colour]:
    if match := _CVAT.fullmatch(line):
        name, *levels = match.groups()
    elif match := _CAMVID.fullmatch(line):
        *levels, name = match.groups()
    else:
        raise BadInput(
            f"{path}, line {number}: {line[:60]!r} names no colour; lines are '64 128 64 name' or "
            "'name:64,128,64::'"
        )
    r, g, b = (int(level[:4]) for level in levels)
    if max(r, g, b) > 255 or not name.strip():
        raise BadInput(f"{path}, line {number}: a name and three numbers up to 255 are needed; got {line!r}")
    return name.strip(), (r, g, b)


def _codes(pixels: UInt8[np.ndarray, "... 3"]) -> np.ndarray:
    wide = pixels.astype(np.int32)
    codes: np.ndarray = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return codes


def _spelt(pixel: UInt8[np.ndarray, "3"]) -> str:
    return f"({', '.join(map(str, pixel.tolist()))})"
