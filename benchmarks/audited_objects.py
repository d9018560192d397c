"""Images as large and as full as COCO's, with wrong labels, and what a detector says: without a detector."""

import cv2
import numpy as np

from truemask import rle
from truemask.audit.instances import Predicted, Seen
from truemask.types import Instances, Problem, Task

SIZE = (480, 640)
CLASSES = 80
PROBLEM = Problem(Task.INSTANCE, ("background", *(f"class {c}" for c in range(1, CLASSES + 1))), background=0)
GIVEN = 7.3
"""COCO's mean number of objects an image."""
MOST_FOUND = 100
WRONG = 0.05
"""Share of objects that are missing, and of those that have another class."""


def audited_image(rng: np.random.Generator, row: int) -> Seen:
    """One image: given objects, and the predictions about them and about nothing, 30 on average."""
    given, found = [], []
    for _ in range(rng.poisson(GIVEN)):
        shape, label = _outline(rng, 10, 120), int(rng.integers(1, CLASSES + 1))
        if rng.random() >= WRONG:
            given.append((label if rng.random() >= WRONG else int(rng.integers(1, CLASSES + 1)), shape))
        for place in range(int(rng.integers(1, 4))):
            score = rng.beta(5, 1) if place == 0 else rng.beta(1, 6)
            said = label if place == 0 else int(rng.integers(1, CLASSES + 1))
            found.append((said, float(score), shape + rng.normal(0, 0.02 * np.ptp(shape), 2)))
    for _ in range(int(rng.integers(0, 30))):
        found.append((int(rng.integers(1, CLASSES + 1)), float(rng.beta(1, 8)), _outline(rng, 5, 60)))
    found = sorted(found, key=lambda one: -one[1])[:MOST_FOUND]
    codes = rle.pack(_planes([shape for _, shape in given]))
    labels = Instances(
        SIZE,
        np.array([label for label, _ in given], np.uint8),
        codes,
        rle.boxes(codes, SIZE),
        np.arange(len(given)) + 1000 * row,
        np.zeros(len(given), bool),
    )
    return Seen(
        f"image {row:05}",
        labels,
        Predicted(
            np.array([label for label, _, _ in found], np.int64),
            np.array([score for _, score, _ in found], np.float32),
            rle.pack(_planes([shape for _, _, shape in found])),
        ),
    )


def _outline(rng: np.random.Generator, least_px: float, most_px: float) -> np.ndarray:
    """Corners x, y of a thing that is not quite round."""
    radius = np.exp(rng.uniform(np.log(least_px), np.log(most_px)))
    turn = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    radii = radius * (1 + 0.15 * rng.normal(size=30))
    centre = rng.uniform(0, 1, 2) * (SIZE[1], SIZE[0])
    return np.asarray(centre + np.stack([radii * np.cos(turn), radii * np.sin(turn)], axis=1))


def _planes(shapes: list[np.ndarray]) -> np.ndarray:
    planes = np.zeros((len(shapes), *SIZE), np.uint8)
    for plane, shape in zip(planes, shapes, strict=True):
        cv2.fillPoly(plane, [np.rint(shape).astype(np.int32)], 1)
    return planes.astype(bool)
