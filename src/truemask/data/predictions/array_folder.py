"""A folder with an array an image: KEY.npz or KEY.npy."""

import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.predictions.folders import keys_in
from truemask.data.predictions.planes import class_probabilities, is_hard
from truemask.data.predictions.stored import Said, StoredPredictions
from truemask.types import BadInput, Problem

SUFFIXES = (".npz", ".npy")
_BROKEN = (OSError, ValueError, EOFError, zipfile.BadZipFile)
"""What numpy raises on broken files."""


def suffix_in(path: Path) -> str | None:
    """Which of the two a folder holds."""
    return next((suffix for suffix in SUFFIXES if next(path.rglob(f"*{suffix}"), None)), None)


def open_array_folder(folder: Path, dataset: Dataset) -> StoredPredictions:
    """Probabilities "k h w" or "k", or integers "h w" or a single one, per image.

    An .npz holds one array, or one called `probs`.

    Raises:
        BadInput: if some file is about no image of the data set, or the first cannot be read.
    """
    suffix = suffix_in(folder)
    assert suffix is not None
    keys = keys_in(folder, suffix, dataset)
    return StoredPredictions(
        folder,
        keys,
        partial(_read, folder, suffix, dataset.problem),
        hard=is_hard(_array(folder / f"{keys[0]}{suffix}")),
    )


def _read(folder: Path, suffix: str, problem: Problem, key: str) -> Said:
    file = folder / f"{key}{suffix}"
    return class_probabilities(_array(file), problem, file)


def _array(file: Path) -> np.ndarray:
    try:
        # Opened here: numpy leaves a broken archive open.
        with file.open("rb") as stream:
            held = np.load(stream)
            if isinstance(held, np.ndarray):
                return held
            names = held.files
            if "probs" in names or len(names) == 1:
                return np.asarray(held["probs" if "probs" in names else names[0]])
    except _BROKEN as error:
        raise BadInput(f"{file}: cannot be read ({error}); write it again") from error
    raise BadInput(f"{file}: holds {', '.join(names) or 'nothing'}; call the probabilities 'probs'")
