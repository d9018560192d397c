"""Gaussian smoothing of planes, as tensors."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def smoothed(planes: Float[Tensor, "b h w"], sigma_px: float) -> Float[Tensor, "b h w"]:
    """Planes under a Gaussian cut off at 3 sigma; at edges the outermost pixels go on. 0 changes nothing."""
    if sigma_px == 0:
        return planes
    reach = max(1, round(3 * sigma_px))
    at = torch.arange(-reach, reach + 1, dtype=planes.dtype, device=planes.device)
    weights = torch.exp(-((at / sigma_px) ** 2) / 2)
    weights = weights / weights.sum()
    wide = F.pad(planes[:, None], (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(wide, weights.view(1, 1, 1, -1))
    return F.conv2d(across, weights.view(1, 1, -1, 1))[:, 0]
