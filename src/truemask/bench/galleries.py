"""Data sets with noise that sees all of their rows: the images it looks at, and the set that comes of it."""

from collections.abc import Mapping
from typing import final

import numpy as np

from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.rearranged import Foreign, Rearranged, fitted_in
from truemask.noise import SetLedger, Spec, check, corrupt_set, roster_of
from truemask.types import BadInput, Task


def corrupted_set(dataset: Dataset, spec: Spec, seed: int) -> tuple[Rearranged, SetLedger]:
    """The classification set with the noise, and the account of what was done.

    Raises:
        BadInput: if the noise does not apply, or asks for a data set that is not there or does not fit.
    """
    check(spec, dataset.problem)
    labels = [dataset.labels(row) for row in range(len(dataset))]
    roster = roster_of(dataset.keys, [label for label in labels if isinstance(label, int)])
    gallery = OpenedGallery(dataset)
    ledger = corrupt_set(roster, spec, problem=dataset.problem, seed=seed, gallery=gallery)
    after = ledger.after
    rearranged = Rearranged(
        dataset,
        after.keys,
        [gallery.rows[origin] for origin in after.origins],
        [None if donor is None else gallery.foreign(donor) for donor in after.donors],
        after.labels.tolist(),
    )
    return rearranged, ledger


@final
class OpenedGallery:
    """The images of a data set, and of others by the names that a spec calls them."""

    def __init__(self, dataset: Dataset) -> None:
        self.rows = {key: row for row, key in enumerate(dataset.keys)}
        self._dataset = dataset
        self._others: dict[str, tuple[Dataset, dict[str, int]]] = {}

    def image(self, origin: str, donor: str | None) -> np.ndarray:
        """What a row shows."""
        row = self.rows[origin]
        if donor is None:
            return self._dataset.image(row)
        foreign = self.foreign(donor)
        image = foreign.dataset.image(foreign.row)
        problem = self._dataset.problem
        return image if problem.points else fitted_in(image, self._dataset.size(row), problem.channels)

    def donors(self, source: str) -> Mapping[str, str | None]:
        """The class's name of every image of another data set, by key; None where it has not one."""
        other, rows = self._opened(source)
        labels = {key: other.labels(row) if _one_class(other) else None for key, row in rows.items()}
        classes = other.problem.classes
        return {
            key: classes[label] if isinstance(label, int) and label < len(classes) else None
            for key, label in labels.items()
        }

    def foreign(self, donor: str) -> Foreign:
        """The image that `NAME#KEY` stands for."""
        source, _, key = donor.partition("#")
        other, rows = self._opened(source)
        return Foreign(other, rows[key])

    def _opened(self, source: str) -> tuple[Dataset, dict[str, int]]:
        if source not in self._others:
            splits = open_dataset(source.replace(";", ","))
            other = splits.split(splits.default_train)
            ours, theirs = self._dataset.problem, other.problem
            if ours.points != theirs.points or (ours.points and ours.channels != theirs.channels):
                kinds = [f"points of {p.channels}" if p.points else "images" for p in (theirs, ours)]
                raise BadInput(f"from={source}: has {kinds[0]}, {self._dataset.name} has {kinds[1]}")
            self._others[source] = other, {key: row for row, key in enumerate(other.keys)}
        return self._others[source]


def _one_class(dataset: Dataset) -> bool:
    return dataset.problem.task == Task.CLASSIFICATION
