"""Masks between two frames: that of a box, and that of the image."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torchvision.ops import roi_align

CHUNK = 1 << 24
"""Pixels pasted at a time: bounds the memory of large images with many objects."""


def cut_out(
    masks: Bool[Tensor, "n h w"], which: Int[Tensor, "m"], boxes: Float[Tensor, "m 4"], side: int
) -> Float[Tensor, "m side side"]:
    """What lies of mask `which` in each box, as coverage of `side` x `side` cells."""
    rois = torch.cat([which[:, None].to(boxes), boxes], dim=1)
    # As many samples a cell as it has pixels, so that nothing of a large mask is skipped.
    cells: Float[Tensor, "m 1 side side"] = roi_align(
        masks[:, None].to(boxes), rois, side, sampling_ratio=-1, aligned=True
    )
    return cells[:, 0]


def paste(
    probs: Float[Tensor, "n side side"], boxes: Float[Tensor, "n 4"], size: tuple[int, int]
) -> Bool[Tensor, "n h w"]:
    """Masks of an image of height, width `size`: where the bilinear value of `probs` in the box exceeds 0.5.

    Bilinear interpolation is separable: two small products instead of a resize for each object.
    """
    height, width = size
    step = max(1, CHUNK // (height * width))
    rows = _interpolation(boxes[:, 1], boxes[:, 3], probs.shape[1], height)
    columns = _interpolation(boxes[:, 0], boxes[:, 2], probs.shape[2], width)
    # bfloat16's 8 bits would move the outline.
    with torch.autocast(probs.device.type, enabled=False):
        pasted = [
            rows[i : i + step] @ probs[i : i + step] @ columns[i : i + step].mT > 0.5
            for i in range(0, len(probs), step)
        ]
    return torch.cat([probs.new_zeros(0, height, width, dtype=torch.bool), *pasted])


def _interpolation(
    low: Float[Tensor, "n"], high: Float[Tensor, "n"], cells: int, pixels: int
) -> Float[Tensor, "n pixels cells"]:
    """Weight of each cell between low and high in the value at each pixel's centre; 0 outside."""
    centres = torch.arange(pixels, device=low.device) + 0.5
    at = (centres - low[:, None]) / (high - low)[:, None].clamp(min=1e-6) * cells - 0.5
    return (1 - (at[..., None] - torch.arange(cells, device=low.device)).abs()).clamp(min=0)
