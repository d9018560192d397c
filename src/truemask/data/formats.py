"""FORMATS: how data sets lie on disk. One row a format; the order is the order in which they are tried."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from truemask.data import class_arrays, class_folder, coco, mask_folder
from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.data.write_classes import write_as_class_arrays, write_class_arrays, write_class_folder
from truemask.data.write_coco import write_as_coco, write_coco
from truemask.data.write_mask_folder import write_as_mask_folder, write_mask_folder
from truemask.types import Labels, Task

Write = Callable[[Splits, Mapping[str, Iterable[Labels]], Path], None]
"""Fills an empty folder with a data set whose splits have new labels, row by row, where some are given."""


@dataclass(frozen=True)
class Format:
    """A way for a data set to lie on disk.

    Args:
        looks_like: what there is to see, for people whose data set was not recognised.
        sniff: whether a path looks like it; cheap, and raises nothing.
        open: the data set at a path, given which labels and which task are meant.
        rows: the class of its splits, which `write` relies on.
        write: a copy with new labels, all else linked.
    """

    looks_like: str
    sniff: Callable[[Path], bool]
    open: Callable[[Path, str | None, Task | None], Splits]
    rows: type[Dataset]
    write: Write


FORMATS: Mapping[str, Format] = {
    "mask-folder": Format(
        "images/ with labels/ beside",
        mask_folder.sniff,
        mask_folder.open_mask_folder,
        mask_folder.MaskFolder,
        write_mask_folder,
    ),
    "coco": Format("COCO instance JSON", coco.sniff, coco.open_coco, coco.CocoSplit, write_coco),
    "class-arrays": Format(
        "npz with x and y",
        class_arrays.sniff,
        class_arrays.open_class_arrays,
        class_arrays.ClassArrays,
        write_class_arrays,
    ),
    "class-folder": Format(
        "a folder of images per class",
        class_folder.sniff,
        class_folder.open_class_folder,
        class_folder.ClassFolder,
        write_class_folder,
    ),
}

WRITE_AS: Mapping[Task, Write] = {
    Task.SEMANTIC: write_as_mask_folder,
    Task.INSTANCE: write_as_coco,
    Task.CLASSIFICATION: write_as_class_arrays,
}
"""How to write what did not come from disk, or is not seen as it lies there."""
