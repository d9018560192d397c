"""Folders of images and label maps: images/x.jpg with labels/x.png, in one folder or one per split.

Maps hold integers of 8 or 16 bits; in RGB, where the class file says which colour is which class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import SPLITS, folders_in, split_name
from truemask.data.formats.class_file import ClassTable, read_class_table
from truemask.data.formats.class_maps import read_ids
from truemask.data.formats.id_maps import check_ids_differ, read_objects
from truemask.data.formats.image_rows import ImageRows
from truemask.data.image_file import (
    MAP_SUFFIXES,
    channels_of,
    is_image,
    is_wide,
    read_map,
)
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import IGNORE, BadInput, Labels, Problem, Task

IMAGES = "images"
LABELS = "labels"
_MOST_GUESSED = 64
_BACKGROUNDS = frozenset({"background", "_background_", "bg"})
_BINARY = ("background", "foreground")
OBJECTS = ClassTable(("background", "object"), (0, 1), ignore=None, task=Task.INSTANCE)


@dataclass(frozen=True)
class Pairs:
    """The files of one split, row by row; images without a label are listed apart.

    Args:
        home: the folder that has images/.
        unlabelled: images that have no label file: no rows, but counted and carried over.
    """

    home: Path
    keys: tuple[str, ...]
    images: tuple[Path, ...]
    labels: tuple[Path, ...]
    unlabelled: tuple[Path, ...]


@final
class MaskFolder(ImageRows):
    """One split of a mask folder, with maps of class ids or of object ids by the problem's task."""

    def __init__(self, name: str, split: str, problem: Problem, files: Pairs, table: ClassTable) -> None:
        super().__init__(name, split, problem, files.keys, files.images)
        self.files, self.table = files, table

    def labels(self, row: int) -> Labels:
        """The label map, uint8 "h w" with IGNORE = 255, or the objects of a map of objects.

        Raises:
            BadInput: if the file cannot be read, is not of the image's size, or has a value that is no class.
        """
        path = self.files.labels[row]
        if self.problem.task == Task.INSTANCE:
            objects = read_objects(path, self.keys[row], self.table.ignore)
            self.check_size(row, path, objects.size)
            return objects
        ids = read_ids(path, self.table)
        self.check_size(row, path, ids.shape)
        return ids


def sniff(path: Path) -> bool:
    """Whether there are images/ with label maps beside: in the folder, one level down, or one level up."""
    if homes := homes_of(path):
        return any(label_folders(home) for home in homes.values())
    beside = path.parent
    return path.is_dir() and (beside / IMAGES).is_dir() and path.name in label_folders(beside)


