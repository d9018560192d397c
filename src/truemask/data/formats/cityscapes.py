"""Cityscapes: leftImg8bit/SPLIT/CITY/x_leftImg8bit.png with gtFine/SPLIT/CITY/x_gtFine_labelIds.png.

Label maps come from labelIds.png, objects from instanceIds.png: a value of 1000 and up is the object value %
1000 of class value // 1000; a lower one is a class, where it is one of things a crowd of it. A meta.json
beside may give other classes and ids than Cityscapes' own.

What survives: label maps wholly. Of objects their pixels, classes and ids, one object a pixel; crowds of one
class are one; crowds and objects of unknown class are left out. The id of an object hangs on its image's name
and its value in the map, or stands in x_gtFine_objectIds.json where a copy had to number it anew.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Integer

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.files import folders_in, split_order
from truemask.data.formats.cityscapes_ids import PER_CLASS, IdTable, read_id_table
from truemask.data.formats.id_maps import check_ids_differ, first_id
from truemask.data.image_file import channels_of, image_size, is_image, read_image, read_map
from truemask.data.runs import pack_values
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances, Labels, Problem, Task

IMAGES = "leftImg8bit"
FINE = "gtFine"
_LABEL_FILE = re.compile(r"(.+)_([^_]+)_(labelIds|instanceIds)\.png")
_HIGHEST_ID = 2**53


@dataclass(frozen=True)
class Place:
    """Where the files of one image lie.

    Args:
        image: of the photo.
        labels: the folder of its labels.
        stem: what their names begin with, such as `aachen_000000_000019_gtFine`.
    """

    image: Path
    labels: Path
    stem: str

    def of(self, kind: str) -> Path:
        """A file of labels, such as `labelIds.png`."""
        return self.labels / f"{self.stem}_{kind}"


@dataclass(frozen=True)
class Home:
    """The folder of the data set, and the name of the folder of labels in use."""

    root: Path
    labels: str


@final
class CityscapesSplit(Dataset):
    """One split: label maps, or objects where the problem's task says so."""

    def __init__(
        self, name: str, split: str, problem: Problem, places: Mapping[str, Place], home: Home, table: IdTable
    ) -> None:
        self.name, self.split, self.problem = name, split, problem
        self.keys = tuple(places)
        self.places, self.home, self.table = tuple(places.values()), home, table
        self._sizes: dict[int, tuple[int, int]] = {}

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.places[row].image, self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The label map, or the objects.

        Raises:
            BadInput: if a file cannot be read, is not of the image's size, or holds an id that is not known.
        """
        if self.problem.task == Task.SEMANTIC:
            path = self.places[row].of("labelIds.png")
            return self.table.to_classes(self.map(row, "labelIds.png"), path)
        return self._objects(row)

    def map(self, row: int, kind: str) -> Integer[np.ndarray, "h w"]:
        """The integers of a file of labels.

        Raises:
            BadInput: if it cannot be read, or is not of the image's size.
        """
        path = self.places[row].of(kind)
        values = read_map(path)
        if values.shape != self.size(row):
            height, width = self.size(row)
            raise BadInput(
                f"{path}: the map has {values.shape[0]} x {values.shape[1]} px, its image has {height} x "
                f"{width}; they must be alike"
            )
        return values

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.places[row].image

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the image's header."""
        if row not in self._sizes:
            self._sizes[row] = image_size(self.places[row].image)
        return self._sizes[row]

    def values(self, row: int) -> dict[int, int]:
        """The value of each object in instanceIds.png by the object's id, for those that do not show it."""
        path = self.places[row].of("objectIds.json")
        if not path.is_file():
            return {}
        try:
            said = {int(value): id_ for value, id_ in json.loads(path.read_bytes()).items()}
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            raise BadInput(f"{path}: cannot be read as ids by value ({error}); remove the file") from error
        ids = list(said.values())
        if not all(type(id_) is int and 0 <= id_ < _HIGHEST_ID for id_ in ids) or len(set(ids)) < len(ids):
            raise BadInput(f"{path}: its ids are no different numbers below 2^53; remove the file")
        return {id_: value for value, id_ in said.items()}

    def _objects(self, row: int) -> Instances:
        path = self.places[row].of("instanceIds.png")
        values = self.map(row, "instanceIds.png")
        found, masks = pack_values(values)
        single = found >= PER_CLASS
        kinds = np.where(single, found // PER_CLASS, found)
        if strange := sorted(set(kinds.tolist()) - self.table.names.keys()):
            raise BadInput(f"{path}: a value of the id {strange[0]}, which stands for nothing; correct it")
        held = np.flatnonzero(np.isin(kinds, self.table.things))
        masks = tuple(masks[i] for i in held)
        class_of = {kind: i for i, kind in enumerate(self.table.things, start=1)}
        given = {value: id_ for id_, value in self.values(row).items()}
        first = first_id(self.keys[row])
        ids = [given.get(value, first + value) for value in found[held].tolist()]
        if len(set(ids)) < len(ids):
            beside = self.places[row].of("objectIds.json")
            raise BadInput(f"{beside}: two objects have one id; remove the file")
        height, width = values.shape
        return Instances(
            size=(height, width),
            classes=np.array([class_of[int(kind)] for kind in kinds[held]], dtype=np.uint8),
            masks=masks,
            boxes=rle.boxes(masks, (height, width)),
            ids=np.array(ids, dtype=np.int64),
            crowd=~single[held],
        )


def sniff(path: Path) -> bool:
    """Whether leftImg8bit/ lies there with gtFine/, gtCoarse/ or another gt folder beside."""
    return (path / IMAGES).is_dir() and len(_label_folders(path)) > 0


def open_cityscapes(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a Cityscapes data set, as label maps where no task is named.

    Args:
        labels: the folder of labels, such as gtCoarse; gtFine without it.

    Raises:
        BadInput: if it is not clear which labels are meant, files are missing, or nothing has a label.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: has label maps; open it as semantic or instance")
    home = Home(path, _chosen(path, labels))
    table = read_id_table(path)
    task = task or Task.SEMANTIC
    kind = "instanceIds" if task == Task.INSTANCE else "labelIds"
    found = {folder.name: _places(path, folder, kind) for folder in folders_in(path / home.labels)}
    found = {split: found[split] for split in sorted(found, key=split_order)}
    if not any(found.values()):
        raise BadInput(f"{path / home.labels}: no CITY/*_{kind}.png of any split there; add them")
    channels = channels_of([place.image for places in found.values() for place in places.values()])
    problem = table.problem(task, channels)
    name = path.resolve().name + (f"/{labels}" if labels not in (None, FINE) else "")
    if task == Task.INSTANCE:
        check_ids_differ(name, sorted({key for places in found.values() for key in places}))
    splits = {s: CityscapesSplit(name, s, problem, places, home, table) for s, places in found.items()}
    return Splits(name, "cityscapes", splits, path)


def _label_folders(path: Path) -> list[str]:
    return [folder.name for folder in folders_in(path) if folder.name.startswith("gt")]


def _chosen(path: Path, labels: str | None) -> str:
    there = _label_folders(path)
    if labels is None and FINE in there:
        return FINE
    if labels is None and len(there) == 1:
        return there[0]
    if labels not in there:
        raise BadInput(f"{path}: choose one of its folders of labels: {', '.join(there)}")
    return labels


def _places(root: Path, folder: Path, kind: str) -> dict[str, Place]:
    """Where the labelled images of a split lie, by key."""
    photos = {
        file.stem.removesuffix(f"_{IMAGES}"): file
        for file in sorted((root / IMAGES / folder.name).glob("*/*"))
        if is_image(file)
    }
    found: dict[str, Place] = {}
    for file in sorted(folder.glob("*/*.png")):
        match = _LABEL_FILE.fullmatch(file.name)
        if not match or match[3] != kind:
            continue
        key = match[1]
        if key not in photos:
            raise BadInput(f"{file}: no {key}_{IMAGES}.png in {IMAGES}/; bring it, or remove the label")
        if key in found:
            raise BadInput(f"{file}: another city of {folder.name} has a label of {key}; remove one")
        found[key] = Place(photos[key], file.parent, f"{key}_{match[2]}")
    return dict(sorted(found.items()))
