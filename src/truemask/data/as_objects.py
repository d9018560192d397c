"""The objects of an instance data set as images of one class each: to audit class labels, and to look at."""

from dataclasses import replace
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.types import BadInput, Instances, Labels, Task

_MARGIN = 0.25
"""Surroundings shown around an object, as a share of its longer side."""


@final
class AsObjects(Dataset):
    """One row per object: its window of the image, and its given class. Crowds are left out.

    Keys are `IMAGE#ID`, with the annotation's id; class ids stay, 0 is still the background.

    Raises:
        BadInput: if the data set is not one of instances.
    """

    def __init__(self, dataset: Dataset) -> None:
        if dataset.problem.task != Task.INSTANCE:
            raise BadInput(
                f"{dataset.name}: only instance data sets have objects; this is {dataset.problem.task}"
            )
        self.name, self.split = dataset.name, dataset.split
        self.problem = replace(dataset.problem, task=Task.CLASSIFICATION)
        self._dataset = dataset
        self._classes: list[int] = []
        self._windows: list[tuple[int, slice, slice]] = []
        self._keys: list[str] = []
        self.keys = self._keys
        for row, key in enumerate(dataset.keys):
            self._add(row, key, dataset.labels(row))

    def image(self, row: int) -> np.ndarray:
        """The object and its near surroundings."""
        image, rows, columns = self._windows[row]
        return self._dataset.image(image)[rows, columns]

    def labels(self, row: int) -> Labels:
        """The object's given class."""
        return self._classes[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of the window."""
        _, rows, columns = self._windows[row]
        return rows.stop - rows.start, columns.stop - columns.start

    def _add(self, row: int, key: str, objects: Labels) -> None:
        assert isinstance(objects, Instances)
        height, width = objects.size
        for j in np.flatnonzero(~objects.crowd):
            x0, y0, x1, y1 = objects.boxes[j]
            margin = _MARGIN * max(x1 - x0, y1 - y0)
            rows = slice(max(0, int(y0 - margin)), max(1, min(height, int(np.ceil(y1 + margin)))))
            columns = slice(max(0, int(x0 - margin)), max(1, min(width, int(np.ceil(x1 + margin)))))
            self._windows.append((row, rows, columns))
            self._classes.append(int(objects.classes[j]))
            self._keys.append(object_key(key, int(objects.ids[j])))


def object_key(image: str, annotation_id: int) -> str:
    """The key of an object: its image's, and its annotation's id."""
    return f"{image}#{annotation_id}"
