"""Class sets as folders of images, one folder a class: cats/1.jpg, dogs/2.jpg, or train/cats/1.jpg."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import SPLITS, folders_in, split_name
from truemask.data.formats.class_file import CLASS_FILES, read_class_names
from truemask.data.image_file import channels_of, image_size, is_image, read_image
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels, Problem, Task


@final
class ClassFolder(Dataset):
    """The images of one split, class by class; each image's label is the folder it lies in."""

    def __init__(self, name: str, split: str, problem: Problem, images: Sequence[Path], home: Path) -> None:
        self.name, self.split, self.problem = name, split, problem
        self.images, self.home = images, home
        self.keys = _keys(images)

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c".

        Raises:
            BadInput: if the file cannot be read.
        """
        return read_image(self.images[row], self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The class id."""
        return self.problem.classes.index(self.images[row].parent.name)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the header."""
        return image_size(self.images[row])


def sniff(path: Path) -> bool:
    """Whether folders hold images, here or one level down: two at least, or one where a class file is."""
    if not path.is_dir():
        return False
    enough = 1 if any((path / name).is_file() for name in CLASS_FILES) else 2
    return all(len(_classes(home)) >= enough for home in _homes(path).values())


def open_class_folder(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a class folder. Classes are the folders by name, or as a class file lists them.

    Raises:
        BadInput: if a folder is no class of the class file, or another task is asked for.
    """
    if labels is not None:
        raise BadInput(f"{path}: its folders are its labels; there are no others called {labels!r}")
    if task not in (None, Task.CLASSIFICATION):
        raise BadInput(f"{path}: images with one class each are a classification problem, not {task}")
    homes = _homes(path)
    found = {folder for home in homes.values() for folder in _classes(home)}
    names = read_class_names(path) or tuple(sorted(found))
    if strange := sorted(found - set(names)):
        raise BadInput(
            f"{path}: the folder {strange[0]} is none of the classes {', '.join(names)}; rename it"
        )
    images = {split: _images(home, names) for split, home in homes.items()}
    channels = channels_of([image for part in images.values() for image in part])
    problem = Problem(Task.CLASSIFICATION, names, channels)
    name = path.resolve().name
    splits = {split: ClassFolder(name, split, problem, images[split], homes[split]) for split in homes}
    return Splits(name, "class-folder", splits, path)


def _homes(path: Path) -> Mapping[str, Path]:
    """Folders that hold class folders, by split."""
    homes = {split_name(folder.name): folder for folder in folders_in(path) if _classes(folder)}
    splits = {split: homes[split] for split in SPLITS if split in homes}
    return splits or {"all": path}


def _classes(home: Path) -> list[str]:
    return [folder.name for folder in folders_in(home) if _is_class(folder)]


def _is_class(folder: Path) -> bool:
    """Whether the folder has images, and not mostly companions of others, such as x_mask.png beside x.png."""
    stems = {path.stem for path in folder.iterdir() if is_image(path)}
    companions = sum(stem.rpartition("_")[0] in stems for stem in stems)
    return len(stems) > 0 and companions * 2 < len(stems)


def _images(home: Path, names: Sequence[str]) -> list[Path]:
    folders = [home / name for name in names if (home / name).is_dir()]
    return [file for folder in folders for file in sorted(folder.iterdir()) if is_image(file)]


def _keys(images: Sequence[Path]) -> list[str]:
    """File names without suffix; with the class before them where two classes have files of one name."""
    stems = [image.stem for image in images]
    if len(set(stems)) == len(stems):
        return stems
    return [f"{image.parent.name}__{image.stem}" for image in images]
