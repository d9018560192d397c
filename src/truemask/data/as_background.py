"""A data set in which some classes are nothing special: positives, and a background made of the rest."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.types import IGNORE, BadInput, Instances, Labels


@final
class AsBackground(Dataset):
    """The rows and images of `dataset`, with some of its classes as one background, of id 0.

    The other classes follow in their order. A background that is there already takes them in. Objects of
    these classes are left out. IGNORE stays.

    Args:
        classes: names of those that become background.

    Raises:
        BadInput: if the data set has no such class, or none would be left.
    """

    def __init__(self, dataset: Dataset, classes: Collection[str]) -> None:
        names, own = dataset.problem.classes, dataset.problem.background
        unknown = [name for name in classes if name not in names]
        if unknown:
            raise BadInput(
                f"{dataset.name}: there is no class {unknown[0]!r} to call background; "
                f"there is: {', '.join(names)}"
            )
        title = "background" if own is None else names[own]
        left = [name for name in names if name not in classes and name != title]
        if not left:
            raise BadInput(f"{dataset.name}: with all classes background nothing is left to learn; keep one")
        self.name, self.split, self.keys = dataset.name, dataset.split, dataset.keys
        self.problem = replace(dataset.problem, classes=(title, *left), background=0)
        self.dataset = dataset
        self._ids = np.zeros(IGNORE + 1, np.uint8)
        self._ids[IGNORE] = IGNORE
        self._ids[[names.index(name) for name in left]] = np.arange(1, len(left) + 1)

    def image(self, row: int) -> np.ndarray:
        """The image, unchanged."""
        return self.dataset.image(row)

    def labels(self, row: int) -> Labels:
        """The labels by the new ids."""
        given = self.dataset.labels(row)
        if isinstance(given, int):
            return int(self._ids[given])
        return self._objects(given) if isinstance(given, Instances) else self._ids[given]

    def file(self, row: int) -> Path | None:
        """The image's file, unchanged."""
        return self.dataset.file(row)

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, unchanged."""
        return self.dataset.size(row)

    def _objects(self, given: Instances) -> Instances:
        classes = self._ids[given.classes]
        stays = classes > 0
        return replace(
            given,
            classes=classes[stays],
            masks=tuple(mask for mask, kept in zip(given.masks, stays, strict=True) if kept),
            boxes=given.boxes[stays],
            ids=given.ids[stays],
            crowd=given.crowd[stays],
        )
