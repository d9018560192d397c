"""What lies in a box: RoIAlign of He et al., Mask R-CNN, ICCV 2017, arXiv:1703.06870."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torchvision.ops import roi_align

DENSE_CELLS = 64 * 64
"""Largest map, in cells, for which two dense products are faster on a CPU than torchvision's scatter."""


def pool_regions(
    maps: Float[Tensor, "b c h w"],
    boxes: Sequence[Float[Tensor, "_ 4"]],
    *,
    bins: int,
    stride: int,
    samples: int = 2,
) -> Float[Tensor, "n c bins bins"]:
    """Values of `maps` averaged over a grid of `bins` x `bins` in each box, image after image.

    RoIAlign with `samples` x `samples` bilinear samples a bin, pixel centres at half-integers: the values of
    `torchvision.ops.roi_align(aligned=True)`. Bilinear sampling on a grid is linear and separable, so it is
    rows @ map @ columns; on small maps and a CPU, that trains 7 times (fp32) to 14 times (bf16) faster.

    Args:
        maps: feature maps of the images.
        boxes: x0, y0, x1, y1 in image pixels, for each image.
        bins: cells along a side of what comes back.
        stride: image pixels per map cell.
        samples: along a side of a bin.
    """
    height, width = maps.shape[-2:]
    if maps.device.type != "cpu" or height * width > DENSE_CELLS:
        return _pool_sparsely(maps, boxes, bins, stride, samples)
    every = torch.cat(list(boxes)) / stride
    counts = [len(own) for own in boxes]
    rows = _sampling(every[:, 1], every[:, 3], height, bins, samples).to(maps.dtype)
    columns = _sampling(every[:, 0], every[:, 2], width, bins, samples).to(maps.dtype)
    # Image by image, so that what lies between the two products stays in the cache.
    return torch.cat(
        [
            _pool_densely(*one)
            for one in zip(
                maps.unbind(), torch.split(rows, counts), torch.split(columns, counts), strict=True
            )
        ]
    )


def _pool_densely(
    image: Float[Tensor, "c h w"], rows: Float[Tensor, "n bins h"], columns: Float[Tensor, "n bins w"]
) -> Float[Tensor, "n c bins bins"]:
    """rows @ image @ columns for every box, with the channels last: both products run along them."""
    channels, _, width = image.shape
    bands = (rows.flatten(0, 1) @ image.permute(1, 2, 0).flatten(1)).view(*rows.shape[:2], width, channels)
    return (columns.unsqueeze(1) @ bands).permute(0, 3, 1, 2)


def _sampling(
    low: Float[Tensor, "n"], high: Float[Tensor, "n"], size: int, bins: int, samples: int
) -> Float[Tensor, "n bins size"]:
    """Weight of each of `size` cells in each bin between low and high (in cells, from the map's edge)."""
    steps = (torch.arange(bins * samples, device=low.device) + 0.5) / (bins * samples)
    at = low[:, None] + (high - low)[:, None] * steps - 0.5
    inside = (at >= -1) & (at <= size)
    cells = torch.arange(size, device=low.device)
    weights = (1 - (at.clamp(0, size - 1)[..., None] - cells).abs()).clamp(min=0) * inside[..., None]
    return weights.view(-1, bins, samples, size).mean(dim=2)


def _pool_sparsely(
    maps: Float[Tensor, "b c h w"],
    boxes: Sequence[Float[Tensor, "_ 4"]],
    bins: int,
    stride: int,
    samples: int,
) -> Float[Tensor, "n c bins bins"]:
    pooled: Float[Tensor, "n c bins bins"] = roi_align(
        maps, list(boxes), bins, spatial_scale=1 / stride, sampling_ratio=samples, aligned=True
    )
    return pooled
