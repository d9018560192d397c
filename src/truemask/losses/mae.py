"""Mean absolute error: Ghosh, Kumar & Sastry, AAAI 2017, arXiv:1712.09482."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy


def mae(logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]) -> Float[Tensor, "b *space"]:
    """sum_k |label_k - p_k| = 2 (1 - p(label)), for a one-hot label. 0 where a label is IGNORE.

    Summed over all labels that a unit could have been given it is 2 (K - 1), so symmetric noise does not move
    its minimum. Its gradient at the label's own logit is -2 p (1 - p): next to none where the label looks
    unlikely, be it wrong or merely hard. Slow to learn, and with many classes it may not learn at all.
    """
    return -2 * torch.expm1(-cross_entropy(logits, labels))


def soft_mae(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"]
) -> Float[Tensor, "b *space"]:
    """sum_k |target_k - p_k|: at most 2, and 0 where prediction and target agree.

    A unit that is to say nothing has a target of all zeros, and costs 0.
    """
    says = targets.sum(dim=1) > 0
    return (targets - logits.float().softmax(dim=1)).abs().sum(dim=1) * says
