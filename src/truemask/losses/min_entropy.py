"""Minimum entropy regularisation: Grandvalet & Bengio, NeurIPS 2004."""

import math

from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.entropy import entropy
from truemask.types import IGNORE, BadInput


def min_entropy(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, weight: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Cross entropy + weight * entropy of the prediction: the network is to make up its mind.

    Up to a factor of 1 + weight the same as `bootstrap_soft` with beta = 1 / (1 + weight), and the opposite
    sign of `confidence_penalty`. 0 where a label is IGNORE.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    check_min_entropy(weight)
    return cross_entropy(logits, labels) + weight * entropy(logits) * (labels != IGNORE)


def soft_min_entropy(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"], *, weight: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Soft cross entropy + weight * entropy of the prediction; 0 where a target is all zeros.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    check_min_entropy(weight)
    return soft_cross_entropy(logits, targets) + weight * entropy(logits) * (targets.sum(dim=1) > 0)


def check_min_entropy(weight: float) -> None:
    """Refuse a weight that makes no loss.

    Raises:
        BadInput: if the weight is negative or not finite.
    """
    if not 0 <= weight < math.inf:
        raise BadInput(
            f"min_entropy needs weight >= 0 (0: cross entropy), got weight={weight}; "
            "to punish confidence use confidence_penalty"
        )
