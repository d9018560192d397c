"""CamVid in its two layouts: the owners' colours (Brostow et al., 2009), and the ids of SegNet's authors.

The owners' 701_StillsRaw_full/x.png with LabeledApproved_full/x_L.png has the colours of label_colors.txt
(31 classes, and Void, which is IGNORE) and no splits. SegNet's train/x.png with trainannot/x.png has ids of
11 classes, 11 being IGNORE, and lists such as train.txt; a class file beside may give other classes. Label
maps survive wholly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import folders_in, split_order
from truemask.data.formats.class_file import CLASS_FILES, ClassTable, read_class_table, table_of
from truemask.data.formats.class_maps import read_ids
from truemask.data.formats.colours import COLOUR_FILES, read_colour_file
from truemask.data.formats.list_file import names_in
from truemask.data.image_file import channels_of, image_size, is_image, read_image
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels, Problem, Task

PHOTOS, PAINTED = "701_StillsRaw_full", "LabeledApproved_full"
MARK = "_L"
ANNOTATED = "annot"
SEGNET_CLASSES = (
    *("Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol"),
    *("Fence", "Car", "Pedestrian", "Bicyclist"),
)
_SEGNET = ClassTable(SEGNET_CLASSES, tuple(range(11)), ignore=11)


@dataclass(frozen=True)
class CamvidFiles:
    """The files of one split, row by row.

    Args:
        root: the folder that was opened.
        homes: the folder of the split's photos, and that of its labels.
    """

    root: Path
    homes: tuple[Path, Path]
    keys: tuple[str, ...]
    images: tuple[Path, ...]
    labels: tuple[Path, ...]


@final
class CamvidSplit(Dataset):
    """One split, in colours or ids as its files are."""

    def __init__(
        self, name: str, split: str, problem: Problem, files: CamvidFiles, table: ClassTable
    ) -> None:
        self.name, self.split, self.problem, self.keys = name, split, problem, files.keys
        self.files, self.table = files, table

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.files.images[row], self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The label map.

        Raises:
            BadInput: if the file cannot be read, is not of the image's size, or shows what is no class.
        """
        path = self.files.labels[row]
        ids = read_ids(path, self.table)
        if ids.shape != self.size(row):
            height, width = self.size(row)
            raise BadInput(
                f"{path}: the label map has {ids.shape[0]} x {ids.shape[1]} px, its image has {height} x "
                f"{width}; they must be alike"
            )
        return ids

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.files.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the image's header."""
        return image_size(self.files.images[row])


def sniff(path: Path) -> bool:
    """Whether 701_StillsRaw_full/ and LabeledApproved_full/ lie there, or train/ and trainannot/."""
    return path.is_dir() and (is_painted(path) or len(_homes(path)) > 0)


def open_camvid(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a CamVid data set.

    Raises:
        BadInput: if the colours have no names, an image or a label is missing, or another task is asked for.
    """
    if task not in (None, Task.SEMANTIC):
        raise BadInput(f"{path}: CamVid has label maps; open it as semantic, not {task}")
    if labels is not None:
        raise BadInput(f"{path}: CamVid has one set of labels, not {labels!r}")
    if is_painted(path):
        found, table = {"all": _painted(path)}, _named_colours(path)
    else:
        homes = _homes(path)
        found = {split: _annotated(path, homes[split]) for split in sorted(homes, key=split_order)}
        said = any((path / name).is_file() for name in CLASS_FILES)
        table = (read_class_table(path) if said else None) or _SEGNET
    if not any(files.keys for files in found.values()):
        raise BadInput(f"{path}: no image there has a label")
    channels = channels_of([image for files in found.values() for image in files.images])
    background = 0 if table.names[0] == "background" else None
    problem = Problem(Task.SEMANTIC, table.names, channels, background)
    name = path.resolve().name
    splits = {split: CamvidSplit(name, split, problem, files, table) for split, files in found.items()}
    return Splits(name, "camvid", splits, path)


def is_painted(path: Path) -> bool:
    """Whether it is the owners' layout, in colours."""
    return (path / PHOTOS).is_dir() and (path / PAINTED).is_dir()


def _named_colours(path: Path) -> ClassTable:
    said = read_colour_file(path) or read_colour_file(path / PAINTED)
    if said is None:
        raise BadInput(f"{path}: no {COLOUR_FILES[0]} names its colours; bring that of the owners")
    return table_of(said)


def _painted(path: Path) -> CamvidFiles:
    labels = {file.stem.removesuffix(MARK): file for file in _images(path / PAINTED).values()}
    images = _images(path / PHOTOS)
    return _files(path, (path / PHOTOS, path / PAINTED), sorted(labels), images, labels)


def _annotated(path: Path, home: Path) -> CamvidFiles:
    """The rows that a split's list names; without a list, all that have a label."""
    listed = path / f"{home.name}.txt"
    annotated = path / f"{home.name}{ANNOTATED}"
    labels = _images(annotated)
    keys = sorted(labels)
    if listed.is_file():
        # A line names the photo, then the label, by paths that were true somewhere else.
        keys = [Path(line.rpartition("/")[2]).stem for line in names_in(listed)]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadInput(f"{listed}: names {twice!r} twice; remove one of the lines")
    return _files(path, (home, annotated), keys, _images(home), labels)


def _files(
    path: Path,
    homes: tuple[Path, Path],
    keys: Sequence[str],
    images: Mapping[str, Path],
    labels: Mapping[str, Path],
) -> CamvidFiles:
    for key in keys:
        for home, there in zip(homes, (images, labels), strict=True):
            if key not in there:
                raise BadInput(f"{home}: nothing called {key} there; bring it, or take out what goes with it")
    return CamvidFiles(
        path, homes, tuple(keys), tuple(images[key] for key in keys), tuple(labels[key] for key in keys)
    )


def _homes(path: Path) -> dict[str, Path]:
    """Folders of photos that have one of labels beside, by split."""
    return {
        folder.name: folder for folder in folders_in(path) if (path / f"{folder.name}{ANNOTATED}").is_dir()
    }


def _images(folder: Path) -> dict[str, Path]:
    return {file.stem: file for file in sorted(folder.iterdir()) if is_image(file)}
