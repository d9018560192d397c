"""All images of an audit side by side, and what follows from all of them for each object."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped

from truemask.audit.instances.claims import Claims, weigh
from truemask.audit.instances.records import OBJECT, PREDICTION, Record


@dataclass(frozen=True)
class Evidence:
    """Objects and kept predictions of all images, numbered through.

    Args:
        images: in the order of their keys, so that no other order matters.
    """

    images: Sequence[Record]

    @cached_property
    def objects(self) -> Shaped[np.ndarray, "n"]:
        """Of dtype OBJECT; `partner` stays the row within its image."""
        return np.concatenate([np.zeros(0, OBJECT), *(image.objects for image in self.images)])

    @cached_property
    def predictions(self) -> Shaped[np.ndarray, "m"]:
        """Of dtype PREDICTION."""
        return np.concatenate([np.zeros(0, PREDICTION), *(image.predictions for image in self.images)])

    @cached_property
    def first_object(self) -> Int64[np.ndarray, "images"]:
        """The number of each image's first object."""
        return _starts([len(image.objects) for image in self.images])

    @cached_property
    def first_prediction(self) -> Int64[np.ndarray, "images"]:
        """The number of each image's first prediction."""
        return _starts([len(image.predictions) for image in self.images])

    @cached_property
    def there(self) -> Claims:
        """Of each prediction, that there is an object of whatever class."""
        said = self.predictions
        return weigh(said["label"], said["score"], said["confirmed"], said["judged"])

    @cached_property
    def partner_right(self) -> Float64[np.ndarray, "n"]:
        """Of each object, how probably its partner is an object; 0 without one."""
        image = np.repeat(np.arange(len(self.images)), [len(one.objects) for one in self.images])
        partner = self.objects["partner"]
        right = np.zeros(len(partner))
        some = partner >= 0
        right[some] = self.there.right[self.first_prediction[image[some]] + partner[some]]
        return right

    @cached_property
    def usual_iou(self) -> float:
        """The median IoU of objects and their partners; 1 where there are none."""
        misfit = self.objects["misfit"][self.objects["partner"] >= 0]
        return float(np.median((1 - misfit) / (1 + misfit))) if len(misfit) else 1.0

    def objects_where(self, chosen: Bool[np.ndarray, "n"]) -> Iterator[tuple[Record, int, int]]:
        """The image, the row in it and the number of each object that is chosen."""
        return _where(self.images, self.first_object, chosen)

    def predictions_where(self, chosen: Bool[np.ndarray, "m"]) -> Iterator[tuple[Record, int, int]]:
        """The same for predictions."""
        return _where(self.images, self.first_prediction, chosen)


def _starts(counts: list[int]) -> Int64[np.ndarray, "n"]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])[:-1]


def _where(
    images: Sequence[Record], starts: Int64[np.ndarray, "images"], chosen: Bool[np.ndarray, "n"]
) -> Iterator[tuple[Record, int, int]]:
    numbers = np.flatnonzero(chosen)
    which = np.searchsorted(starts, numbers, side="right") - 1
    for number, image in zip(numbers.tolist(), which.tolist(), strict=True):
        yield images[image], number - int(starts[image]), number
