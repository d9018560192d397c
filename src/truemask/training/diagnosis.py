"""How a run takes its labels, epoch by epoch. The method sees nothing of it, least of all the truth."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import UInt8
from torch import nn

from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.data.views import Subset
from truemask.methods.method import Method
from truemask.metrics.course import Row, memorises_by_held_out, memorises_by_truth
from truemask.metrics.label_fit import LabelFit
from truemask.seeds import seed_for
from truemask.training.plan import Plan
from truemask.training.predicting import Precision, object_predictions, predictions
from truemask.types import BadInput, Task

MOST_ROWS = {Task.CLASSIFICATION: 5000, Task.SEMANTIC: 500, Task.INSTANCE: 500}
"""Images of each part that are looked at, so that a look stays cheap beside an epoch."""


class Diagnosis:
    """Compares a run's networks with the labels that it learns from, and with the truth where it is known.

    Columns begin with `train_`, or with `held_out_` for rows that selection keeps aside; `LabelFit` says
    what each is. Of large data sets a part is looked at, the same in every epoch, by a hash of the keys.

    Args:
        dataset: the rows that training sees, with the labels given.
        truth: the clean labels of these rows, by key; None: nobody knows.
        held_out: rows that training does not see, with labels as noisy as the others'.
        method: whose `predict` combines the networks.
        plan: sizes and batch size.

    Raises:
        BadInput: the truth has none of the rows, or label maps of another size.
    """

    def __init__(
        self, dataset: Dataset, truth: Dataset | None, held_out: Dataset | None, method: Method, plan: Plan
    ) -> None:
        self._method, self._plan = method, plan
        self._rows = {"train": _some(dataset)}
        if held_out is not None:
            self._rows["held_out"] = _some(held_out)
        self._given = {part: _Labels(rows) for part, rows in self._rows.items()}
        self._truth = None if truth is None else _Labels(truth)
        if truth is not None:
            _must_fit(truth, self._rows["train"])
        self._wrong = 0

    def score(self, networks: Mapping[str, nn.Module], precision: Precision) -> dict[str, float]:
        """The numbers of an epoch by name."""
        values: dict[str, float] = {}
        for part, rows in self._rows.items():
            fit = LabelFit(rows.problem)
            for one in self._predicted(networks, rows, precision):
                assert one.probs is not None
                given = self._given[part].of(one.key)
                assert given is not None
                fit.add(one.probs, given, None if self._truth is None else self._truth.of(one.key))
            values |= {f"{part}_{name}": value for name, value in fit.compute().items()}
            if part == "train":
                self._wrong = fit.wrong
        return values

    def warning(self, history: Sequence[Row]) -> str | None:
        """A line, where the newest epoch is the first of the run in which labels are learnt by heart.

        With the truth, exactly; without, by rows that were held out; without both there is none.

        Args:
            history: rows of all epochs, the newest just scored.
        """
        if not history or any(row.get("warning") for row in history):
            return None
        newest = history[-1]
        if self._truth is not None:
            said = memorises_by_truth(newest, self._wrong)
        else:
            said = memorises_by_held_out([row for row in history if row["stage"] == newest["stage"]])
        return None if said is None else f"epoch {newest['epoch']}: {said}"

    def _predicted(
        self, networks: Mapping[str, nn.Module], rows: Dataset, precision: Precision
    ) -> Iterator[Prediction]:
        several = list(networks.values())
        if rows.problem.task == Task.INSTANCE:
            return object_predictions(several[0], rows, self._plan, precision)
        return predictions(self._method, several, rows, self._plan, precision)


class _Labels:
    """Labels by key: of images, or of the objects in them."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = AsObjects(dataset) if dataset.problem.task == Task.INSTANCE else dataset
        self._rows = {key: row for row, key in enumerate(self._dataset.keys)}

    def of(self, key: str) -> UInt8[np.ndarray, "*space"] | None:
        """The labels of an image or object; None where the data set does not have it."""
        row = self._rows.get(key)
        return None if row is None else np.asarray(self._dataset.labels(row), dtype=np.uint8)


def _some(dataset: Dataset) -> Dataset:
    """All rows, or as many as are looked at, in their order."""
    most = MOST_ROWS[dataset.problem.task]
    if len(dataset) <= most:
        return dataset
    drawn = sorted(range(len(dataset)), key=lambda row: seed_for("diagnosed", dataset.keys[row]))
    return Subset(dataset, sorted(drawn[:most]))


def _must_fit(truth: Dataset, dataset: Dataset) -> None:
    rows = {key: row for row, key in enumerate(truth.keys)}
    shared = [(row, rows[key]) for row, key in enumerate(dataset.keys) if key in rows]
    if not shared:
        raise BadInput(
            f"{truth.name} ({truth.split}) has none of the images of {dataset.name} ({dataset.split}), "
            f"such as {dataset.keys[0]!r}; --truth names the clean labels of the same images"
        )
    for row, other in shared if dataset.problem.task == Task.SEMANTIC else ():
        if truth.size(other) != dataset.size(row):
            raise BadInput(
                f"{dataset.keys[row]}: {truth.name} has {truth.size(other)} px, "
                f"{dataset.name} {dataset.size(row)} px; the truth must be of the same size"
            )
