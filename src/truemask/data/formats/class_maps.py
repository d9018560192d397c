"""Label map files of class ids, in integers or in colours, read and written by a class table."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from truemask.data.formats.class_file import ClassTable
from truemask.data.image_file import (
    is_colour,
    is_wide,
    palette_of,
    read_image,
    read_map,
    write_image,
    write_map,
)


def read_ids(path: Path, table: ClassTable) -> UInt8[np.ndarray, "h w"]:
    """Class ids of a file of integers; of a file in RGB, where the table has colours.

    Raises:
        BadInput: if the file cannot be read, or shows a value or colour that is no class.
    """
    if table.colours is not None and is_colour(path):
        return table.colours.to_ids(read_image(path, channels=3), path)
    return table.to_ids(read_map(path), path)


def write_ids(path: Path, ids: UInt8[np.ndarray, "h w"], table: ClassTable, like: Path) -> None:
    """A PNG of these ids as the file `like` would show them: in its colours, palette, or number of bits.

    Raises:
        BadInput: naming `path`, if the table has no value or colour for an id.
    """
    if table.colours is not None and is_colour(like):
        write_image(path, table.colours.to_colours(ids, path))
        return
    values = table.to_values(ids, path)
    write_map(path, values.astype(np.uint16) if is_wide(like) else values, palette_of(like))
