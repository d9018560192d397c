"""Zarr: one array with a row an image, or a group with an array an image."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.predictions.planes import class_probabilities, is_hard
from truemask.data.predictions.stacks import keys_of_stack
from truemask.data.predictions.stored import Said, StoredPredictions, must_know
from truemask.types import BadInput, Problem

_MARKS = ("zarr.json", ".zarray", ".zgroup")
KEYS = "keys"


def sniff(path: Path) -> bool:
    """Whether the folder is a store of version 2 or 3."""
    return any((path / mark).is_file() for mark in _MARKS)


def open_zarr_store(path: Path, dataset: Dataset) -> StoredPredictions:
    """Probabilities or integers, as arrays of numpy may hold them.

    The rows of an array are in the order of its attribute `keys`, a list; without it, in the data set's. The
    arrays of a group are called by their keys; a slash in a key is a group inside.

    Raises:
        BadInput: if zarr is not installed, the store cannot be read, or keys do not match.
    """
    store = _opened(path)
    if hasattr(store, "shape"):
        keys = keys_of_stack(path, store.shape, store.attrs.get(KEYS), dataset)
        rows = {key: row for row, key in enumerate(keys)}
        return StoredPredictions(
            path, keys, partial(_read_row, path, rows, dataset.problem), hard=is_hard(store[:0])
        )
    held = {name for name, member in store.members(max_depth=None) if hasattr(member, "shape")}
    must_know(path, sorted(held), dataset)
    keys = [key for key in dataset.keys if key in held]
    if not keys:
        raise BadInput(f"{path}: holds no array")
    hard = store[keys[0]].dtype.kind in "biu"
    return StoredPredictions(path, keys, partial(_read_array, path, dataset.problem), hard=hard)


def _read_row(path: Path, rows: dict[str, int], problem: Problem, key: str) -> Said:
    return class_probabilities(np.asarray(_opened(path)[rows[key]]), problem, f"{path}, row {rows[key]}")


def _read_array(path: Path, problem: Problem, key: str) -> Said:
    return class_probabilities(np.asarray(_opened(path)[key][...]), problem, f"{path}, {key}")


def _opened(path: Path) -> Any:
    try:
        import zarr
    except ImportError as missing:
        raise BadInput(
            f"{path}: is a zarr store, and zarr is not installed: pip install 'truemask[zarr]'"
        ) from missing
    try:
        return zarr.open(str(path), mode="r")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: cannot be read as a zarr store ({error})") from error
