"""One .npy file with the predictions of all images, one after the other along the first axis."""

from functools import partial
from pathlib import Path

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.predictions.planes import class_probabilities, is_hard
from truemask.data.predictions.stacks import keys_of_stack
from truemask.data.predictions.stored import Said, StoredPredictions
from truemask.types import BadInput, Problem


def sniff(path: Path) -> bool:
    """Whether it is such a file, by its name."""
    return path.is_file() and path.suffix == ".npy"


def open_npy_stack(file: Path, dataset: Dataset) -> StoredPredictions:
    """Probabilities "n k h w" or "n k", or integers "n h w" or "n".

    Rows are in the order of the keys in NAME.txt beside it, one a line; without that file, in the data set's.

    Raises:
        BadInput: if it cannot be read, or keys and rows do not match.
    """
    stack = _mapped(file)
    listed = file.with_suffix(".txt")
    named = listed.read_text(encoding="utf-8").split("\n") if listed.is_file() else None
    keys = keys_of_stack(file, stack.shape, None if named is None else [*filter(None, named)], dataset)
    rows = {key: row for row, key in enumerate(keys)}
    return StoredPredictions(file, keys, partial(_read, file, rows, dataset.problem), hard=is_hard(stack))


def _read(file: Path, rows: dict[str, int], problem: Problem, key: str) -> Said:
    # Mapped anew for each row: what was read before then takes no memory any more.
    return class_probabilities(np.array(_mapped(file)[rows[key]]), problem, f"{file}, row {rows[key]}")


def _mapped(file: Path) -> np.ndarray:
    try:
        stack = np.load(file, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(
            f"{file}: cannot be read as an array ({error}); write it again with numpy.save"
        ) from error
    return np.asanyarray(stack)
