"""Unpacking archives into a folder, and nowhere else."""

import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from truemask.data.download.sources import Archive, Packing
from truemask.data.files import link_or_copy
from truemask.progress import watch
from truemask.types import BadInput

_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""What the standard library raises on broken archives; RuntimeError for a zip with a password."""


def unpack(file: Path, archive: Archive, folder: Path, *, show: bool) -> None:
    """Unpack `file`, which is packed as `archive` says, into its place in `folder`.

    Raises:
        BadInput: if the file is broken, or holds names that lead out of the folder.
    """
    home = folder / archive.into
    home.mkdir(parents=True, exist_ok=True)
    try:
        _UNPACK[archive.packing](file, home, show)
    except _BROKEN as error:
        why = str(error).partition("\n")[0]
        raise BadInput(
            f"{file}: cannot be unpacked ({why}); remove it, and say the same again to download it anew"
        ) from error


def _unzip(file: Path, home: Path, show: bool) -> None:
    with zipfile.ZipFile(file) as bundle:
        members = bundle.infolist()
        for member in members:
            _check_inside(file, home, member.filename)
        for member in watch(f"unpack {file.name}", members, len(members), show=show):
            bundle.extract(member, home)


def _untar(file: Path, home: Path, show: bool) -> None:
    with tarfile.open(file) as bundle:
        members = bundle.getmembers()
        for member in watch(f"unpack {file.name}", members, len(members), show=show):
            bundle.extract(member, home, filter="data")  # refuses names and links that lead out


def _gunzip(file: Path, home: Path, show: bool) -> None:
    with gzip.open(file) as packed, (home / file.name.removesuffix(".gz")).open("wb") as stream:
        for _ in watch(f"unpack {file.name}", [file], 1, show=show):
            shutil.copyfileobj(packed, stream)


def _put(file: Path, home: Path, show: bool) -> None:
    for one in watch(f"unpack {file.name}", [file], 1, show=show):
        link_or_copy(one, home / one.name)


def _check_inside(file: Path, home: Path, name: str) -> None:
    if not (home / name).resolve().is_relative_to(home.resolve()):
        raise BadInput(f"{file}: holds {name!r}, which leads out of the folder; it is not the owners' file")


_UNPACK: Mapping[Packing, Callable[[Path, Path, bool], None]] = {
    Packing.ZIP: _unzip,
    Packing.TAR: _untar,
    Packing.GZIP: _gunzip,
    Packing.NONE: _put,
}
