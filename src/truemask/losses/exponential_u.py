"""The "exponential" loss for unlabelled units (a draft of 2017; in later work, "sigmoid loss").

It is neither AdaBoost's exponential loss nor new for a pair of classes; 1 - p = 1 - exp(-cross entropy).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy


def exponential_u(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, unlabelled: int = 0
) -> Float[Tensor, "b *space"]:
    """1 - p(unlabelled) where that is the label, cross entropy elsewhere. 0 where a label is IGNORE.

    For labels that can be missing: a unit labelled `unlabelled` may be any class. Where the network is sure
    that it is another one, the gradient, p(unlabelled) p(k) at each other class k, is next to none.
    """
    ce = cross_entropy(logits, labels)
    return torch.where(labels == unlabelled, -torch.expm1(-ce), ce)
