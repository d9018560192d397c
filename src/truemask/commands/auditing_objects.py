"""Audits the objects of a data set: joins its labels, what was found in its images, and what boxes are."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float32

from truemask import rle
from truemask.audit import AuditResult
from truemask.audit.instances import Predicted, Seen, audit_instances, score_instances
from truemask.data.dataset import Dataset
from truemask.training import Prediction
from truemask.types import BadInput, Instances


def audit_found(
    dataset: Dataset, found: Iterable[Prediction], judged: Iterable[Prediction] | None = None
) -> AuditResult:
    """Audit given objects by the objects found in their images.

    Args:
        dataset: of instances.
        found: one prediction an image, in any order.
        judged: class probabilities of given objects (`judge_objects`), image by image as in `found`.

    Raises:
        BadInput: if a prediction is about no image of the data set, or not about objects.
    """
    return audit_instances(seen_objects(dataset, found, judged), dataset.problem)


def score_found(result: AuditResult, dataset: Dataset, truth: Dataset) -> dict[str, float]:
    """`score_instances` over the images that were audited and whose truth is known."""
    rows = {key: row for row, key in enumerate(truth.keys)}
    audited = set(result.images["image"].to_pylist())
    return score_instances(
        result,
        (
            (key, _objects(dataset, row), _objects(truth, rows[key]))
            for row, key in enumerate(dataset.keys)
            if key in rows and key in audited
        ),
    )


def seen_objects(
    dataset: Dataset, found: Iterable[Prediction], judged: Iterable[Prediction] | None
) -> Iterator[Seen]:
    """Given objects beside what is predicted of them; arguments as of `audit_found`."""
    return beside(dataset, packed(dataset, found), judged)


def packed(dataset: Dataset, found: Iterable[Prediction]) -> Iterator[tuple[str, Predicted]]:
    """Keys and predicted objects with packed masks: a thousandth of the memory, for those who come again.

    Raises:
        BadInput: if a prediction is about no image of the data set, or not about objects.
    """
    keys = set(dataset.keys)
    for one in found:
        if one.key not in keys:
            raise BadInput(f"a prediction is about {one.key!r}, which {dataset.name} does not have")
        if one.found is None:
            raise BadInput(f"the prediction about {one.key!r} names no objects; {dataset.name} is of objects")
        yield one.key, Predicted(one.found.labels, one.found.scores, rle.pack(one.found.masks))


def beside(
    dataset: Dataset, said: Iterable[tuple[str, Predicted]], judged: Iterable[Prediction] | None
) -> Iterator[Seen]:
    """Given objects beside predicted ones.

    Args:
        dataset: of instances.
        said: keys of its images, and what is predicted of each.
        judged: as of `audit_found`.
    """
    rows = {key: row for row, key in enumerate(dataset.keys)}
    waiting = iter(judged or ())
    next_one = next(waiting, None)
    for key, predicted in said:
        row = rows[key]
        given = _objects(dataset, row)
        of_image = []
        while next_one is not None and next_one.row == row:
            of_image.append(next_one)
            next_one = next(waiting, None)
        yield Seen(
            key, given, predicted, None if judged is None else _probabilities(given, of_image, dataset)
        )


def _probabilities(
    given: Instances, judged: list[Prediction], dataset: Dataset
) -> Float32[np.ndarray, "n k"]:
    """A row an object, NaN for those that were left out."""
    probs = np.full((len(given), dataset.problem.num_classes), np.nan, np.float32)
    place = {int(annotation): row for row, annotation in enumerate(given.ids)}
    for one in judged:
        probs[place[int(one.key.rpartition("#")[2])]] = one.probs
    return probs


def _objects(dataset: Dataset, row: int) -> Instances:
    labels = dataset.labels(row)
    assert isinstance(labels, Instances)
    return labels
