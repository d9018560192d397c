"""YOLO segmentation sets of Ultralytics: data.yaml, images/SPLIT/x.jpg, labels/SPLIT/x.txt.

Each line of a label file is one object: its class and one polygon, or its class and a box, whose mask is
the whole box. An image whose file is empty or missing has no objects. There is no room for crowds, for
objects of unknown class or without pixels, for boxes apart from masks, or for ids: an object is known by
the number of its line, and a removed one leaves an empty line, which Ultralytics skips.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.formats.found import as_instances
from truemask.data.formats.yolo_config import Config, config_in, read_config
from truemask.data.formats.yolo_lines import read_lines
from truemask.data.image_file import image_size, read_image
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import BadInput, Labels, Problem, Task

IMAGES, LABELS = "images", "labels"


@final
class YoloSplit(Dataset):
    """One split of a YOLO set: its images, each with the label file that belongs to it, if there is one."""

    def __init__(self, name: str, split: str, config: Config) -> None:
        self.name, self.split, self.config = name, split, config
        self.problem = Problem(Task.INSTANCE, ("background", *config.names), background=0)
        self.images = config.images[split]
        self.keys = _keys(self.images, config.homes[split])
        self._sizes: dict[int, tuple[int, int]] = {}

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w 3".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.images[row], channels=3)

    def labels(self, row: int) -> Labels:
        """The objects of the image, line by line.

        Raises:
            BadInput: naming file and line, if a line is no object of one of the classes.
        """
        size = self.size(row)
        path = self.label_file(row)
        content = _content(path)
        found = read_lines(path, content, self.split, self.keys[row], size, len(self.config.names))
        return as_instances(found, size)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the image's header."""
        if row not in self._sizes:
            self._sizes[row] = image_size(self.images[row])
        return self._sizes[row]

    def label_file(self, row: int) -> Path:
        """Where the image's objects are listed, whether or not the file is there."""
        return label_file(self.images[row])


def sniff(path: Path) -> bool:
    """Whether it is a YAML file with names and splits, or a folder with one."""
    return config_in(path) is not None


def open_yolo(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a YOLO set, by its data.yaml or the folder that has it.

    Raises:
        BadInput: if the file is wrong, a folder or listed image is missing, or other labels are asked for.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: a YOLO set has objects here; open it as instance or semantic")
    if labels is not None:
        raise BadInput(f"{path}: a YOLO set has one set of labels, not {labels!r}")
    file = config_in(path)
    assert file is not None, "opened only what looks like it"
    config = read_config(file)
    name = file.parent.resolve().name
    opened = {split: YoloSplit(name, split, config) for split in config.images}
    if not any(len(data) for data in opened.values()):
        raise BadInput(f"{file}: its folders hold no image")
    splits: Mapping[str, Dataset] = opened
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in opened.items()}
    return Splits(name, "yolo", splits, path)


def label_file(image: Path) -> Path:
    """The label file of an image: `labels` for the last `images` in its path, `.txt` for its suffix."""
    parts = list(image.with_suffix(".txt").parts)
    folders = [i for i, part in enumerate(parts[:-1]) if part == IMAGES]
    if folders:
        parts[folders[-1]] = LABELS
    return Path(*parts)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error


def _keys(images: Sequence[Path], home: Path) -> Sequence[str]:
    """Paths from the split's folder, without suffix."""
    keys = [
        (image.relative_to(home) if image.is_relative_to(home) else image).with_suffix("").as_posix()
        for image in images
    ]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadInput(f"{home}: two images are called {twice}; rename one of them")
    return keys
