"""Pascal VOC: JPEGImages/ with label maps in SegmentationClass/ and objects in SegmentationObject/.

Maps are PNG files with a palette, 255 being void. The value in SegmentationObject says which object a pixel
is of, its class is the one in SegmentationClass; void pixels, the borders around objects, are one crowd of
unknown class, so that they count neither for nor against anything. Objects that lie on void alone are of
unknown class. Classes are VOC's 20 and the background, or those of a labelmap.txt, as CVAT writes it; maps in
RGB are read by its colours. ImageSets/Segmentation/*.txt name the splits; trainval is left out beside train.
Annotations/ and whatever else lies there is carried over, not read: boxes in XML files are labels of another
task, and do not change with the masks.

What survives: label maps wholly, with IGNORE. Of objects their pixels, classes and number: one pixel is of
one object, crowds become void pixels and so one crowd, and ids hang on the image's name and the map's value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import UInt8

from truemask.data.files import split_order
from truemask.data.formats.class_file import ClassTable
from truemask.data.formats.class_maps import read_ids
from truemask.data.formats.class_object_maps import objects_of
from truemask.data.formats.colours import ColourTable, standard_colours
from truemask.data.formats.id_maps import check_ids_differ
from truemask.data.formats.image_rows import ImageRows
from truemask.data.formats.list_file import names_in
from truemask.data.formats.voc_classes import VOID, voc_problem, voc_table
from truemask.data.image_file import (
    MAP_SUFFIXES,
    channels_of,
    is_colour,
    is_image,
    read_image,
    read_map,
)
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels, Problem, Task

IMAGES = "JPEGImages"
CLASSES = "SegmentationClass"
OBJECTS = "SegmentationObject"
LISTS = "ImageSets/Segmentation"
_BOTH = "trainval"
_NESTED = ("VOC20[0-9][0-9]", "VOCdevkit/VOC20[0-9][0-9]")
_OBJECT_COLOURS = ColourTable(standard_colours(VOID), standard_colours(VOID + 1)[VOID])


@dataclass(frozen=True)
class VocFiles:
    """The files of one split, row by row.

    Args:
        root: the folder that has JPEGImages/.
        objects: maps of objects; empty for label maps.
    """

    root: Path
    keys: tuple[str, ...]
    images: tuple[Path, ...]
    classes: tuple[Path, ...]
    objects: tuple[Path, ...]


@final
class VocSplit(ImageRows):
    """One split of a VOC data set: label maps, or objects where the problem's task says so."""

    def __init__(self, name: str, split: str, problem: Problem, files: VocFiles, table: ClassTable) -> None:
        super().__init__(name, split, problem, files.keys, files.images)
        self.files, self.table = files, table

    def labels(self, row: int) -> Labels:
        """The label map, or the objects.

        Raises:
            BadInput: if a file cannot be read, is not of the image's size, or shows what is no class.
        """
        classes = self.class_map(row)
        if self.problem.task == Task.SEMANTIC:
            return classes
        return objects_of(self.object_map(row), classes, VOID, self.keys[row], self.files.objects[row])

    def class_map(self, row: int) -> UInt8[np.ndarray, "h w"]:
        """Class ids from SegmentationClass."""
        path = self.files.classes[row]
        ids = read_ids(path, self.table)
        self.check_size(row, path, ids.shape)
        return ids

    def object_map(self, row: int) -> UInt8[np.ndarray, "h w"]:
        """Numbers of objects from SegmentationObject, 255 being void."""
        path = self.files.objects[row]
        if is_colour(path):
            values = _OBJECT_COLOURS.to_ids(read_image(path, channels=3), path)
        else:
            values = read_map(path)
        self.check_size(row, path, values.shape)
        if values.max(initial=0) > VOID:
            raise BadInput(f"{path}: object {values.max()}; maps of objects hold 0 to {VOID} here")
        return values.astype(np.uint8)


