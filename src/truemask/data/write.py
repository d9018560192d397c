"""Writing a data set in the format of the one that it came from."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.files import whole_folder
from truemask.data.formats import FORMATS, NATURAL
from truemask.data.formats.format import Write
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels, Task


def write_dataset(
    source: Splits,
    relabelled: Mapping[str, Iterable[Labels]],
    out: Path,
    finish: Callable[[Path], None] | None = None,
    format: str | None = None,
) -> None:
    """A copy of `source` at `out`, with new labels for the splits named in `relabelled`, row by row.

    Everything else is carried over: images as hard links (copies where the file system cannot link), labels
    that did not change as they were. What did not come from disk, or was given another task, is written as a
    mask folder, a COCO folder or an npz file by its task. The folder appears whole or not at all.

    Args:
        finish: called with the folder before it gets its name, to add files such as a manifest.
        format: a name in FORMATS; without one, the format that the data set came in.

    Raises:
        BadInput: if `out` is not empty, a split does not exist, or the format cannot hold a label.
    """
    for split in relabelled:
        source.split(split)
    write = _writer(source, format)
    with whole_folder(out) as folder:
        write(source, relabelled, folder)
        if finish is not None:
            finish(folder)


def without_ignore(dataset: Dataset) -> bool:
    """Whether the data set lies in a format that has no place for images of class IGNORE."""
    kinds = tuple(format.rows for format in FORMATS.values() if "ignore" in format.loses)
    return dataset.problem.task == Task.CLASSIFICATION and isinstance(dataset, kinds)


def _writer(source: Splits, format: str | None) -> Write:
    came_in = FORMATS.get(source.format)
    as_it_lies = came_in is not None and all(isinstance(one, came_in.rows) for one in source.splits.values())
    if came_in is not None and as_it_lies and format in (None, source.format):
        return came_in.write
    name, task = format or NATURAL[source.problem.task], source.problem.task
    if name not in FORMATS:
        raise BadInput(f"no format called {name!r}; there is: {', '.join(FORMATS)}")
    if task not in FORMATS[name].tasks:
        fitting = ", ".join(known for known, row in FORMATS.items() if task in row.tasks)
        raise BadInput(f"{name} does not hold {task} labels; there is: {fitting}")
    return FORMATS[name].write_as
