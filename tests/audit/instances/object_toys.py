"""What the tests of the audit of objects share: rectangles, what is given of them, and what is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from truemask import rle
from truemask.audit.instances import Predicted, Seen
from truemask.types import Instances, Problem, Task

SIZE = (60, 80)
TILES = Problem(Task.INSTANCE, ("background", "box", "tile"), background=0)
CELLS = Problem(Task.INSTANCE, ("background", "cell"), background=0)


@dataclass(frozen=True)
class Thing:
    """An object: class, top, left, bottom, right, how sure a network is of it, and its annotation's id."""

    label: int
    box: tuple[int, int, int, int]
    score: float = 0.9
    id: int = 0
    hole: tuple[int, int, int, int] | None = None

    def mask(self) -> np.ndarray:
        plane = np.zeros(SIZE, bool)
        top, left, bottom, right = self.box
        plane[top:bottom, left:right] = True
        if self.hole:
            top, left, bottom, right = self.hole
            plane[top:bottom, left:right] = False
        return plane


def given_of(things: Sequence[Thing], crowd: Sequence[int] = ()) -> Instances:
    codes = rle.pack(np.array([thing.mask() for thing in things], bool).reshape(-1, *SIZE))
    return Instances(
        SIZE,
        np.array([thing.label for thing in things], np.uint8),
        codes,
        rle.boxes(codes, SIZE),
        np.array([thing.id for thing in things], np.int64),
        np.array([place in crowd for place in range(len(things))], bool),
    )


def predicted_of(things: Sequence[Thing]) -> Predicted:
    codes = rle.pack(np.array([thing.mask() for thing in things], bool).reshape(-1, *SIZE))
    scores = np.array([thing.score for thing in things], np.float32)
    return Predicted(np.array([thing.label for thing in things], np.int64), scores, codes)


def seen_of(key: str, given: Sequence[Thing], found: Sequence[Thing]) -> Seen:
    return Seen(key, given_of(given), predicted_of(found))


TRUE = (Thing(1, (4, 4, 24, 24)), Thing(2, (4, 26, 26, 46)), Thing(1, (34, 10, 54, 40)))
"""What is truly in every image of the small world."""


def world(images: int = 12, problem: Problem = TILES) -> list[Seen]:
    """Images whose labels are right, and predictions that say the same, surer of some objects."""
    scores = (0.95, 0.9, 0.8)
    things = [replace(thing, label=min(thing.label, problem.num_classes - 1)) for thing in TRUE]
    return [
        seen_of(
            f"image{row:02}",
            [replace(thing, id=10 * row + place) for place, thing in enumerate(things)],
            [replace(thing, score=score) for thing, score in zip(things, scores, strict=True)],
        )
        for row in range(images)
    ]
