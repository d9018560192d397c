"""Paths that label files name: whether something is there, and whether it is the data set's own."""

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether it is a file or folder; False too for what no file can be called."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def own_file(path: Path, root: Path) -> Path | None:
    """The path without detours, if a file is there and it does not lead out of `root`."""
    plain = Path(os.path.normpath(path))
    inside = Path(os.path.abspath(plain)).is_relative_to(os.path.abspath(root))  # noqa: PTH100 - keeps links
    return plain if inside and is_there(plain) and plain.is_file() else None
