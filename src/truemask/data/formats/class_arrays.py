"""Class sets in npz files: arrays x and y, or train_x and train_y, or JPEG bytes end to end."""

import io
import re
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Integer
from PIL import Image

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.class_file import read_class_names
from truemask.data.image_file import UNREADABLE, reason
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels, Problem, Task

_IMAGES = re.compile(r"(?:(\w+)_)?x")
_JPEG = re.compile(r"(\w+)_jpeg")
_LABELS = "labels.npz"
_BROKEN = (
    *(OSError, ValueError, EOFError, MemoryError, SyntaxError, tokenize.TokenError),
    *(NotImplementedError, zipfile.BadZipFile, zlib.error),
)
"""What numpy raises on files that are no npz; the last three come from the zip that it is."""
Arrays = dict[str, np.ndarray]


class Jpegs:
    """Images in one buffer of JPEG files end to end; the i-th is buf[off[i]:off[i + 1]]."""

    def __init__(self, path: Path, buf: np.ndarray, off: np.ndarray) -> None:
        self._path, self._buf, self._off = path, buf, off

    def __len__(self) -> int:
        return len(self._off) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        try:
            with self._open(row) as image:
                return np.array(image.convert("RGB"))
        except UNREADABLE as error:
            raise BadInput(
                f"{self._path}: image {row} cannot be read ({reason(error)}); replace the file"
            ) from error

    def size(self, row: int) -> tuple[int, int]:
        """Height and width in pixels, from the header."""
        with self._open(row) as image:
            return image.height, image.width

    def _open(self, row: int) -> Image.Image:
        return Image.open(io.BytesIO(self._buf[self._off[row] : self._off[row + 1]].tobytes()))


@dataclass(frozen=True)
class Source:
    """Where a split came from: its images' file, its labels' file, and the array to write labels to."""

    images: Path
    labels: Path
    array: str


@final
class ClassArrays(Dataset):
    """One split of a class set in memory; JPEGs stay coded until asked for."""

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        keys: Sequence[str],
        images: np.ndarray | Jpegs,
        labels: Integer[np.ndarray, "n"],
        source: Source,
    ) -> None:
        self.name, self.split, self.problem, self.keys = name, split, problem, keys
        self.source = source
        self._images, self._labels = images, labels

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c"; float32 "d" for points."""
        image: np.ndarray = self._images[row]
        return image

    def labels(self, row: int) -> Labels:
        """The class id, or IGNORE."""
        return int(self._labels[row])

    def size(self, row: int) -> tuple[int, int]:
        """Height and width in pixels; (1, 1) for points."""
        if self.problem.points:
            return 1, 1
        if isinstance(self._images, Jpegs):
            return self._images.size(row)
        height, width = self._images.shape[1:3]
        return height, width


def sniff(path: Path) -> bool:
    """Whether it is an npz file, or a folder of them."""
    return path.suffix == ".npz" if path.is_file() else any(path.glob("*.npz"))


