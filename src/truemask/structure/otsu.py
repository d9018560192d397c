"""The threshold that splits values into two groups best: Otsu, IEEE Trans. SMC 9(1), 1979."""

import torch
from jaxtyping import Float
from torch import Tensor

BINS = 256


def otsu(values: Float[Tensor, "b n"], bins: int = BINS) -> tuple[Float[Tensor, "b"], Float[Tensor, "b"]]:
    """Each row's threshold, and the variance between its two groups over that of all, in [0, 1].

    Values are counted in bins from their least to their greatest. What lies above the threshold is the upper
    group. Rows of one value have that value as threshold, and 0.

    Args:
        values: any finite numbers.
        bins: of the histogram.
    """
    least, greatest = values.aminmax(dim=1, keepdim=True)
    width = (greatest - least) / bins
    places = ((values - least) / width.where(width > 0, 1.0)).long().clamp(max=bins - 1)
    shares = torch.zeros(len(values), bins, dtype=torch.float64, device=values.device)
    shares.scatter_add_(1, places, torch.ones_like(values, dtype=torch.float64))
    shares /= values.shape[1]
    centres = torch.arange(bins, dtype=torch.float64, device=values.device) + 0.5
    below, moment = shares.cumsum(dim=1), (shares * centres).cumsum(dim=1)
    mean = moment[:, -1:]
    # w0 w1 (m1 - m0)^2, with both groups' means as moments over shares.
    room = below * (1 - below)
    between = (mean * below - moment).square() / room.where(room > 0, 1.0) * (room > 1e-12)
    best = between.argmax(dim=1)
    variance = (shares * (centres - mean).square()).sum(dim=1)
    separation = between.amax(dim=1) / variance.where(variance > 0, 1.0)
    edges = least[:, 0] + (best + 1).to(values.dtype) * width[:, 0]
    return edges.where(width[:, 0] > 0, least[:, 0]), separation.to(values.dtype).clamp(0, 1)
