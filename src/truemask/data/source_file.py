"""The image files behind a data set's rows, so that writing can link them instead of coding them anew."""

from pathlib import Path

from truemask.data.coco import CocoSplit
from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.image_file import write_image
from truemask.data.mask_folder import MaskFolder
from truemask.data.relabelled import Relabelled
from truemask.data.views import AsSemantic, Cached, Subset


def image_file(data: Dataset, row: int) -> Path | None:
    """The file whose pixels `data.image(row)` shows unchanged; None where there is none."""
    match data:
        case MaskFolder():
            return data.files.images[row]
        case CocoSplit():
            return data.images / data.columns.file_names[row]
        case Subset():
            return image_file(data.dataset, data.rows[row])
        case AsSemantic() | Cached() | Relabelled():
            return image_file(data.dataset, row)
        case _:
            return None


def file_name(data: Dataset, row: int) -> str:
    """What the row's image is called in a folder of its own: its key, and the suffix of its file."""
    source = image_file(data, row)
    return data.keys[row].replace("/", "__") + (".png" if source is None else source.suffix)


def put_image(data: Dataset, row: int, target: Path) -> None:
    """The row's image at `target`: its file linked, or a PNG."""
    source = image_file(data, row)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source is None:
        write_image(target, data.image(row))
    else:
        link_or_copy(source, target)
