"""Plain folders of images without any labels: cells/1.tif, cells/2.tif.

For methods that need no labels. It is no row of FORMATS, for it holds nothing that could be written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.image_file import channels_of, image_size, is_image, read_image
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels, Problem, Task

CLASSES = ("background", "foreground")


@final
class ImageFolder(Dataset):
    """Images whose every pixel has the label IGNORE."""

    def __init__(self, name: str, problem: Problem, images: Sequence[Path]) -> None:
        self.name, self.split, self.problem = name, "all", problem
        self.images = images
        self.keys = [image.stem for image in images]
        self._sizes: dict[int, tuple[int, int]] = {}

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.images[row], self.problem.channels)

    def labels(self, row: int) -> Labels:
        """IGNORE everywhere."""
        return np.full(self.size(row), IGNORE, dtype=np.uint8)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the header."""
        if row not in self._sizes:
            self._sizes[row] = image_size(self.images[row])
        return self._sizes[row]


def sniff(path: Path) -> bool:
    """Whether images lie in the folder itself."""
    return path.is_dir() and any(is_image(file) for file in path.iterdir())


def open_image_folder(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The images of a folder, as background and foreground yet to be told apart.

    Raises:
        BadInput: if labels or another task are asked for, or two images have one name.
    """
    if labels is not None:
        raise BadInput(f"{path}: images without labels; there are none called {labels!r}")
    if task not in (None, Task.SEMANTIC):
        raise BadInput(f"{path}: images without labels open as semantic, not as {task}")
    images = sorted(file for file in path.iterdir() if is_image(file))
    by_stem = {image.stem: image for image in images}
    if len(by_stem) < len(images):
        double = next(image for image in images if by_stem[image.stem] != image)
        raise BadInput(f"{double} and {by_stem[double.stem].name} have one name; rename one of them")
    name = path.resolve().name
    problem = Problem(Task.SEMANTIC, CLASSES, channels_of(images), background=0)
    return Splits(name, "image-folder", {"all": ImageFolder(name, problem, images)}, path)
