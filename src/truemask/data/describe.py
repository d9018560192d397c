"""What a data set holds, counted: sizes, units per class, how much says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from truemask.data.dataset import Dataset
from truemask.data.formats.mask_folder import MaskFolder
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import IGNORE, Instances, Labels, Task

_SIZES_SEEN = 1000


@dataclass(frozen=True)
class Summary:
    """What one split holds.

    Args:
        images: rows.
        unlabelled: images beside them that have no label, and so are no rows.
        smallest, median, largest: height and width in pixels of the images of that rank by area, among up to
            1,000 spread evenly.
        units: per class, in the order of their ids: images, pixels or objects that bear it.
        images_with: per class, how many images have a unit of it.
        ignored: units that say nothing: IGNORE, and crowds.
    """

    images: int
    unlabelled: int
    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    units: Mapping[str, int]
    images_with: Mapping[str, int]
    ignored: int

    @property
    def ignored_share(self) -> float:
        """Ignored units among all; NaN where there are none."""
        all_units = self.ignored + sum(self.units.values())
        return self.ignored / all_units if all_units else float("nan")


def describe(splits: Splits) -> dict[str, Summary]:
    """A summary of each split. Reads every label, and no image beyond its header."""
    return {name: summarise(data) for name, data in splits.splits.items()}


def summarise(data: Dataset) -> Summary:
    """What one split holds.

    Raises:
        BadInput: from reading, if a label is broken.
    """
    units = np.zeros(IGNORE + 1, dtype=np.int64)
    images_with = np.zeros(IGNORE + 1, dtype=np.int64)
    for row in range(len(data)):
        counts = _count(data.labels(row))
        units += counts
        images_with += counts > 0
    step = max(1, len(data) // _SIZES_SEEN)
    sizes = sorted((data.size(row) for row in range(0, len(data), step)), key=lambda size: size[0] * size[1])
    sizes = sizes or [(0, 0)]
    shown = [i for i in range(data.problem.num_classes) if not _never_a_unit(data, i)]
    return Summary(
        images=len(data),
        unlabelled=_unlabelled(data),
        smallest=sizes[0],
        median=sizes[len(sizes) // 2],
        largest=sizes[-1],
        units={data.problem.classes[i]: int(units[i]) for i in shown},
        images_with={data.problem.classes[i]: int(images_with[i]) for i in shown},
        ignored=int(units[IGNORE]),
    )


def _count(labels: Labels) -> Int64[np.ndarray, "256"]:
    """Units per class id; the last entry: IGNORE."""
    if isinstance(labels, Instances):
        ids = np.where(labels.crowd, np.uint8(IGNORE), labels.classes)
    else:
        ids = np.atleast_1d(labels).ravel()
    return np.bincount(ids, minlength=IGNORE + 1)


def _never_a_unit(data: Dataset, class_id: int) -> bool:
    """The background of an instance problem: nothing is labelled with it."""
    return data.problem.task == Task.INSTANCE and class_id == 0


def _unlabelled(data: Dataset) -> int:
    if isinstance(data, AsSemantic):
        return _unlabelled(data.dataset)
    return len(data.files.unlabelled) if isinstance(data, MaskFolder) else 0
