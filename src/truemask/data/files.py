"""Files and folders: listing, linking, and writing a folder whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from truemask.types import BadInput

SPLITS = ("train", "val", "test")
"""Split names in the order in which they are listed; others come after, by name."""


_SPELT = {"training": "train", "valid": "val", "validation": "val", "testing": "test"}


def split_name(folder: str) -> str | None:
    """The split that a folder of this name holds; None for other names."""
    name = _SPELT.get(folder, folder)
    return name if name in SPLITS else None


def split_order(name: str) -> tuple[int, str]:
    """A sort key that puts train before val before test before the rest."""
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS)), name


def folders_in(path: Path) -> list[Path]:
    """The folders directly inside, by name, without hidden ones."""
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))


def describe_folder(path: Path) -> str:
    """What lies in a folder, in a few words: `3 folders (a, b, c), 2 .csv files`."""
    folders = [p.name for p in folders_in(path)]
    suffixes: dict[str, int] = {}
    for file in path.iterdir():
        if file.is_file():
            suffixes[file.suffix or "nameless"] = suffixes.get(file.suffix or "nameless", 0) + 1
    parts = [f"{count} {suffix} file{'s'[: count > 1]}" for suffix, count in sorted(suffixes.items())]
    if folders:
        names = ", ".join(folders[:6]) + ", ..." * (len(folders) > 6)
        parts.insert(0, f"{len(folders)} folder{'s'[: len(folders) > 1]} ({names})")
    return ", ".join(parts) or "nothing"


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name: a hard link, or a copy where the file system cannot link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` at the end; if anything fails, nothing is left.

    Raises:
        BadInput: if `out` exists already and is not an empty folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} exists already and is not an empty folder; name another, or remove it first")
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True)
    try:
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
