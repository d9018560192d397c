"""Looking through a data set for what is wrong with it, however broken it is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from truemask.data.formats import FORMATS
from truemask.data.lint.coco_entries import check_coco
from truemask.data.lint.finding import Finding
from truemask.data.lint.mask_files import check_mask_folder
from truemask.data.lint.opened import check_opened
from truemask.data.lint.pictures import Look, Picture, compare, look
from truemask.data.open import open_dataset
from truemask.progress import watch
from truemask.types import BadInput, Task


def check(
    source: str, *, labels: str | None = None, task: Task | None = None, split: str | None = None, show: bool
) -> Iterator[Finding]:
    """Everything that is wrong with the data set at a path, or with an embedded one.

    COCO files and mask folders are read entry by entry and file by file, so that one broken entry does not
    hide the others. Other formats are opened: what their reader refuses is one finding.

    Args:
        labels, task: as `open_dataset` takes them.
        split: look at this one alone.
        show: progress bars.

    Raises:
        BadInput: if there is no data set, or it is not clear which of its labels are meant.
    """
    pictures: list[Picture] = []
    yield from _check_labels(source, labels, task, split, pictures, show=show)
    seen = Look()
    yield from look(watch("images", pictures, len(pictures), show=show), seen)
    yield from compare(seen)


def _check_labels(
    source: str,
    labels: str | None,
    task: Task | None,
    split: str | None,
    pictures: list[Picture],
    *,
    show: bool,
) -> Iterator[Finding]:
    path = Path(source)
    format = next((name for name, row in FORMATS.items() if path.exists() and row.sniff(path)), None)
    if format == "coco":
        yield from check_coco(path, labels, split, pictures, show=show)
    elif format == "mask-folder":
        yield from check_mask_folder(path, labels, task, split, pictures, show=show)
    else:
        try:
            splits = open_dataset(source, labels=labels, task=task)
        except BadInput as error:
            if format is None:
                raise
            yield Finding(source, "", "unreadable", str(error).removeprefix(f"{source}: "))
            return
        if split is not None:
            splits = replace(splits, splits={split: splits.split(split)})
        yield from check_opened(splits, pictures, show=show)
