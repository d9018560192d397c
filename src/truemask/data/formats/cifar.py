"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009) as Python batches: data_batch_1 to 5, test_batch; train, test.

Images are of 32 x 32 px in colour. Names of classes come from batches.meta or meta, keys from the files' list
of file names, where these differ. The pickles are read without running them. Splits of other names are
NAME_batch, or NAME with CIFAR-100's two kinds of labels.

What survives: labels with IGNORE (255, which other readers do not know), keys, names, splits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Integer, UInt8

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.pickles import read_pickle
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels, Problem, Task

SIDE_PX = 32
_VALUES = 3 * SIDE_PX**2
META_10, META_100 = "batches.meta", "meta"
TRAIN, OTHER = "data_batch_", "_batch"
_TRAIN = re.compile(rf"{TRAIN}(\d+)")
_USUAL = {"train", "val", "test", "all"}
_NESTED = ("cifar-10-batches-py", "cifar-100-python")


@dataclass(frozen=True)
class Batch:
    """One file: where it lies, its images row by row, its labels, and the names of its images."""

    path: Path
    data: UInt8[np.ndarray, "n v"]
    labels: Integer[np.ndarray, "n"]
    names: tuple[str, ...]


@final
class CifarSplit(Dataset):
    """The batches of one split, end to end; `kind` is the key of the labels in use."""

    def __init__(self, name: str, split: str, problem: Problem, batches: Sequence[Batch], kind: str) -> None:
        self.name, self.split, self.problem = name, split, problem
        self.batches, self.kind = batches, kind
        self._data = np.concatenate([batch.data for batch in batches])
        self._labels = np.concatenate([batch.labels for batch in batches])
        names = [name for batch in batches for name in batch.names]
        unique = len(set(names)) == len(names) == len(self._data)
        self.keys: Sequence[str] = names if unique else [f"{row:06d}" for row in range(len(self._data))]

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "32 32 3"."""
        planes = self._data[row].reshape(3, SIDE_PX, SIDE_PX)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))

    def labels(self, row: int) -> Labels:
        """The class id, or IGNORE."""
        return int(self._labels[row])

    def size(self, row: int) -> tuple[int, int]:  # noqa: ARG002 - all are alike
        """Height and width in pixels."""
        return SIDE_PX, SIDE_PX


def sniff(path: Path) -> bool:
    """Whether batches.meta or meta lies there with batches beside, or in the folder of the archive inside."""
    return _home(path) is not None


def open_cifar(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of CIFAR-10 or CIFAR-100.

    Args:
        labels: `fine` (the default) or `coarse`, of CIFAR-100.

    Raises:
        BadInput: if a batch is broken, a label is no class, or other labels or another task are asked for.
    """
    if task not in (None, Task.CLASSIFICATION):
        raise BadInput(f"{path}: images with one class each are a classification problem, not {task}")
    home = _home(path)
    assert home is not None, "opened only what looks like it"
    of_100 = not (home / META_10).is_file()
    if labels is not None and not (of_100 and labels in ("fine", "coarse")):
        there = "fine, coarse" if of_100 else "but one kind, which needs no name"
        raise BadInput(f"{path} has no labels called {labels!r}; there is: {there}")
    kind = f"{labels or 'fine'}_labels" if of_100 else "labels"
    names = _names(home / (META_100 if of_100 else META_10), kind)
    files = split_files(home)
    name = home.resolve().name + ("/coarse" if labels == "coarse" else "")
    problem = Problem(Task.CLASSIFICATION, names)
    splits = {
        split: CifarSplit(
            name, split, problem, [_batch(file, kind, len(names)) for file in files[split]], kind
        )
        for split in sorted(files, key=split_order)
    }
    return Splits(name, "cifar", splits, path)


def split_files(home: Path) -> Mapping[str, list[Path]]:
    """The batches of each split, in the order of their numbers."""
    files = [file for file in home.iterdir() if file.is_file() and not file.suffix and file.name[0] != "."]
    if not (home / META_10).is_file():
        return {file.name: [file] for file in files if file.name != META_100}
    numbered = {int(match[1]): file for file in files if (match := _TRAIN.fullmatch(file.name))}
    others = {file.name.removesuffix(OTHER): [file] for file in files if file.name.endswith(OTHER)}
    return others | ({"train": [numbered[number] for number in sorted(numbered)]} if numbered else {})


def _home(path: Path) -> Path | None:
    for home in (path, *(path / name for name in _NESTED)):
        said_10, said_100 = (home / META_10).is_file(), (home / META_100).is_file()
        if (said_10 and split_files(home)) or (
            said_100 and {"train", "test", "val", "all"} & set(split_files(home))
        ):
            return home
    return None


def _names(path: Path, kind: str) -> tuple[str, ...]:
    said = _read(path)
    names = said.get(f"{kind.removesuffix('s')}_names")
    if not isinstance(names, list) or not 2 <= len(names) <= IGNORE:
        raise BadInput(
            f"{path}: has no list {kind.removesuffix('s')}_names of 2 to {IGNORE} classes; replace it"
        )
    return tuple(_text(name) for name in names)


def _batch(path: Path, kind: str, classes: int) -> Batch:
    said = _read(path)
    data = said.get("data")
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (_VALUES,):
        raise BadInput(f"{path}: has no array data of {_VALUES} bytes an image; replace it")
    given = said.get(kind)
    if isinstance(given, np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if not isinstance(given, list) or len(given) != len(data) or not all(isinstance(x, int) for x in given):
        raise BadInput(f"{path}: has no list {kind} with a class for each of {len(data)} images; replace it")
    for i, label in enumerate(given):
        if not (0 <= label < classes or label == IGNORE):
            raise BadInput(
                f"{path}: image {i} has class {label} of {classes} (0 to {classes - 1}, IGNORE is {IGNORE}); "
                "correct it"
            )
    names = said.get("filenames")
    fitting = isinstance(names, list) and len(names) == len(data)
    keys = (
        tuple(_text(name).removesuffix(".png") for name in names)
        if isinstance(names, list) and fitting
        else ()
    )
    return Batch(path, data, np.array(given, dtype=np.uint8), keys)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    return read_pickle(content, path)


def _text(name: object) -> str:
    if isinstance(name, bytes):
        return name.decode("utf-8", errors="replace")
    return str(name)
