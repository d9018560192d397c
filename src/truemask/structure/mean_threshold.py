"""The masks with the most determinant-based information about a prediction, in closed form.

For a mask S over N pixels, the determinant that iGTT (Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594)
maximises over a grid of thresholds is N times the sum over the mask of (p - mean p). So of all masks there
are, thresholds or not, the best is "above the mean". Otsu's criterion is the same with the gap between the
two sides squared.
"""

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def mean_mask(probs: Float[Tensor, "b h w"]) -> Bool[Tensor, "b h w"]:
    """Pixels above the mean of their image: the mask with the largest determinant of all."""
    return probs > probs.mean(dim=(1, 2), keepdim=True)


def mask_determinant(probs: Float[Tensor, "b h w"], masks: Bool[Tensor, "b h w"]) -> Float64[Tensor, "b"]:
    """The determinant that belongs to a mask; negative where less is predicted inside than outside."""
    p = probs.flatten(1).double()
    inside = masks.flatten(1)
    return p.shape[1] * ((p - p.mean(dim=1, keepdim=True)) * inside).sum(dim=1)


def grid_mask(probs: Float[Tensor, "b h w"], count: int = 30) -> Bool[Tensor, "b h w"]:
    """What `threshold_search.published_search` finds, in one pass: for when its very grid is wanted.

    The determinant rises up to the mean and falls from there, so only the thresholds next to the mean can be
    best, and one comparison tells which.
    """
    p = probs.flatten(1)
    least, greatest = p.aminmax(dim=1)
    mean = p.double().mean(dim=1)
    step = (greatest - least).double() / max(count - 1, 1)
    below = ((mean - least) / step.where(step > 0, 1.0)).floor().clamp(0, count - 1)
    grid = torch.linspace(0, 1, count, dtype=probs.dtype, device=probs.device)
    picks = torch.stack([below, (below + 1).clamp(max=count - 1)], dim=1).long()
    thresholds = least[:, None] + grid[picks] * (greatest - least)[:, None]
    masks = probs[:, None] > thresholds[:, :, None, None]
    lower, upper = mask_determinant(probs, masks[:, 0]), mask_determinant(probs, masks[:, 1])
    return torch.where((upper > lower)[:, None, None], masks[:, 1], masks[:, 0])
