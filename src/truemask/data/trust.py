"""How far given labels are to be trusted, as files that anybody can write and look at.

A folder holds `KEY.png`, the trust in each pixel of that image's label map in 255ths, or `weights.csv` with
the columns key and weight, for images and for objects (`IMAGE#ID`). What it does not name is trusted in full.
Of objects it may hold both: the maps are for those who learn from them as label maps.
"""

import csv
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from truemask.data.as_objects import object_key
from truemask.data.dataset import Dataset
from truemask.data.image_file import image_size, read_map, write_map
from truemask.data.resize import resize_labels
from truemask.files import write_text, write_whole
from truemask.types import BadInput, Instances, Task

WEIGHTS = "weights"
"""The folder's name inside a data set that `fix` wrote."""
FULL = 255
UNITS_FILE = "weights.csv"
"""Weights of images and objects."""
_COLUMNS = ["key", "weight"]


@dataclass(frozen=True)
class Trust:
    """What a folder says of labels.

    Args:
        path: of the folder.
        maps: files of label maps' weights by image key.
        units: weights of images or objects by key, in [0, 1].
    """

    path: Path
    maps: Mapping[str, Path]
    units: Mapping[str, float]

    def of_map(self, key: str, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
        """The trust in each pixel in 255ths, at the size that the label map is shown in."""
        if key not in self.maps:
            return np.full(size, FULL, np.uint8)
        weights = np.asarray(read_map(self.maps[key]), np.uint8)
        return weights if weights.shape == size else resize_labels(weights, size)

    def of_unit(self, key: str) -> float:
        """The trust in the class of an image or an object."""
        return self.units.get(key, 1.0)

    def digest(self) -> str:
        """A hash of all that is said, by which a run knows its weights again."""
        whole = hashlib.blake2b(digest_size=16)
        for key in sorted(self.maps):
            whole.update(key.encode() + b"\0" + self.maps[key].read_bytes())
        for key in sorted(self.units):
            whole.update(f"{key}\0{self.units[key]!r}".encode())
        return f"blake2b:{whole.hexdigest()}"

    def must_be_about(self, dataset: Dataset) -> None:
        """Meet weights that belong to other labels now, by names and sizes; a part of the rows will do.

        Raises:
            BadInput: if no weight has a label in the data set, or a map of weights has another size.
        """
        task = dataset.problem.task
        named: Collection[str] = self.maps if task == Task.SEMANTIC else self.units
        there = object_keys(dataset) if task == Task.INSTANCE else dataset.keys
        if task == Task.INSTANCE and not named and set(self.maps) & set(dataset.keys):
            raise BadInput(
                f"{self.path}: weighs pixels, and no object of {dataset.name}: what may be missing has a "
                "weight for label maps only; train with --task semantic, or leave the weights out"
            )
        if not set(named) & set(there):
            raise BadInput(
                f"{self.path}: none of its weights is for {_UNIT[task]} of {dataset.name} "
                f"({dataset.split}); name them as {next(iter(there), 'its keys are')!r}"
            )
        for row, key in enumerate(dataset.keys):
            if key in self.maps and image_size(self.maps[key]) != dataset.size(row):
                given, wanted = image_size(self.maps[key]), dataset.size(row)
                raise BadInput(
                    f"{self.maps[key]}: {given[0]} x {given[1]} px, for a label map of {wanted[0]} x "
                    f"{wanted[1]}; write one weight for each pixel"
                )


_UNIT = {
    Task.SEMANTIC: "a label map (KEY.png)",
    Task.CLASSIFICATION: f"an image ({UNITS_FILE})",
    Task.INSTANCE: f"an object ({UNITS_FILE})",
}


def read_trust(path: Path) -> Trust:
    """The weights in a folder, or in the folder `weights` of a data set that `fix` wrote.

    Raises:
        BadInput: if there are none, or a number is outside [0, 1].
    """
    home = path / WEIGHTS if (path / WEIGHTS).is_dir() else path
    maps = {file.relative_to(home).as_posix()[: -len(".png")]: file for file in sorted(home.rglob("*.png"))}
    units = _read_units(home / UNITS_FILE) if (home / UNITS_FILE).is_file() else {}
    if not maps and not units:
        raise BadInput(f"{path} holds no weights: there is neither {UNITS_FILE} nor a KEY.png")
    return Trust(home, maps, units)


def write_map_trust(folder: Path, key: str, weights: UInt8[np.ndarray, "h w"]) -> None:
    """Write the trust in each pixel of a label map, in 255ths."""
    write_whole(folder / f"{key}.png", lambda fresh: write_map(fresh, weights))


def write_unit_trust(folder: Path, weights: Mapping[str, float]) -> None:
    """Write the trust in images or objects, by key."""
    lines = [",".join(_COLUMNS), *(f"{_quoted(key)},{weight:.4f}" for key, weight in weights.items())]
    write_text(folder / UNITS_FILE, "\n".join(lines) + "\n")


def object_keys(dataset: Dataset) -> list[str]:
    """The keys of all objects of an instance data set, crowds too, image after image."""
    keys = []
    for row, key in enumerate(dataset.keys):
        objects = dataset.labels(row)
        assert isinstance(objects, Instances)
        keys += [object_key(key, id_) for id_ in objects.ids.tolist()]
    return keys


def _read_units(path: Path) -> dict[str, float]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not rows or rows[0] != _COLUMNS:
        raise BadInput(f"{path}: the first line is {','.join(_COLUMNS)!r}, and each other one has both")
    weights = {}
    for number, row in enumerate(rows[1:], start=2):
        try:
            key, text = row
            weight = float(text)
        except ValueError as error:
            got = ",".join(row)
            raise BadInput(f"{path}, line {number}: needs a key and a number; got {got!r}") from error
        if not 0 <= weight <= 1:
            raise BadInput(f"{path}, line {number}: a weight is between 0 and 1; got {text}")
        weights[key] = weight
    return weights


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
