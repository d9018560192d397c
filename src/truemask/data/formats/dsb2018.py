"""Data Science Bowl 2018: stage1_train/ID/images/ID.png with stage1_train/ID/masks/*.png, one per nucleus.

A mask is what is not black in its file, so masks may overlap or be empty. Objects come in the order of their
files' names and are all nuclei; the id of one hangs on its image's and its file's name. An image without
masks/ has no labels, one whose masks/ is empty has no nuclei.

What survives: masks and their order. Classes are lost; crowds and objects of unknown class are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool
from PIL import Image

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.files import folders_in, split_order
from truemask.data.formats.found import Found, as_instances, object_id
from truemask.data.image_file import UNREADABLE, channels_of, image_size, is_image, read_image, reason
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import BadInput, Labels, Problem, Task

STAGE = "stage1_"
IMAGES, MASKS = "images", "masks"
CLASSES = ("background", "nucleus")
_LOOKS = 20


@dataclass(frozen=True)
class Nuclei:
    """The files of one split.

    Args:
        home: the folder of the split, which has one folder an image.
        folders: of the rows.
        images: their photos.
        unlabelled: folders of images without masks/: no rows, but carried over.
    """

    home: Path
    folders: tuple[Path, ...]
    images: tuple[Path, ...]
    unlabelled: tuple[Path, ...]


@final
class NucleiSplit(Dataset):
    """One split; each nucleus is a file."""

    def __init__(self, name: str, split: str, problem: Problem, files: Nuclei) -> None:
        self.name, self.split, self.problem, self.files = name, split, problem, files
        self.keys = [folder.name for folder in files.folders]

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.files.images[row], self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The nuclei.

        Raises:
            BadInput: if a mask cannot be read, or is not of the image's size.
        """
        size = self.size(row)
        found = [Found(id_, 1, self._mask(path, size)) for id_, path in self.masks(row).items()]
        return as_instances(found, size)

    def masks(self, row: int) -> dict[int, Path]:
        """The file of each nucleus by its id, in the order of their names."""
        files = sorted(path for path in (self.files.folders[row] / MASKS).iterdir() if is_image(path))
        return {object_id(self.split, self.keys[row], path.name): path for path in files}

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.files.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the image's header."""
        return image_size(self.files.images[row])

    def _mask(self, path: Path, size: tuple[int, int]) -> bytes:
        mask = _read_mask(path)
        if mask.shape != size:
            raise BadInput(
                f"{path}: the mask has {mask.shape[0]} x {mask.shape[1]} px, its image has {size[0]} x "
                f"{size[1]}; they must be alike"
            )
        return rle.pack(mask[None])[0]


def sniff(path: Path) -> bool:
    """Whether folders there, or in stage1_train/ inside, have images/ named like them, and masks/."""
    return len(_homes(path)) > 0


def open_dsb2018(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a set of nuclei, by its folder or that of a stage.

    Raises:
        BadInput: if a folder does not have one image, or other labels or tasks are asked for.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: has nuclei; open it as instance or semantic")
    if labels is not None:
        raise BadInput(f"{path}: has one set of masks, not {labels!r}")
    homes = _homes(path)
    found = {split: _nuclei(homes[split]) for split in sorted(homes, key=split_order)}
    channels = channels_of([image for files in found.values() for image in files.images])
    problem = Problem(Task.INSTANCE, CLASSES, channels, background=0)
    whole = path.resolve()
    name = whole.parent.name if whole.name.startswith(STAGE) else whole.name
    splits: Mapping[str, Dataset] = {
        split: NucleiSplit(name, split, problem, files) for split, files in found.items()
    }
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in splits.items()}
    return Splits(name, "dsb2018", splits, path)


def _read_mask(path: Path) -> Bool[np.ndarray, "h w"]:
    try:
        with Image.open(path) as image:
            colours = len(image.getbands()) - (image.mode in ("LA", "PA", "RGBA"))
            values = np.asarray(image)
    except UNREADABLE as error:
        raise BadInput(
            f"{path}: cannot be read as an image ({reason(error)}); replace or remove it"
        ) from error
    held: np.ndarray = values != 0
    return held if held.ndim == 2 else np.any(held[:, :, :colours], axis=2)


def _homes(path: Path) -> dict[str, Path]:
    """Folders that have one folder an image, by split: stages inside `path`, or `path` itself."""
    if not path.is_dir():
        return {}
    stages = [folder for folder in folders_in(path) if folder.name.startswith(STAGE)]
    homes = {folder.name.removeprefix(STAGE): folder for folder in stages if is_home(folder)}
    if homes or not is_home(path):
        return homes
    return {path.name.removeprefix(STAGE) if path.name.startswith(STAGE) else "all": path}


def is_home(path: Path) -> bool:
    """Whether it has one folder an image, and at least one of the first few has masks."""
    return any(
        (folder / MASKS).is_dir() and any((folder / IMAGES).glob(f"{folder.name}.*"))
        for folder in islice(path.iterdir(), _LOOKS)
        if "[" not in folder.name
    )


def _nuclei(home: Path) -> Nuclei:
    folders = [folder for folder in folders_in(home) if (folder / IMAGES).is_dir()]
    labelled = tuple(folder for folder in folders if (folder / MASKS).is_dir())
    return Nuclei(
        home=home,
        folders=labelled,
        images=tuple(_photo(folder) for folder in labelled),
        unlabelled=tuple(folder for folder in folders if folder not in set(labelled)),
    )


def _photo(folder: Path) -> Path:
    photos = [path for path in (folder / IMAGES).iterdir() if is_image(path)]
    if len(photos) != 1:
        raise BadInput(f"{folder / IMAGES}: holds {len(photos)} images; it must be one")
    return photos[0]
