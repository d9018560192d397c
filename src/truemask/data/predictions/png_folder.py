"""A folder of label maps KEY.png, of 1, 8 or 16 bits, that say one class a pixel."""

from functools import partial
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.image_file import read_map
from truemask.data.predictions.folders import keys_in
from truemask.data.predictions.planes import class_probabilities
from truemask.data.predictions.stored import Said, StoredPredictions
from truemask.types import BadInput, Problem, Task

SUFFIX = ".png"


def sniff(path: Path) -> bool:
    """Whether there is a PNG in the folder."""
    return path.is_dir() and next(path.rglob(f"*{SUFFIX}"), None) is not None


def open_png_folder(folder: Path, dataset: Dataset) -> StoredPredictions:
    """The maps of a folder, which are hard predictions.

    Raises:
        BadInput: if a file is about no image of the data set, or the data set has no label maps.
    """
    if dataset.problem.task != Task.SEMANTIC:
        raise BadInput(f"{folder}: label maps say nothing about {dataset.problem.task} labels")
    keys = keys_in(folder, SUFFIX, dataset)
    return StoredPredictions(folder, keys, partial(_read, folder, dataset.problem), hard=True)


def _read(folder: Path, problem: Problem, key: str) -> Said:
    file = folder / f"{key}{SUFFIX}"
    return class_probabilities(read_map(file), problem, file)
