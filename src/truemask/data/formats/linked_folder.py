"""Carrying over what a data set has beside its labels: folders whose files are linked one by one."""

import os
from pathlib import Path

from truemask.data.files import link_or_copy


def link_folder(source: Path, target: Path) -> None:
    """Link every file below `source` to its place below `target`; what is there already stays.

    Hidden files and folders are left out, and folders that are symbolic links are not entered.
    """
    for place, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(place, name)
            there = target / file.relative_to(source)
            if not name.startswith(".") and not there.exists():
                link_or_copy(file, there)


def link_files(source: Path, target: Path, suffixes: tuple[str, ...]) -> None:
    """Link the files directly inside `source` that end so, such as a licence; what is there already stays."""
    for file in sorted(source.iterdir()):
        if file.is_file() and file.suffix.lower() in suffixes and not (target / file.name).exists():
            link_or_copy(file, target / file.name)
