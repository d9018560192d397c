"""The nouns that every part speaks: tasks, problems, instances, IGNORE. In numpy; `batch.py` has torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from truemask.words import BadInput, Task

IGNORE = 255
"""The label of a unit that says nothing: from disk to loss to metric to audit."""


@dataclass(frozen=True)
class Problem:
    """What is to be learned.

    Args:
        task: which unit bears a label.
        classes: names, in the order of their ids. For `instance`, id 0 is the background.
        channels: image channels, or the number of features where `points` is set.
        background: the id of the class that means "nothing here", if there is one.
        points: inputs are feature vectors "d" instead of images "h w c".
    """

    task: Task
    classes: tuple[str, ...]
    channels: int = 3
    background: int | None = None
    points: bool = False

    def __post_init__(self) -> None:
        if not 2 <= len(self.classes) <= IGNORE:
            raise BadInput(
                f"a problem has 2 to {IGNORE} classes ({IGNORE} itself is IGNORE); got {len(self.classes)}"
            )
        if self.task == Task.INSTANCE and self.background != 0:
            raise BadInput(f"an instance problem has its background at id 0, got {self.background}")

    @property
    def num_classes(self) -> int:
        """Classes including the background."""
        return len(self.classes)


def problem_from(config: Mapping[str, Any]) -> Problem:
    """The problem that `dataclasses.asdict` made a JSON object of."""
    return Problem(**{**config, "task": Task(config["task"]), "classes": tuple(config["classes"])})


@dataclass(frozen=True)
class Instances:
    """The objects of one image, column by column; masks stay packed until someone looks at them.

    Args:
        size: height and width of the image in pixels.
        classes: class id of each object, 1 and up; IGNORE where unknown.
        masks: COCO run-length code of each object (`truemask.rle` packs and unpacks).
        boxes: x0, y0, x1, y1 in pixels, as given.
        ids: the annotation's id: immutable, unique in its data set.
        crowd: one annotation for many objects; never trained on, ignored by COCO AP.
    """

    size: tuple[int, int]
    classes: UInt8[np.ndarray, "n"]
    masks: tuple[bytes, ...]
    boxes: Float32[np.ndarray, "n 4"]
    ids: Int64[np.ndarray, "n"]
    crowd: Bool[np.ndarray, "n"]

    def __len__(self) -> int:
        return len(self.masks)


Labels = int | UInt8[np.ndarray, "_ _"] | Instances
"""The given labels of one image: a class id, a label map, or a list of objects."""
