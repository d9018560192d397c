"""The label dynamics of a run on disk: written beside its weights, and read as evidence about the labels."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from truemask.data.as_objects import AsObjects, object_key
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.data.views import Resized, Subset
from truemask.files import write_json, write_whole
from truemask.training.sketches import CELL, early_belief, margin, remembered, rival
from truemask.training.trained import load_run
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task, problem_from

FOLDER, INDEX, CELLS = "label_dynamics", "index.json", "sketches.u8"

Belief = Callable[[UInt8[np.ndarray, "*space 6"]], Float32[np.ndarray, "*space"]]

DYNAMICS: Mapping[str, Belief] = {
    "early": early_belief,
    "margin": margin,
    "forgetting": remembered,
}
"""Evidence by name: how far each given label is believed, in [0, 1]."""


def write_dynamics(
    folder: Path, dataset: Dataset, cells: UInt8[np.ndarray, "n 6"], starts: Int64[np.ndarray, "rows_1"]
) -> None:
    """Write the sketches of a run, and last what they are of.

    Args:
        folder: to make.
        dataset: the rows that training saw, as it saw them.
        cells: of all units one after the other.
        starts: where each row's begin, and the end of the last.
    """
    maps = dataset.problem.task == Task.SEMANTIC
    write_whole(folder / CELLS, cells[: int(starts[-1])].tofile)
    about = {
        "problem": asdict(dataset.problem),
        "cell": CELL,
        "keys": _unit_keys(dataset),
        "sizes": [list(dataset.size(row)) for row in range(len(dataset))] if maps else None,
        "images": list(dataset.keys),
        "labels": [label_sum(dataset.labels(row)) for row in range(len(dataset))],
    }
    write_json(folder / INDEX, about)


@dataclass(frozen=True)
class LabelDynamics:
    """What a run knows of the labels that it learnt from.

    Args:
        run: its folder.
        problem: whose labels they are.
        size_px: to what longest side images were reduced; None: as they are.
        keys: of images, or of objects as `AsObjects` names them.
        sizes: heights and widths of label maps; None where units are images or objects.
        labels: a checksum of the labels of each image.
        cells: the sketches, mapped from the file.
    """

    run: Path
    problem: Problem
    size_px: int | None
    keys: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...] | None
    labels: Mapping[str, int]
    cells: UInt8[np.ndarray, "n 6"]

    def judged(self, dataset: Dataset) -> Dataset:
        """The rows of a data set that the run learnt from: not those that it held out.

        Raises:
            BadInput: the run learnt from other images, or from other labels of them.
        """
        if (dataset.problem.task, dataset.problem.classes) != (self.problem.task, self.problem.classes):
            raise BadInput(f"{self.run} learnt other classes or another task than {dataset.name} has")
        shown = self._as_learnt(dataset)
        rows = [row for row, key in enumerate(dataset.keys) if key in self.labels]
        if not rows:
            raise BadInput(f"{self.run} learnt from no image of {dataset.name}; audit what it learnt from")
        for row in rows:
            if label_sum(shown.labels(row)) != self.labels[dataset.keys[row]]:
                raise BadInput(
                    f"{dataset.keys[row]}: {dataset.name} has other labels than {self.run} learnt from; "
                    "audit those, or train again with --watch-labels"
                )
        known = dataset if len(rows) == len(dataset) else Subset(dataset, rows)
        return known if self.sizes is None else _Shown(known, self)

    def map_of(self, key: str, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 6"]:
        """The sketches of a label map, at a size: each pixel has those of the one it lies in."""
        assert self.sizes is not None
        number = self._numbers[key]
        height, width = self.sizes[number]
        start = int(self._starts[number])
        cells = self.cells[start : start + height * width].reshape(height, width, len(CELL))
        if (height, width) == size:
            return cells
        rows = np.arange(size[0]) * height // size[0]
        return cells[rows[:, None], np.arange(size[1]) * width // size[1]]

    def predict(self, dataset: Dataset, evidence: str = "early") -> Iterator[Prediction]:
        """Each label of `judged` rows against its strongest rival, as probabilities of two classes.

        The given class has its belief, its rival the rest, all other classes nothing. Units that training
        never showed are NaN; images and objects among them are left out.

        Args:
            dataset: what `judged` returned.
            evidence: a name in DYNAMICS.
        """
        units = AsObjects(dataset) if dataset.problem.task == Task.INSTANCE else dataset
        rows = {key: row for row, key in enumerate(units.keys)}
        for number, key in enumerate(self.keys):
            if key not in rows:
                continue
            row = rows[key]
            cells = self.cells[number] if self.sizes is None else self.map_of(key, dataset.size(row))
            believed = DYNAMICS[evidence](cells)
            if self.sizes is not None or not np.isnan(believed):
                given = np.asarray(units.labels(row), np.uint8)
                yield Prediction(key, row, probs=_two_sided(believed, given, rival(cells), self.problem))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.keys)}

    @cached_property
    def _starts(self) -> Int64[np.ndarray, "rows_1"]:
        areas = [height * width for height, width in self.sizes or ()]
        return np.concatenate([[0], np.cumsum(areas, dtype=np.int64)])

    def _as_learnt(self, dataset: Dataset) -> Dataset:
        return dataset if self.size_px is None or dataset.problem.points else Resized(dataset, self.size_px)


def read_dynamics(run: Path) -> LabelDynamics:
    """The label dynamics of a finished run.

    Raises:
        BadInput: there is no finished run, or it did not watch its labels.
    """
    plan = load_run(run).plan
    folder = run / FOLDER
    if not (folder / INDEX).is_file():
        raise BadInput(f"{run} did not watch its labels; train with --watch-labels")
    about = json.loads((folder / INDEX).read_text())
    if tuple(about["cell"]) != CELL:
        raise BadInput(f"{folder}: written by another version of truemask; train again with --watch-labels")
    sizes = about["sizes"]
    return LabelDynamics(
        run=run,
        problem=problem_from(about["problem"]),
        size_px=plan.size_px,
        keys=tuple(about["keys"]),
        sizes=None if sizes is None else tuple((height, width) for height, width in sizes),
        labels=dict(zip(about["images"], about["labels"], strict=True)),
        cells=np.memmap(folder / CELLS, np.uint8, "r").view(np.ndarray).reshape(-1, len(CELL)),
    )


def label_sum(labels: Labels) -> int:
    """A checksum of the classes of an image: of itself, its pixels, or its objects in their order."""
    if isinstance(labels, Instances):
        return zlib.crc32(labels.classes.astype(np.int64).tobytes(), len(labels))
    return zlib.crc32(np.ascontiguousarray(labels).astype(np.uint8).tobytes())


def _unit_keys(dataset: Dataset) -> list[str]:
    if dataset.problem.task != Task.INSTANCE:
        return list(dataset.keys)
    keys = []
    for row, key in enumerate(dataset.keys):
        labels = dataset.labels(row)
        assert isinstance(labels, Instances)
        keys += [object_key(key, int(id_)) for id_ in labels.ids]
    return keys


@final
class _Shown(Dataset):
    """Label maps whose pixels are IGNORE where training never showed them."""

    def __init__(self, dataset: Dataset, dynamics: LabelDynamics) -> None:
        self.name, self.split, self.problem = dataset.name, dataset.split, dataset.problem
        self.keys = dataset.keys
        self._dataset, self._dynamics = dataset, dynamics

    def image(self, row: int) -> np.ndarray:
        """The image as it is."""
        return self._dataset.image(row)

    def labels(self, row: int) -> Labels:
        """The given labels of pixels that were shown."""
        visits = self._dynamics.map_of(self.keys[row], self.size(row))[..., 0]
        return np.where(visits > 0, np.asarray(self._dataset.labels(row), np.uint8), np.uint8(IGNORE))

    def size(self, row: int) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._dataset.size(row)


def _two_sided(
    believed: Float32[np.ndarray, "*space"],
    given: UInt8[np.ndarray, "*space"],
    other: UInt8[np.ndarray, "*space"],
    problem: Problem,
) -> Float32[np.ndarray, "k *space"]:
    """Probabilities that give the given class its belief and its rival the rest."""
    classes = np.arange(problem.num_classes, dtype=np.uint8).reshape(-1, *[1] * np.ndim(given))
    probs: Float32[np.ndarray, k * space] = np.where(classes == given, believed, np.float32(0))
    return np.where((classes == other) & (other != given), 1 - believed, probs).astype(np.float32)
