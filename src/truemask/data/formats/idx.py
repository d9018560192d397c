"""MNIST and what is laid out like it: train-images-idx3-ubyte with train-labels-idx1-ubyte, or their .gz.

An idx file is two zeros, the kind of its values (8: one byte each), the number of its axes, their lengths as
big-endian numbers of 4 bytes, and the values. Images have the axes n, h, w, or n, h, w, 3 where they are in
colour. The t10k- files are the split test. Names of the classes come from a class file beside; without one
they are numbers.

What survives: images, labels with IGNORE (255), splits; keys are numbers.
"""

import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import UInt8

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.class_file import read_class_names
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels, Problem, Task

_FILE = re.compile(r"(.+)-(images|labels)[-.]idx\d-ubyte(\.gz)?")
_TEST = "t10k"
_UBYTE = 8
_DENSEST = 1032
"""Bytes that one packed byte can stand for."""
_AXES = {"images": (3, 4), "labels": (1,)}
_NESTED = ("raw", "MNIST/raw", "FashionMNIST/raw")


@dataclass(frozen=True)
class IdxFiles:
    """The two files of a split."""

    images: Path
    labels: Path


@final
class IdxSplit(Dataset):
    """One split, in memory."""

    def __init__(
        self, name: str, split: str, problem: Problem, images: np.ndarray, labels: np.ndarray, files: IdxFiles
    ) -> None:
        self.name, self.split, self.problem, self.files = name, split, problem, files
        self.keys: Sequence[str] = [f"{row:06d}" for row in range(len(images))]
        self._images, self._labels = images, labels

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c"."""
        image: np.ndarray = self._images[row]
        return image if image.ndim == 3 else image[:, :, None]

    def labels(self, row: int) -> Labels:
        """The class id, or IGNORE."""
        return int(self._labels[row])

    def size(self, row: int) -> tuple[int, int]:  # noqa: ARG002 - all are alike
        """Height and width in pixels."""
        height, width = self._images.shape[1:3]
        return height, width


def sniff(path: Path) -> bool:
    """Whether images and labels lie there, or in raw/ or MNIST/raw/ inside, where torchvision has them."""
    return _home(path) is not None


def open_idx(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of an MNIST-like data set.

    Raises:
        BadInput: if a file is broken, images and labels differ in number, or a label is no class.
    """
    if task not in (None, Task.CLASSIFICATION):
        raise BadInput(f"{path}: images with one class each are a classification problem, not {task}")
    if labels is not None:
        raise BadInput(f"{path}: has one set of labels, not {labels!r}")
    home = _home(path)
    assert home is not None, "opened only what looks like it"
    files = _pairs(home)
    read = {
        split: (read_idx(one.images, "images"), read_idx(one.labels, "labels"))
        for split, one in files.items()
    }
    highest = max((int(given[given != IGNORE].max(initial=0)) for _, given in read.values()), default=0)
    names = read_class_names(home) or tuple(str(i) for i in range(max(highest + 1, 2)))
    channels = {images.shape[3] if images.ndim == 4 else 1 for images, _ in read.values()}
    if len(channels) > 1:
        raise BadInput(f"{home}: its splits do not have the same channels; make them alike")
    problem = Problem(Task.CLASSIFICATION, names, channels.pop())
    name = path.resolve().name
    splits = {}
    for split in sorted(files, key=split_order):
        images, given = read[split]
        _check(files[split], images, given, len(names))
        splits[split] = IdxSplit(name, split, problem, images, given, files[split])
    return Splits(name, "idx", splits, path)


def read_idx(path: Path, kind: str) -> UInt8[np.ndarray, "..."]:
    """The array in an idx file of `images` or of `labels`.

    Raises:
        BadInput: if the file is broken, or holds another array.
    """
    packed = path.suffix == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.read(4)
            axes = head[3] if len(head) == 4 else 0
            if head[:3] != bytes([0, 0, _UBYTE]) or axes not in _AXES[kind]:
                raise BadInput(f"{path}: is no idx file of {kind} of one byte a value; replace it")
            shape = np.frombuffer(stream.read(4 * axes).ljust(4 * axes, b"\xff"), ">u4").tolist()
            # A broken header may name any size: read no more than there can be.
            most = path.stat().st_size * (_DENSEST if packed else 1)
            content = stream.read(min(prod(shape), most) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read ({error}); replace it") from error
    if prod(shape) != len(content):
        sizes = " x ".join(map(str, shape))
        raise BadInput(f"{path}: says {sizes} values and does not hold as many; replace it")
    if axes == 4 and shape[3] != 3:
        raise BadInput(f"{path}: images with {shape[3]} channels; idx files have none or 3 here")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _home(path: Path) -> Path | None:
    homes = (path, *(path / name for name in _NESTED))
    return next((home for home in homes if home.is_dir() and _pairs(home)), None)


def _pairs(home: Path) -> dict[str, IdxFiles]:
    """The files of each split that has both; plain ones before packed ones."""
    found: dict[str, dict[str, Path]] = {}
    for file in sorted(home.iterdir(), reverse=True):
        if match := _FILE.fullmatch(file.name):
            found.setdefault("test" if match[1] == _TEST else match[1], {})[match[2]] = file
    return {
        split: IdxFiles(both["images"], both["labels"]) for split, both in found.items() if len(both) == 2
    }


def _check(files: IdxFiles, images: np.ndarray, given: np.ndarray, classes: int) -> None:
    if len(images) != len(given):
        raise BadInput(f"{files.labels}: {len(given)} labels for {len(images)} images; each needs one")
    if 0 in images.shape[1:]:
        raise BadInput(f"{files.images}: its images have no pixels; replace it")
    wrong = np.flatnonzero((given >= classes) & (given != IGNORE))
    if len(wrong):
        raise BadInput(
            f"{files.labels}: image {wrong[0]} has class {given[wrong[0]]} of {classes} (0 to {classes - 1}, "
            f"IGNORE is {IGNORE}); correct it, or name the class in classes.txt"
        )
