"""The image files behind a data set's rows, so that writing can link them instead of coding them anew."""

from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.image_file import write_image
from truemask.types import BadInput


def file_name(data: Dataset, row: int) -> str:
    """What the row's image is called in a folder of its own: its key, and the suffix of its file."""
    source = data.file(row)
    return data.keys[row].replace("/", "__") + (".png" if source is None else source.suffix)


def put_image(data: Dataset, row: int, target: Path) -> None:
    """The row's image at `target`: its file linked, or a PNG.

    Raises:
        BadInput: if an image is there already: two keys may differ in `/` and `__` alone.
    """
    if target.exists():
        raise BadInput(f"{data.name}: two images would be called {target.name}; rename {data.keys[row]}")
    source = data.file(row)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source is None:
        write_image(target, data.image(row))
    else:
        link_or_copy(source, target)


def link_once(source: Path, target: Path) -> None:
    """The file linked at `target`, unless a row before had the same one."""
    if not target.exists():
        link_or_copy(source, target)