def open_mask_folder(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a mask folder; of a folder of labels, if it lies beside images/.

    Maps of 16 bits without a class file hold objects, as do all maps where meta.json says `"task":
    "instance"`; they open as instances of one class, or as foreground where `task` is semantic. Without a
    class file, classes are what the maps hold: 0 and 255, or 0 and 1, are background and foreground.

    Args:
        labels: which folder beside images/ has the labels, where there are several.
        task: what the maps hold, where a class file or their bits say otherwise.

    Raises:
        BadInput: if it is not clear which labels are meant, a label has no image, or nothing has a label.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: a mask folder has label maps; open it as semantic or instance")
    root, labels = root_of(path, labels)
    found = {split: _pairs(home, chosen_labels(home, labels)) for split, home in homes_of(root).items()}
    if not any(files.keys for files in found.values()):
        raise BadInput(f"{path}: no image in {IMAGES} has a label map of the same name; add them")
    whole = whole_of(root)
    name = whole.name if labels in (None, LABELS) else f"{whole.name}/{labels}"
    table, holds = _table(whole, found, task)
    channels = channels_of([image for files in found.values() for image in files.images])
    background = 0 if table.names[0].lower() in _BACKGROUNDS else None
    problem = Problem(holds, table.names, channels, background)
    splits: dict[str, Dataset] = {
        split: MaskFolder(name, split, problem, files, table) for split, files in found.items()
    }
    if holds == Task.INSTANCE:
        check_ids_differ(name, [key for data in splits.values() for key in data.keys])
        if task == Task.SEMANTIC:
            splits = {split: AsSemantic(data) for split, data in splits.items()}
    return Splits(name, "mask-folder", splits, path)


def whole_of(home: Path) -> Path:
    """The folder of the whole data set, where the class file lies: the one above a split."""
    return home.parent if split_name(home.name) else home


def root_of(path: Path, labels: str | None) -> tuple[Path, str | None]:
    """The folder that has images/, and the labels meant: `path` may be a folder of labels itself."""
    if homes_of(path) or not (path.parent / IMAGES).is_dir():
        return path, labels
    if labels not in (None, path.name):
        raise BadInput(f"{path} is a folder of labels already; open {path.parent} to choose {labels!r}")
    return path.parent, path.name


def homes_of(path: Path) -> Mapping[str, Path]:
    """Folders that hold images/, by split: `path` itself, or those directly inside."""
    if not path.is_dir():
        return {}
    if (path / IMAGES).is_dir():
        return {split_name(path.name) or "all": path}
    homes = {split_name(folder.name): folder for folder in folders_in(path) if (folder / IMAGES).is_dir()}
    return {split: homes[split] for split in SPLITS if split in homes}


def label_folders(home: Path) -> list[str]:
    """Folders beside images/ with at least one map that is named like an image."""
    stems = {image.stem for image in (home / IMAGES).iterdir() if is_image(image)}
    others = [folder for folder in folders_in(home) if folder.name != IMAGES]
    return [folder.name for folder in others if any(m.stem in stems for m in maps_in(folder))]


def maps_in(folder: Path) -> list[Path]:
    """The files of a folder that may be label maps."""
    return [p for p in folder.iterdir() if is_image(p) and p.suffix.lower() in MAP_SUFFIXES]


def chosen_labels(home: Path, labels: str | None) -> str | None:
    """The folder of labels meant; None for a split that has none at all."""
    there = label_folders(home)
    if not there:
        return None
    if labels is not None:
        if labels not in there:
            raise BadInput(f"{home} has no labels called {labels!r}; there is: {', '.join(there)}")
        return labels
    if LABELS in there:
        return LABELS
    if len(there) > 1:
        raise BadInput(
            f"{home} has {len(there)} folders of labels ({', '.join(there)}); choose one, such as {there[0]}"
        )
    return there[0]


def _pairs(home: Path, labels: str | None) -> Pairs:
    images = _by_stem(p for p in (home / IMAGES).iterdir() if is_image(p))
    maps = {} if labels is None else _by_stem(maps_in(home / labels))
    if strays := sorted(set(maps) - set(images)):
        raise BadInput(
            f"{maps[strays[0]]}: no image of that name in {IMAGES}; bring it back or remove the label"
            + f" ({len(strays)} such labels)" * (len(strays) > 1)
        )
    keys = tuple(sorted(maps))
    return Pairs(
        home=home,
        keys=keys,
        images=tuple(images[key] for key in keys),
        labels=tuple(maps[key] for key in keys),
        unlabelled=tuple(images[key] for key in sorted(set(images) - set(maps))),
    )


def _by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    by_stem: dict[str, Path] = {}
    for path in paths:
        if path.stem in by_stem:
            raise BadInput(f"{path} and {by_stem[path.stem].name} have one name; rename one of them")
        by_stem[path.stem] = path
    return by_stem


def _table(root: Path, found: Mapping[str, Pairs], task: Task | None) -> tuple[ClassTable, Task]:
    """What the maps' values mean, and whether the maps hold classes or objects."""
    said = read_class_table(root)
    maps = [label for files in found.values() for label in files.labels]
    if said is None:
        holds_objects = task == Task.INSTANCE or is_wide(maps[0])
        return (OBJECTS, Task.INSTANCE) if holds_objects else (guessed_table(root, maps), Task.SEMANTIC)
    if Task.INSTANCE in {task, said.task}:
        if said.task != Task.INSTANCE or len(said.names) != 2:
            raise BadInput(
                f"{root}: maps of objects have two classes, such as background and object, and say "
                '"task": "instance" in meta.json'
            )
        return said, Task.INSTANCE
    return said, Task.SEMANTIC


def guessed_table(root: Path, maps: Sequence[Path]) -> ClassTable:
    """Classes from the values that the maps hold."""
    counts = np.zeros(2**16, dtype=np.int64)
    for path in maps:
        counts += np.bincount(read_map(path).ravel(), minlength=2**16)
    held = set(np.flatnonzero(counts).tolist())
    if held == {0, IGNORE}:
        return ClassTable(_BINARY, (0, IGNORE), ignore=None)
    highest = max(held - {IGNORE}, default=0)
    if highest <= 1:
        return ClassTable(_BINARY, (0, 1))
    if highest >= _MOST_GUESSED:
        raise BadInput(
            f"{root}: its maps hold values up to {highest} and no class file names them; write classes.txt, "
            "or open it as instance if each value is one object"
        )
    return ClassTable(tuple(f"class {i}" for i in range(highest + 1)), tuple(range(highest + 1)))
