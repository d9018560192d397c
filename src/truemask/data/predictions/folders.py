"""Files named after images."""

from collections.abc import Sequence
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.predictions.stored import must_know


def keys_in(folder: Path, suffix: str, dataset: Dataset) -> Sequence[str]:
    """The keys of a folder's files, in the data set's order: their paths inside it, without the suffix.

    Raises:
        BadInput: if a file is about no image of the data set.
    """
    files = (file for file in folder.rglob(f"*{suffix}") if not file.name.startswith("."))
    keys = {file.relative_to(folder).with_suffix("").as_posix() for file in files}
    must_know(folder, sorted(keys), dataset)
    return [key for key in dataset.keys if key in keys]
