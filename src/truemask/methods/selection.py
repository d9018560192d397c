"""Which units to learn from, by their losses."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from truemask.types import IGNORE


def smallest(
    losses: Float[Tensor, "b *space"],
    labels: Int[Tensor, "b *space"],
    share: float,
    *,
    per_class: bool = False,
) -> Bool[Tensor, "b *space"]:
    """Where the smallest losses are: the given share of all valid units, rounded, and at least one.

    per_class: that share of each given class on its own, so that rare and hard classes keep theirs.
    """
    flat, given = losses.detach().flatten(), labels.flatten()
    if per_class:
        groups = [(given == label).nonzero()[:, 0] for label in torch.unique(given) if label != IGNORE]
    else:
        groups = [(given != IGNORE).nonzero()[:, 0]]
    keep = torch.zeros_like(given, dtype=torch.bool)
    for units in groups:
        count = min(len(units), max(1, round(share * len(units))))
        # Unsorted topk is linear in the number of pixels, and exact in number where losses are equal.
        keep[units[flat[units].topk(count, largest=False, sorted=False).indices]] = True
    return keep.reshape(labels.shape)
