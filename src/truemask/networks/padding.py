"""Sizes that a network cannot take, made into sizes that it can."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def pad_to_stride(
    images: Float[Tensor, "b c h w"], stride: int, *, least: int = 0
) -> Float[Tensor, "b c hp wp"]:
    """`images` grown at the right and bottom to multiples of `stride` px and at least `least` px.

    The edge pixels are repeated: a dark frame would be an object of its own. The caller crops back to h, w.
    """
    height, width = (max(_round_up(size, stride), least) for size in images.shape[-2:])
    below, right = height - images.shape[-2], width - images.shape[-1]
    return F.pad(images, (0, right, 0, below), mode="replicate") if below or right else images


def _round_up(size: int, stride: int) -> int:
    return -(-size // stride) * stride
