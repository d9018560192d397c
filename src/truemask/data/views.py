"""Data sets made of arrays or of other data sets: parts, sizes, tasks, caches."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.paint import paint
from truemask.data.resize import fitted, resize_image, resize_labels, resize_objects
from truemask.seeds import seed_for
from truemask.types import BadInput, Instances, Labels, Problem, Task


@final
class ArrayDataset(Dataset):
    """Images and labels in memory.

    Args:
        images: one array a row, uint8 "h w c", sizes may differ; float32 "d" where inputs are points.
        labels: one per row: int, uint8 "h w", or Instances.

    Raises:
        BadInput: if there are not as many images and labels as keys.
    """

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        keys: Sequence[str],
        images: Sequence[np.ndarray] | np.ndarray,
        labels: Sequence[Labels] | np.ndarray,
    ) -> None:
        if not len(keys) == len(images) == len(labels):
            raise BadInput(
                f"{name}, {split}: {len(keys)} keys, {len(images)} images and {len(labels)} labels; "
                "each row needs one of each"
            )
        self.name, self.split, self.problem, self.keys = name, split, problem, keys
        self._images, self._labels = images, labels

    def image(self, row: int) -> np.ndarray:
        """The image as given."""
        image: np.ndarray = self._images[row]
        return image

    def labels(self, row: int) -> Labels:
        """The labels as given."""
        given: Labels = self._labels[row]
        return int(given) if isinstance(given, int | np.integer) else given

    def size(self, row: int) -> tuple[int, int]:
        """Height and width in pixels; (1, 1) for points."""
        if self.problem.points:
            return 1, 1
        height, width = self._images[row].shape[:2]
        return height, width


@final
class Subset(Dataset):
    """Some rows of a data set, in the order given.

    Args:
        rows: of `dataset`; row i here is its row `rows[i]`.
        split: a name of its own for the part; the data set's where None.
    """

    def __init__(self, dataset: Dataset, rows: Sequence[int] | np.ndarray, split: str | None = None) -> None:
        self.name, self.problem = dataset.name, dataset.problem
        self.split = dataset.split if split is None else split
        self.dataset = dataset
        self.rows = [int(row) for row in rows]
        self.keys = [dataset.keys[row] for row in self.rows]

    def image(self, row: int) -> np.ndarray:
        """The image of the part's row."""
        return self.dataset.image(self.rows[row])

    def labels(self, row: int) -> Labels:
        """The labels of the part's row."""
        return self.dataset.labels(self.rows[row])

    def file(self, row: int) -> Path | None:
        """The file of the part's row."""
        return self.dataset.file(self.rows[row])

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of the part's row."""
        return self.dataset.size(self.rows[row])


