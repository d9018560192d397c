"""The threshold whose outline follows the image best, after Milgram, Comput. Graph. Image Process. 11, 1979.

Where objects end, brightness falls. So of all outlines that a map of scores has, one for each threshold, the
one along which brightness falls off most is taken. Nothing is assumed of how scores are distributed.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LEVELS = 40
LEAST, MOST = 0.3, 0.98
"""Shares of the pixels that may lie below a threshold."""
_APART = 3
_TINY = 1e-6


def edge_cut(scores: Float[Tensor, "b h w"], light: Float[Tensor, "b h w"]) -> Float[Tensor, "b"]:
    """Each map's threshold: where brightness, across the outline, rises most towards higher scores.

    The slope is averaged over the pixels between thresholds that stand a few places apart in a row of 40, so
    that noise of single pixels cancels.

    Args:
        scores: higher in the foreground.
        light: brightness, higher in the foreground.
    """
    down, right = _slopes(scores)
    light_down, light_right = _slopes(light)
    steepness = (down.square() + right.square()).sqrt() + _TINY
    across = (light_down * down + light_right * right) / steepness
    shares = torch.linspace(LEAST, MOST, LEVELS, dtype=scores.dtype, device=scores.device)
    cuts = []
    for score, slope in zip(scores.flatten(1), across.flatten(1), strict=True):
        order = score.argsort()
        places = (shares * (len(order) - 1)).long()
        sums = torch.cat([slope.new_zeros(1), slope[order].cumsum(dim=0)])
        first, last = places[:-_APART], places[_APART:]
        means = (sums[last + 1] - sums[first]) / (last + 1 - first)
        best = means.argmax()
        cuts.append((score[order[first[best]]] + score[order[last[best]]]) / 2)
    return torch.stack(cuts)


def _slopes(plane: Float[Tensor, "b h w"]) -> tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]:
    """Central differences down and across; at edges the outermost pixels go on."""
    rows = torch.cat([plane[:, :1], plane, plane[:, -1:]], dim=1)
    columns = torch.cat([plane[:, :, :1], plane, plane[:, :, -1:]], dim=2)
    return (rows[:, 2:] - rows[:, :-2]) / 2, (columns[:, :, 2:] - columns[:, :, :-2]) / 2