def open_class_arrays(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a class set in npz files.

    One file with x and y, or <split>_x and <split>_y (uint8 images "n h w" or "n h w c", or float points
    "n d"); or files <split>_jpeg.npz (JPEG bytes `buf`, offsets `off`) beside labels.npz, with the labels
    under <split> or <split>_clean. Names of the classes come from classes.json or classes.txt.

    Args:
        labels: another array of labels, such as n_worst; splits that it does not fit keep their own.

    Raises:
        BadInput: if the arrays are not such arrays, or a label is no class.
    """
    if task not in (None, Task.CLASSIFICATION):
        raise BadInput(f"{path}: images with one class each are a classification problem, not {task}")
    folder = path if path.is_dir() else path.parent
    files = sorted(path.glob("*.npz")) if path.is_dir() else [path]
    parts = _jpeg_parts(files) or _plain_parts(path, files)
    given = _choose(path, parts, labels)
    names = read_class_names(folder) or _counted(given.values())
    name = folder.resolve().name if path.is_dir() else path.stem
    if labels is not None:
        name = f"{name}/{labels}"
    splits = {
        split: _split(name, split, parts[split], given[split], names)
        for split in sorted(parts, key=split_order)
    }
    if len({(data.problem.channels, data.problem.points) for data in splits.values()}) > 1:
        raise BadInput(f"{path}: its splits do not have the same channels; make them alike")
    return Splits(name, "class-arrays", splits, path)


@dataclass(frozen=True)
class _Part:
    """A split's images and all label arrays that fit them; `usual` are the names its own labels may have."""

    images: np.ndarray | Jpegs
    keys: Sequence[str]
    arrays: Mapping[str, np.ndarray]
    usual: Sequence[str]
    source: Source


def load_arrays(path: Path) -> Arrays:
    """The arrays of an npz file.

    Raises:
        BadInput: if it is not one, or holds objects.
    """
    try:
        # Opened here, because numpy leaves a file open that turns out not to be one of its own.
        with path.open("rb") as stream, np.load(stream) as file:
            return {name: file[name] for name in file.files}
    except _BROKEN as error:
        raise BadInput(f"{path}: cannot be read as arrays ({error}); write it with numpy.savez") from error


def _jpeg_parts(files: Sequence[Path]) -> dict[str, _Part]:
    found = {match[1]: file for file in files if (match := _JPEG.fullmatch(file.stem))}
    if not found:
        return {}
    labels = files[0].parent / _LABELS
    arrays = load_arrays(labels)
    parts = {}
    for split, file in found.items():
        held = load_arrays(file)
        if not {"buf", "off"} <= held.keys():
            raise BadInput(f"{file}: holds {', '.join(held)}; JPEGs end to end are buf and their offsets off")
        images = Jpegs(file, held["buf"], held["off"])
        usual = (split, f"{split}_clean", f"{split}_y")
        parts[split] = _Part(images, _numbered(len(images)), arrays, usual, Source(file, labels, split))
    return parts


def _plain_parts(path: Path, files: Sequence[Path]) -> dict[str, _Part]:
    if len(files) > 1:
        raise BadInput(
            f"{path} has {len(files)} npz files ({', '.join(f.name for f in files)}); open one of them"
        )
    file = files[0]
    arrays = load_arrays(file)
    parts = {}
    for name in arrays:
        if match := _IMAGES.fullmatch(name):
            split, prefix = match[1] or "all", name[:-1]
            images = _as_images(file, name, arrays[name])
            keys = [str(key) for key in arrays.get(f"{prefix}keys", ())] or _numbered(len(images))
            parts[split] = _Part(images, keys, arrays, (f"{prefix}y",), Source(file, file, f"{prefix}y"))
    if not parts:
        raise BadInput(
            f"{file}: holds {', '.join(arrays) or 'nothing'}; a class set has x and y, or train_x and train_y"
        )
    return parts


def _numbered(count: int) -> Sequence[str]:
    return [f"{row:06d}" for row in range(count)]


def _as_images(file: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Images "n h w c" of uint8, or points "n d" of float32."""
    if values.ndim == 2 and np.issubdtype(values.dtype, np.floating):
        return values.astype(np.float32)
    if values.dtype == np.uint8 and values.ndim == 3:
        return values[..., None]
    if values.dtype == np.uint8 and values.ndim == 4 and values.shape[3] in (1, 3):
        return values
    raise BadInput(
        f"{file}: {name} is {values.dtype} of shape {values.shape}; images are uint8 of shape (n, h, w), "
        "(n, h, w, 1) or (n, h, w, 3), points float of shape (n, d)"
    )


def _choose(path: Path, parts: Mapping[str, _Part], labels: str | None) -> dict[str, np.ndarray]:
    """The label array of each split: the one asked for where it fits, its own elsewhere."""
    fitting = {split: _fitting(part) for split, part in parts.items()}
    asked = {s: f"{s}_{labels}" if f"{s}_{labels}" in fitting[s] else labels for s in parts}
    if labels is not None and not any(asked[split] in fitting[split] for split in parts):
        there = sorted({name for names in fitting.values() for name in names})
        raise BadInput(f"{path} has no labels called {labels!r}; there is: {', '.join(there)}")
    given = {}
    for split, part in parts.items():
        wanted = [name for name in (asked[split], *part.usual) if name in fitting[split]]
        if not wanted:
            raise BadInput(
                f"{part.source.labels}: no array {' or '.join(part.usual)} with a class for each of the "
                f"{len(part.images)} images of {split}"
            )
        given[split] = part.arrays[str(wanted[0])]
    return given


def _fitting(part: _Part) -> list[str]:
    return [
        name
        for name, values in part.arrays.items()
        if values.shape == (len(part.images),) and np.issubdtype(values.dtype, np.integer)
    ]


def _counted(given: Iterable[np.ndarray]) -> tuple[str, ...]:
    """Numbers for names, where no class file has better ones."""
    highest = max((int(labels[labels != IGNORE].max(initial=0)) for labels in given), default=0)
    return tuple(str(i) for i in range(highest + 1))


def _split(name: str, split: str, part: _Part, given: np.ndarray, names: tuple[str, ...]) -> ClassArrays:
    wrong = np.flatnonzero((given != IGNORE) & ((given < 0) | (given >= len(names))))
    if len(wrong):
        raise BadInput(
            f"{part.source.labels}: image {wrong[0]} of {split} has class {given[wrong[0]]} of {len(names)} "
            f"(0 to {len(names) - 1}, IGNORE is {IGNORE}); correct it, or name the class in classes.json"
        )
    points = isinstance(part.images, np.ndarray) and part.images.ndim == 2
    channels = 3 if isinstance(part.images, Jpegs) else part.images.shape[-1]
    problem = Problem(Task.CLASSIFICATION, names, channels, points=points)
    return ClassArrays(name, split, problem, part.keys, part.images, given, part.source)