@final
class AsSemantic(Dataset):
    """An instance data set as label maps: small objects over large ones, crowds IGNORE.

    Raises:
        BadInput: if the data set is not one of instances.
    """

    def __init__(self, dataset: Dataset) -> None:
        if dataset.problem.task != Task.INSTANCE:
            raise BadInput(
                f"{dataset.name}: only an instance data set can be seen as a semantic one; "
                f"this is {dataset.problem.task}"
            )
        self.name, self.split, self.keys = dataset.name, dataset.split, dataset.keys
        self.problem = replace(dataset.problem, task=Task.SEMANTIC)
        self.dataset = dataset

    def image(self, row: int) -> np.ndarray:
        """The image, unchanged."""
        return self.dataset.image(row)

    def labels(self, row: int) -> Labels:
        """The objects painted as a label map, uint8 "h w"."""
        objects = self.dataset.labels(row)
        assert isinstance(objects, Instances)
        return paint(objects)

    def file(self, row: int) -> Path | None:
        """The image's file, unchanged."""
        return self.dataset.file(row)

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, unchanged."""
        return self.dataset.size(row)


@final
class Resized(Dataset):
    """A data set whose images have `size_px` pixels on their longer side; labels go along.

    Images by area mean (linear where they grow), label maps and masks by the nearest pixel. Objects keep
    their ids, order and classes, and get boxes tight around their new masks.

    Raises:
        BadInput: if the inputs are points, or `size_px` is not positive.
    """

    def __init__(self, dataset: Dataset, size_px: int) -> None:
        if dataset.problem.points:
            raise BadInput(f"{dataset.name}: points have no size in pixels to change")
        if size_px < 1:
            raise BadInput(f"a size is 1 pixel or more; got {size_px}")
        self.name, self.split, self.problem = dataset.name, dataset.split, dataset.problem
        self.keys = dataset.keys
        self.dataset, self.size_px = dataset, size_px

    def image(self, row: int) -> np.ndarray:
        """The image at its new size."""
        return resize_image(self.dataset.image(row), self.size(row))

    def labels(self, row: int) -> Labels:
        """The labels at the image's new size."""
        given = self.dataset.labels(row)
        if isinstance(given, int):
            return given
        if isinstance(given, Instances):
            return resize_objects(given, self.size(row))
        return resize_labels(given, self.size(row))

    def size(self, row: int) -> tuple[int, int]:
        """The new height and width."""
        return fitted(self.dataset.size(row), self.size_px)


@final
class Cached(Dataset):
    """A data set that remembers decoded rows until `budget_mb` megabytes are full; the rest stays lazy.

    What comes back is shared: do not write into it.
    """

    def __init__(self, dataset: Dataset, budget_mb: int | float) -> None:
        self.name, self.split, self.problem = dataset.name, dataset.split, dataset.problem
        self.keys = dataset.keys
        self.dataset = dataset
        self._room = int(budget_mb * 1e6)
        self._images: dict[int, np.ndarray] = {}
        self._labels: dict[int, Labels] = {}

    def image(self, row: int) -> np.ndarray:
        """The image, decoded at most once while there is room."""
        if row in self._images:
            return self._images[row]
        image = self.dataset.image(row)
        if self._takes(image.nbytes):
            self._images[row] = image
        return image

    def labels(self, row: int) -> Labels:
        """The labels, decoded at most once while there is room."""
        if row in self._labels:
            return self._labels[row]
        labels = self.dataset.labels(row)
        if self._takes(_bytes(labels)):
            self._labels[row] = labels
        return labels

    def file(self, row: int) -> Path | None:
        """The image's file, unchanged."""
        return self.dataset.file(row)

    def size(self, row: int) -> tuple[int, int]:
        """Height and width."""
        return self.dataset.size(row)

    def _takes(self, size: int) -> bool:
        if size > self._room:
            return False
        self._room -= size
        return True


def hold_out(dataset: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """The rest, and about `share` of the rows held out of it.

    Who is held out hangs on a hash of each key alone, so the same photos are held out of every version of
    a data set: its clean, noisy and corrected labels, and after photos are added. Both parts have at least
    one row.

    Raises:
        BadInput: if `share` is outside (0, 1), or there are fewer than two rows.
    """
    if not 0 < share < 1:
        raise BadInput(f"a share to hold out is between 0 and 1, exclusive; got {share}")
    if len(dataset) < 2:
        raise BadInput(
            f"{dataset.name}, {dataset.split}: cannot hold rows out of {len(dataset)}; 2 are needed"
        )
    draws = np.array([seed_for("hold out", key) / 2**63 for key in dataset.keys])
    held = draws < share
    held[draws.argmin()], held[draws.argmax()] = True, False
    return Subset(dataset, np.flatnonzero(~held)), Subset(dataset, np.flatnonzero(held), "held_out")


def _bytes(labels: Labels) -> int:
    if isinstance(labels, int):
        return 8
    if isinstance(labels, Instances):
        return sum(map(len, labels.masks)) + labels.boxes.nbytes + labels.ids.nbytes
    return labels.nbytes
