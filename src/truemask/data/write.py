"""Writing a data set in the format of the one that it came from."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from truemask.data.files import whole_folder
from truemask.data.formats import FORMATS, WRITE_AS
from truemask.data.splits import Splits
from truemask.types import Labels


def write_dataset(
    source: Splits,
    relabelled: Mapping[str, Iterable[Labels]],
    out: Path,
    finish: Callable[[Path], None] | None = None,
) -> None:
    """A copy of `source` at `out`, with new labels for the splits named in `relabelled`, row by row.

    Everything else is carried over: images as hard links (copies where the file system cannot link), labels
    that did not change as they were. What did not come from disk, or was given another task, is written as a
    mask folder, a COCO folder or an npz file by its task. The folder appears whole or not at all.

    Args:
        finish: called with the folder before it gets its name, to add files such as a manifest.

    Raises:
        BadInput: if `out` is not empty, a split does not exist, or the format cannot hold a label.
    """
    for split in relabelled:
        source.split(split)
    with whole_folder(out) as folder:
        _writer(source)(source, relabelled, folder)
        if finish is not None:
            finish(folder)


def _writer(source: Splits) -> Callable[[Splits, Mapping[str, Iterable[Labels]], Path], None]:
    known = FORMATS.get(source.format)
    if known is not None and all(isinstance(data, known.rows) for data in source.splits.values()):
        return known.write
    return WRITE_AS[source.problem.task]
