"""What an audit of objects reads: the given and the predicted objects of one image after the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int64

from truemask.types import IGNORE, BadInput, Instances


@dataclass(frozen=True)
class Predicted:
    """Objects found in one image by a network that did not learn from the labels it meets here.

    Args:
        labels: class ids, 1 and up.
        scores: in [0, 1], higher is surer.
        masks: COCO run-length codes.
    """

    labels: Int64[np.ndarray, "n"]
    scores: Float32[np.ndarray, "n"]
    masks: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.masks)


@dataclass(frozen=True)
class Seen:
    """One image.

    Args:
        key: the data set's.
        given: the labels. Crowds and objects of class IGNORE are not judged.
        found: the predictions, in any order.
        judged: class probabilities of each given object at its own place, by a network that did not see its
            label; a row of NaN where there are none. None if nobody asked.
    """

    key: str
    given: Instances
    found: Predicted
    judged: Float32[np.ndarray, "n k"] | None = None


SeenStream = Callable[[], Iterable[Seen]]
"""Called once a pass, it starts anew."""


def checked(seen: Seen, num_classes: int) -> Seen:
    """The image with its objects by id and its predictions best first: the order that they came in is lost.

    Raises:
        BadInput: if a class is none of the problem's, a score no probability, or columns differ in length.
    """
    given, found = seen.given, seen.found
    classes = given.classes[given.classes != IGNORE]
    for what, ids in (("given", classes), ("predicted", found.labels)):
        if len(ids) and not 1 <= int(ids.min()) <= int(ids.max()) < num_classes:
            raise BadInput(
                f"image '{seen.key}': an object is {what} as class {_odd(ids, num_classes)}; classes of "
                f"objects are 1..{num_classes - 1}"
            )
    if not len(found.labels) == len(found.scores) == len(found.masks):
        raise BadInput(
            f"image '{seen.key}': {len(found.masks)} predicted masks with {len(found.labels)} labels and "
            f"{len(found.scores)} scores; each needs one"
        )
    if len(found) and not (found.scores.min() >= 0 and found.scores.max() <= 1):  # so that NaN fails it
        raise BadInput(f"image '{seen.key}': scores of predictions lie in [0, 1]; pass probabilities")
    if seen.judged is not None and seen.judged.shape != (len(given), num_classes):
        raise BadInput(
            f"image '{seen.key}': probabilities of shape {seen.judged.shape} for {len(given)} objects and "
            f"{num_classes} classes"
        )
    return replace(
        _by_id(seen),
        found=_best_first(found),
    )


def _by_id(seen: Seen) -> Seen:
    given = seen.given
    order = np.argsort(given.ids, kind="stable")
    objects = Instances(
        given.size,
        given.classes[order],
        tuple(given.masks[row] for row in order.tolist()),
        given.boxes[order],
        given.ids[order],
        given.crowd[order],
    )
    return replace(seen, given=objects, judged=None if seen.judged is None else seen.judged[order])


def _best_first(found: Predicted) -> Predicted:
    """Of equal scores the lower class first, then by mask: a rule that no order of the input changes."""
    order = sorted(
        range(len(found)), key=lambda row: (-found.scores[row], found.labels[row], found.masks[row])
    )
    return Predicted(found.labels[order], found.scores[order], tuple(found.masks[row] for row in order))


def _odd(ids: np.ndarray, num_classes: int) -> int:
    return int(ids[(ids < 1) | (ids >= num_classes)][0])
