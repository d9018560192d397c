"""Focal loss: Lin, Goyal, Girshick, He & Dollar, ICCV 2017, arXiv:1708.02002."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.types import BadInput


def focal(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, gamma: float = 2.0
) -> Float[Tensor, "b *space"]:
    """(1 - p(label))^gamma * cross entropy: what is learnt already hardly counts.

    It goes for what looks unlikely, so for wrong labels above all: here for comparison. No weights per class.
    0 where a label is IGNORE.

    Raises:
        BadInput: if gamma is negative or not finite.
    """
    check_focal(gamma)
    ce = cross_entropy(logits, labels)
    # Below 1 gamma has an infinite slope at p = 1; times a cross entropy of 0 that would be NaN.
    doubt = -torch.expm1(-ce)
    return doubt.clamp(min=torch.finfo(torch.float32).eps) ** gamma * ce


def check_focal(gamma: float) -> None:
    """Refuse an exponent that makes no loss.

    Raises:
        BadInput: if gamma is negative or not finite.
    """
    if not 0 <= gamma < math.inf:
        raise BadInput(f"focal needs a finite gamma >= 0 (0: cross entropy), got gamma={gamma}")
