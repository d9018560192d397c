"""Label maps and classes of images, audited by what is predicted of them; and again with other labels."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from truemask.audit import AuditResult, confident_learning
from truemask.audit.semantic import Images, audit_segments, with_segments
from truemask.audit.stream import Stream
from truemask.commands.calibrating import Again
from truemask.commands.images_by_key import ImagesOf
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.types import Problem, Task

KEPT_BYTES = 256 << 20
"""Predictions of an audit that is done again and again are kept, as far as they fit in here."""

Predict = Callable[[], Iterable[Prediction]]
"""Called once a pass, it starts anew."""


def audit_labels(
    stream: Stream, problem: Problem, *, objects: bool = False, images: Images | None = None
) -> AuditResult:
    """Confident learning; of label maps with the segment audit.

    Args:
        stream: key, given labels and probabilities of each unit; called several times.
        problem: what the classes are.
        objects: whether the units are objects rather than images.
        images: of label maps, where they are at hand.
    """
    result = confident_learning(stream, problem, objects=objects)
    if problem.task != Task.SEMANTIC:
        return result
    return with_segments(result, audit_segments([stream], problem, images=images))


def again_by(predict: Predict) -> Again:
    """The audit of label maps or classes of images once more, with other labels, by the same predictions."""
    kept = Kept(predict)

    def again(other: Dataset, _: int) -> AuditResult:
        rows = {key: row for row, key in enumerate(other.keys)}

        def stream() -> Iterator[tuple[str, Any, np.ndarray]]:
            for one in kept():
                assert one.probs is not None
                yield one.key, other.labels(rows[one.key]), one.probs

        return audit_labels(stream, other.problem, images=ImagesOf(other))

    return again


class Kept:
    """Predictions that are made once if they fit into memory, and anew each time if not.

    Args:
        predict: makes them.
        most_bytes: that are kept.
    """

    def __init__(self, predict: Predict, most_bytes: int = KEPT_BYTES) -> None:
        self._predict, self._most_bytes = predict, most_bytes
        self._kept: list[Prediction] | None = None

    def __call__(self) -> Iterator[Prediction]:
        """All of them."""
        return self._first() if self._kept is None else iter(self._kept)

    def _first(self) -> Iterator[Prediction]:
        kept: list[Prediction] = []
        size = 0
        for one in self._predict():
            size += _bytes(one)
            if size <= self._most_bytes:
                kept.append(one)
            else:
                kept.clear()
            yield one
        if size <= self._most_bytes:
            self._kept = kept


def _bytes(one: Prediction) -> int:
    probs = 0 if one.probs is None else one.probs.nbytes
    return probs + (0 if one.found is None else one.found.masks.nbytes)