def sniff(path: Path) -> bool:
    """Whether JPEGImages/ and SegmentationClass/ lie there, or in VOC2012/ or VOCdevkit/VOC2012/ inside."""
    return len(_roots(path)) > 0


def open_voc(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a VOC data set, as label maps where no task is named.

    Args:
        labels: another folder of label maps, such as SegmentationClassAug.

    Raises:
        BadInput: if images or maps are missing, lists are wrong, or several years lie there.
    """
    roots = _roots(path)
    if len(roots) > 1:
        raise BadInput(f"{path}: holds {', '.join(root.name for root in roots)}; open one of them")
    root = roots[0]
    table = voc_table(root)
    images = _by_stem(root / IMAGES)
    if not (root / (labels or CLASSES)).is_dir():
        raise BadInput(f"{root}: has no folder of label maps called {labels!r}")
    classes = _by_stem(root / (labels or CLASSES))
    objects = _by_stem(root / OBJECTS) if task == Task.INSTANCE and (root / OBJECTS).is_dir() else {}
    files = {}
    for split, listed in splits_of(root / LISTS, classes, path).items():
        keys = tuple(listed)
        files[split] = VocFiles(
            root=root,
            keys=keys,
            images=tuple(_there(images, key, root / IMAGES) for key in keys),
            classes=tuple(_there(classes, key, root / (labels or CLASSES)) for key in keys),
            objects=tuple(_there(objects, key, root / OBJECTS) for key in keys if task == Task.INSTANCE),
        )
    channels = channels_of([image for one in files.values() for image in one.images])
    problem = voc_problem(table, task, channels, root)
    name = root.resolve().name + (f"/{labels}" if labels not in (None, CLASSES) else "")
    if problem.task == Task.INSTANCE:
        check_ids_differ(name, sorted({key for one in files.values() for key in one.keys}))
    splits = {split: VocSplit(name, split, problem, one, table) for split, one in files.items()}
    return Splits(name, "voc", splits, path)


def splits_of(lists: Path, labelled: Mapping[str, Path], path: Path) -> Mapping[str, Sequence[str]]:
    """The keys of each split by the lists in a folder; without lists, all that is labelled.

    A list none of whose images has a label, such as that of a test set, is no split.

    Raises:
        BadInput: if nothing is listed, or a list cannot be read.
    """
    files = {file.stem: file for file in lists.glob("*.txt")} if lists.is_dir() else {}
    if not files:
        found: dict[str, list[str]] = {"all": sorted(labelled)} if labelled else {}
    else:
        covered = "train" in files or "val" in files
        names = sorted((name for name in files if name != _BOTH or not covered), key=split_order)
        listed = {name: names_in(files[name]) for name in names}
        known = {name: any(key in labelled for key in keys) or not keys for name, keys in listed.items()}
        found = {name: keys for name, keys in listed.items() if known[name]}
    if not any(found.values()):
        raise BadInput(f"{path}: no image is listed in {lists.name}/ and has a label; add them")
    return found


def _roots(path: Path) -> list[Path]:
    """Folders with images and label maps: `path`, or years inside it."""
    if not path.is_dir():
        return []
    if _is_root(path):
        return [path]
    return [root for pattern in _NESTED for root in sorted(path.glob(pattern)) if _is_root(root)]


def _is_root(path: Path) -> bool:
    return (path / IMAGES).is_dir() and (path / CLASSES).is_dir()


def _by_stem(folder: Path) -> dict[str, Path]:
    """The images of a folder by name; of several with one name, a map comes before a photo."""
    found = [path for path in sorted(folder.iterdir()) if is_image(path)]
    return {path.stem: path for path in sorted(found, key=lambda p: p.suffix.lower() in MAP_SUFFIXES)}


def _there(files: Mapping[str, Path], key: str, folder: Path) -> Path:
    if key not in files:
        raise BadInput(f"{folder}: no image called {key} there, which is listed; bring it, or unlist it")
    return files[key]
