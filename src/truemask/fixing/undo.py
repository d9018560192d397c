"""Takes a fix back: the given files that it changed are kept beside the fixed ones."""

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from truemask.data.files import link_or_copy, whole_folder
from truemask.data.trust import WEIGHTS
from truemask.fixing.record import FIXES, ORIGINALS, RECORD, Files, FixRecord, read_record
from truemask.types import BadInput


def keep_originals(given: Path, fixed: Path) -> Files:
    """Put the files of the given data set that the fixed one lacks, or has otherwise, into its `.undo`.

    Args:
        given: the data set as written without a change.
        fixed: the same with changed labels.
    """
    before, after = set(_files(given)), set(_files(fixed))
    changed = sorted(name for name in before & after if not _same(given / name, fixed / name))
    removed = sorted(before - after)
    for name in (*changed, *removed):
        _copy(given / name, fixed / ORIGINALS / name)
    return Files(changed=tuple(changed), added=tuple(sorted(after - before)), removed=tuple(removed))


def undo(fixed: Path, out: Path) -> FixRecord:
    """Write the data set with the labels as they were given, from the folder of the fixed one alone.

    Files that the fix did not touch are linked; what it added is left out.

    Raises:
        BadInput: if the folder was not made by `fix`, an original is missing, or `out` is not empty.
    """
    record = read_record(fixed)
    originals = fixed / ORIGINALS
    for name in (*record.files.changed, *record.files.removed):
        if not (originals / name).is_file():
            raise BadInput(f"{originals / name}: the given file is gone; without it the fix cannot be undone")
    left_out = {*record.files.changed, *record.files.added}
    with whole_folder(out) as folder:
        for name in _folders(fixed):  # an empty one may mean something: an image without objects
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in _files(fixed):
            if name not in left_out:
                link_or_copy(fixed / name, folder / name)
        for name in (*record.files.changed, *record.files.removed):
            _copy(originals / name, folder / name)
    return record


def _files(folder: Path) -> Iterator[str]:
    """Names of a data set's files, without what `fix` writes beside them."""
    ours = {RECORD, FIXES}
    for place in ("", *_folders(folder)):
        for file in (folder / place).iterdir():
            name = file.relative_to(folder).as_posix()
            if file.is_file() and name not in ours:
                yield name


def _folders(folder: Path) -> Iterator[str]:
    """Names of all folders of a data set."""
    for place, inside, _ in os.walk(folder):
        if Path(place) == folder:
            inside[:] = [name for name in inside if name not in (ORIGINALS, WEIGHTS)]
        else:
            yield Path(place).relative_to(folder).as_posix()


def _copy(source: Path, target: Path) -> None:
    """Not a link: who edits the given data set in place must not edit what the fix can be undone by."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _same(one: Path, other: Path) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)
