"""Problems, and images with a few boxes on them, small enough to learn in a second."""

import torch
from torch import Tensor

from truemask.batch import Objects
from truemask.types import Problem, Task

SEMANTIC = Problem(Task.SEMANTIC, ("background", "cell", "wall"), background=0)
IMAGES = Problem(Task.CLASSIFICATION, ("zero", "one", "two"), channels=1)
POINTS = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
INSTANCE = Problem(Task.INSTANCE, ("background", "disc", "bar", "star"), background=0)


def objects(
    boxes: list[list[int]], labels: list[int], size: tuple[int, int] = (64, 64), first_row: int = 0
) -> Objects:
    """Objects that fill their boxes."""
    masks = torch.zeros(len(boxes), *size, dtype=torch.bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return Objects(
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        torch.tensor(labels, dtype=torch.int64),
        masks,
        torch.arange(first_row, first_row + len(boxes)),
    )


def painted(given: tuple[Objects, ...], seed: int = 0) -> Tensor:
    """Dim noise with every object as a patch whose colour is its class."""
    generator = torch.Generator().manual_seed(seed)
    images = 0.1 * torch.randn(len(given), 3, *given[0].masks.shape[1:], generator=generator)
    for image, own in zip(images, given, strict=True):
        for label, mask in zip(own.labels.tolist(), own.masks, strict=True):
            image[(label - 1) % 3, mask] += 2
    return images


def two_images() -> tuple[Tensor, tuple[Objects, ...]]:
    """Five objects on two images of 64 px, with rows 10 to 14."""
    given = (
        objects([[4, 6, 24, 26], [34, 30, 60, 56]], [1, 2], first_row=10),
        objects([[8, 36, 30, 60], [30, 4, 56, 20], [40, 30, 60, 60]], [3, 1, 2], first_row=12),
    )
    return painted(given), given
