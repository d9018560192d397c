"""Confidence penalty: Pereyra, Tucker, Chorowski, Kaiser & Hinton, ICLR workshop 2017, arXiv:1701.06548."""

import math

from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.entropy import entropy
from truemask.types import IGNORE, BadInput


def confidence_penalty(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, weight: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Cross entropy - weight * entropy of the prediction: being sure costs, whatever the label.

    The opposite sign of `min_entropy`. May go below 0, to -weight * log K. 0 where a label is IGNORE.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    check_confidence_penalty(weight)
    return cross_entropy(logits, labels) - weight * entropy(logits) * (labels != IGNORE)


def soft_confidence_penalty(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"], *, weight: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Soft cross entropy - weight * entropy of the prediction; 0 where a target is all zeros.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    check_confidence_penalty(weight)
    return soft_cross_entropy(logits, targets) - weight * entropy(logits) * (targets.sum(dim=1) > 0)


def check_confidence_penalty(weight: float) -> None:
    """Refuse a weight that makes no loss.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    if not 0 <= weight < math.inf:
        raise BadInput(
            f"confidence_penalty needs weight >= 0 (0: cross entropy), got weight={weight}; "
            "to reward confidence use min_entropy"
        )
