"""What there is to rebuild of an image, unit by unit: a label map's pixels, a small picture of the whole."""

import math

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.types import IGNORE, Problem, Task

_SIDE = 8


def picture_side(channels: int) -> int:
    """Pixels along each side of what stands for an image of one label: 8, less where channels are many."""
    return max(1, min(_SIDE, math.isqrt((IGNORE - 1) // channels)))


def picture_values(problem: Problem) -> int:
    """Numbers that `picture_of` has for each unit."""
    one_label = problem.task == Task.CLASSIFICATION and not problem.points
    return problem.channels * picture_side(problem.channels) ** 2 if one_label else problem.channels


def picture_of(
    images: Float[Tensor, "b c *size"], labels: Int[Tensor, "b *space"]
) -> Float[Tensor, "b v *space"]:
    """A pixel's channels, a point's features, or an image's averages over `picture_side` fields a side."""
    if images.ndim == 4 and labels.ndim == 1:
        return F.adaptive_avg_pool2d(images, picture_side(images.shape[1])).flatten(1)
    return images
