"""Rows of one large array: whom they speak of."""

from collections.abc import Sequence
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.predictions.stored import must_know
from truemask.types import BadInput


def keys_of_stack(
    where: Path, shape: tuple[int, ...], named: Sequence[str] | None, dataset: Dataset
) -> Sequence[str]:
    """The key of each row: as named, or the data set's own, row by row.

    Raises:
        BadInput: if there are more or fewer rows than keys, or a key is unknown or named twice.
    """
    rows = shape[0] if shape else 0
    keys = [*dataset.keys] if named is None else [*named]
    if rows != len(keys):
        whose = f"{dataset.name} has {len(keys)} images" if named is None else f"{len(keys)} keys are named"
        raise BadInput(
            f"{where}: has {rows} rows (of shape {shape}), but {whose}; there must be one for each"
        )
    must_know(where, keys, dataset)
    if len(set(keys)) < rows:
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise BadInput(f"{where}: {twice!r} is named twice; each image has one row")
    return keys
