"""COCO instance files as data sets: one file, or a folder in COCO's own layout."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.coco_file import CocoColumns, read_coco
from truemask.data.image_file import read_image
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import BadInput, Labels, Problem, Task

ANNOTATIONS = "annotations"
IMAGES = "images"
INSTANCES = "instances"
_SPLIT = re.compile(r"(?:instances_)?(train|val|valid|test)(?:20\d\d)?")
_OTHER_KINDS = ("captions_", "person_keypoints_", "image_info_", "stuff_", "panoptic_")
_PROBED = 20
_CHUNK = 1 << 20
_OVERLAP = 16
"""Bytes that are looked at again with the next chunk: a word may lie across."""


@final
class CocoSplit(Dataset):
    """The images of one COCO file, in its order, with their objects.

    Args:
        root: the folder of the data set; the file and the images lie in it.
        images: the folder that the file's image names start from.
    """

    def __init__(self, name: str, split: str, columns: CocoColumns, root: Path, images: Path) -> None:
        self.name, self.split = name, split
        self.problem = Problem(Task.INSTANCE, ("background", *columns.names), background=0)
        self.columns, self.root, self.images = columns, root, images
        self.keys = _keys(columns)

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w 3".

        Raises:
            BadInput: if the file cannot be read, or has another size than the COCO file says.
        """
        path = self.images / self.columns.file_names[row]
        image = read_image(path, channels=3)
        if image.shape[:2] != self.size(row):
            height, width = self.size(row)
            raise BadInput(
                f"{path}: the image has {image.shape[0]} x {image.shape[1]} px, {self.columns.path.name} "
                f"says {height} x {width}; its masks cannot be placed"
            )
        return image

    def labels(self, row: int) -> Labels:
        """The objects of the image, in the file's order."""
        return self.columns.objects(row)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images / self.columns.file_names[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, as the file says."""
        return self.columns.size(row)


def sniff(path: Path) -> bool:
    """Whether it is a JSON file, or a folder with files that list images and annotations."""
    if path.is_file():
        return path.suffix.lower() == ".json"
    return bool(_files_in(path))


def open_coco(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a COCO file or folder.

    A folder holds files named after splits, such as annotations/instances_train2017.json, or one file, or
    several versions of one file, of which `labels` names one: v2 for instances_v2.json. Images are looked for
    in images/, in a folder named like the split, and beside the file.

    Raises:
        BadInput: if it is not clear which file is meant, an image is missing, or a file is no COCO file.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: a COCO file has objects; open it as instance or semantic")
    files = coco_files(path, labels)
    first = next(iter(files.values()))
    root = root_of(first)
    name = root.resolve().name
    if "all" in files and first.stem != INSTANCES:  # one of several versions
        name = f"{name}/{first.stem}"
    opened = {split: _open_split(name, split, file, root) for split, file in files.items()}
    tables = {(data.columns.category_ids, data.columns.names) for data in opened.values()}
    if len(tables) > 1:
        raise BadInput(f"{path}: the files {_listed(files)} do not have the same categories; make them alike")
    splits: dict[str, Dataset] = dict(opened)
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in opened.items()}
    return Splits(name, "coco", splits, path)


def coco_files(path: Path, labels: str | None) -> Mapping[str, Path]:
    """The COCO files meant by the path of one or of a folder, by split.

    Raises:
        BadInput: if it is not clear which of several is meant.
    """
    return {_split_of(path) or "all": path} if path.is_file() else _chosen(path, labels)


def root_of(file: Path) -> Path:
    """The folder of the data set that a COCO file belongs to."""
    return file.parent.parent if file.parent.name == ANNOTATIONS else file.parent


def image_folder(names: Sequence[str], file: Path) -> Path:
    """The likeliest place of a COCO file's images: the one that has the most of some."""
    root, stem = root_of(file), file.stem.removeprefix(f"{INSTANCES}_")
    places = [root / IMAGES / stem, root / stem, root / IMAGES, root, file.parent]
    probed = names[:: max(1, len(names) // _PROBED)]
    there = [place for place in dict.fromkeys(places) if place.is_dir()]
    return max(there, key=lambda place: sum((place / name).is_file() for name in probed))


def _open_split(name: str, split: str, file: Path, root: Path) -> CocoSplit:
    columns = read_coco(file)
    return CocoSplit(name, split, columns, root, _images_of(columns))


def _files_in(folder: Path) -> list[Path]:
    """The folder's COCO files, in annotations/ or else directly inside."""
    home = folder / ANNOTATIONS
    candidates = sorted((home if home.is_dir() else folder).glob("*.json"))
    return [file for file in candidates if not file.name.startswith(_OTHER_KINDS) and _is_coco(file)]


def _is_coco(file: Path) -> bool:
    """Whether the file names the three lists of a COCO file, as far as one can see without parsing it."""
    missing = {b'"images"', b'"annotations"', b'"categories"'}
    before = b""
    with file.open("rb") as stream:
        while missing and (chunk := stream.read(_CHUNK)):
            window = before + chunk
            missing = {word for word in missing if word not in window}
            before = chunk[-_OVERLAP:]
    return not missing


def _split_of(file: Path) -> str | None:
    if match := _SPLIT.fullmatch(file.stem):
        return "val" if match[1] == "valid" else match[1]
    return None


def _chosen(folder: Path, labels: str | None) -> Mapping[str, Path]:
    """The files meant, by split."""
    files = _files_in(folder)
    if labels is not None:
        files = [file for file in files if file.stem in {labels, f"{INSTANCES}_{labels}"}]
        if not files:
            there = ", ".join(file.stem for file in _files_in(folder))
            raise BadInput(f"{folder} has no file of labels called {labels!r}; there is: {there}")
    by_split = {_split_of(file) or "all": file for file in files}
    if len(by_split) < len(files) or ("all" in by_split and len(files) > 1):
        names = ", ".join(file.stem for file in files)
        raise BadInput(
            f"{folder} has {len(files)} files of labels ({names}); choose one, such as {files[0].stem}"
        )
    return {split: by_split[split] for split in sorted(by_split, key=split_order)}


def _listed(files: Mapping[str, Path]) -> str:
    return ", ".join(file.name for file in files.values())


def _images_of(columns: CocoColumns) -> Path:
    """Where the images are: a place that has all of them."""
    names = columns.file_names
    place = image_folder(names, columns.path)
    missing = [row for row, name in enumerate(names) if not (place / name).is_file()]
    if missing:
        raise BadInput(
            f"{columns.path}: image {names[missing[0]]} (id {columns.image_ids[missing[0]]}) is not in "
            f"{place}; bring it back or remove its entry ({len(missing)} of {len(names)} are missing)"
        )
    return place


def _keys(columns: CocoColumns) -> Sequence[str]:
    """Image names without their suffix, as mask folders have them."""
    keys = [str(Path(name).with_suffix("")) for name in columns.file_names]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadInput(f"{columns.path}: two images are called {twice}; rename one of them")
    return keys
