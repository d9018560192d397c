"""Made-up object lists of the size of COCO's photos: 640 x 480 px, objects of 10 to 300 px."""

import cv2
import numpy as np

from truemask import rle
from truemask.types import Instances, Problem, Task

CLASSES = 80
PROBLEM = Problem(Task.INSTANCE, ("background", *(f"class {i}" for i in range(1, CLASSES + 1))), background=0)
SIZE = (480, 640)
_CORNERS = 40


def photo(rng: np.random.Generator, count: int, first_id: int) -> Instances:
    """So many objects with wavy outlines, as wide as 10 to 300 px, evenly in the logarithm."""
    masks = np.zeros((count, *SIZE), dtype=np.uint8)
    for mask in masks:
        radius = np.exp(rng.uniform(np.log(5), np.log(150)))
        middle = rng.integers((SIZE[1], SIZE[0]))
        turns = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
        waves = sum(rng.uniform(0, 0.15) * np.sin(n * turns + rng.uniform(0, 2 * np.pi)) for n in (2, 3, 5))
        corners = middle + (radius * (0.85 + waves) * (np.cos(turns), np.sin(turns))).T
        cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
    codes = rle.pack(masks.astype(bool))
    classes = rng.integers(1, CLASSES + 1, count).astype(np.uint8)
    ids = np.arange(first_id, first_id + count)
    return Instances(SIZE, classes, codes, rle.boxes(codes, SIZE), ids, np.zeros(count, dtype=bool))
