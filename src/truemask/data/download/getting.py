"""Getting a published data set: its files downloaded or taken from a folder, checked, unpacked, opened."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from truemask.data.download.checksum import why_wrong
from truemask.data.download.fetch import PAUSES_S, fetch
from truemask.data.download.sources import DOWNLOADS, Archive, Download
from truemask.data.download.unpack import unpack
from truemask.data.files import whole_folder
from truemask.data.open import open_dataset
from truemask.data.splits import Splits
from truemask.types import BadInput


def get(
    name: str,
    out: Path,
    *,
    taken_from: Path | None = None,
    checked: bool = True,
    show: bool = True,
    pauses_s: Sequence[float] = PAUSES_S,
) -> Splits:
    """The data set of that name, unpacked at `out` and opened.

    Files are kept in `OUT.downloads` until everything is unpacked, so that a break costs little; the folder
    `out` appears whole or not at all. A data set that lies at `out` already is opened as it is.

    Args:
        name: one of DOWNLOADS.
        taken_from: a folder with the owners' files, or one of them: those are not downloaded; or a folder
            where the data set is unpacked already: that is opened where it is.
        checked: refuse files whose size or checksum is another than is known.
        show: progress bars.
        pauses_s: seconds before each further try of a download that breaks off.

    Raises:
        BadInput: if there is no such name, a file cannot be had or is another, or a login is needed.
    """
    if name not in DOWNLOADS:
        raise BadInput(f"no data set called {name!r} to get; there is: {', '.join(DOWNLOADS)}")
    source = DOWNLOADS[name]
    if taken_from is not None and not taken_from.exists():
        raise BadInput(f"--from {taken_from}: no such file or folder")
    given = {archive.name: _given(archive, taken_from) for archive in source.archives}
    if taken_from is not None and not any(given.values()):
        return _opened(name, source, taken_from)
    if out.is_dir() and any(out.iterdir()):
        return open_dataset(str(out.resolve()))
    missing = [archive.name for archive in source.archives if given[archive.name] is None]
    if missing and source.login:
        raise BadInput(f"{name}: {', '.join(missing)} cannot be downloaded without you: {source.login}")
    downloads = out.with_name(f"{out.name}.downloads")
    files = {}
    for archive in source.archives:
        there = given[archive.name]
        files[archive.name] = there or downloads / archive.name
        if there is not None and checked and (wrong := why_wrong(there, archive)):
            raise BadInput(f"{there}: {wrong}; download it anew, or add --unchecked if the owners changed it")
        if there is None:
            fetch(
                archive,
                downloads / archive.name,
                by_hand=source.page,
                show=show,
                checked=checked,
                pauses_s=pauses_s,
            )
    with whole_folder(out) as folder:
        for archive in source.archives:
            unpack(files[archive.name], archive, folder, show=show)
    shutil.rmtree(downloads, ignore_errors=True)
    return open_dataset(str(out.resolve()))


def _given(archive: Archive, taken_from: Path | None) -> Path | None:
    """The file among those that the user has already."""
    if taken_from is None:
        return None
    path = taken_from / archive.name if taken_from.is_dir() else taken_from
    return path if path.is_file() and path.name == archive.name else None


def _opened(name: str, source: Download, path: Path) -> Splits:
    """A copy that is unpacked already."""
    try:
        return open_dataset(str(path.resolve()))
    except BadInput as error:
        files = ", ".join(archive.name for archive in source.archives)
        raise BadInput(f"--from {path}: neither has {files} nor is {name} unpacked: {error}") from error
