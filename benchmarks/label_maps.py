"""Made-up label maps and predictions of any size: regions of 19 classes, as in street scenes."""

import cv2
import numpy as np

from truemask.types import Problem, Task

CLASSES = 19
PROBLEM = Problem(Task.SEMANTIC, tuple(f"class {i}" for i in range(CLASSES)), background=0)
_CELL_PX = 64


def label_map(rng: np.random.Generator, size: int) -> np.ndarray:
    """A map, uint8 "size size", whose regions are some 64 px wide."""
    cells = -(-size // _CELL_PX)
    heights = rng.random((CLASSES, cells, cells), dtype=np.float32)
    planes = [cv2.resize(plane, (size, size), interpolation=cv2.INTER_CUBIC) for plane in heights]
    return np.asarray(np.argmax(planes, axis=0), dtype=np.uint8)


def audited_image(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Given labels with wrong patches, uint8 "h w", and what a good network says, float32 "k h w"."""
    truth = label_map(rng, size)
    given = truth.copy()
    for _ in range(max(1, size * size // 16_384)):
        top, left = rng.integers(0, size - 16, 2)
        given[top : top + 16, left : left + 16] = rng.integers(CLASSES)
    logits = rng.standard_normal((CLASSES, size, size), dtype=np.float32)
    logits += 4 * (truth == np.arange(CLASSES, dtype=np.uint8)[:, None, None])
    odds = np.exp(logits)
    return given, odds / odds.sum(axis=0)
