"""Active passive loss: Ma, Huang, Wang, Romano, Erfani & Bailey, ICML 2020, arXiv:2006.13554."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.rce import check_log_zero
from truemask.types import BadInput


def active_passive(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    log_zero: float = -4.0,
) -> Float[Tensor, "b *space"]:
    """alpha * normalised cross entropy + beta * reverse cross entropy. 0 where a label is IGNORE.

    The first pulls the given class up, the second pushes all the others down; each alone sums to a constant
    over all labels that a unit could have been given, so symmetric noise moves neither minimum. The paper: 1
    and 1 on CIFAR-10, 10 and 0.1 on CIFAR-100. With log_zero = -2 the second term is mean absolute error.

    Raises:
        BadInput: if a weight is negative or both are 0, or log_zero is not a finite number below 0.
    """
    check_active_passive(alpha, beta, log_zero)
    ce = cross_entropy(logits, labels)
    return alpha * _normalised(logits, ce) + beta * log_zero * torch.expm1(-ce)


def normalised_cross_entropy(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
) -> Float[Tensor, "b *space"]:
    """-log p(label) as a share of the sum of -log p over all classes: in [0, 1]; 0 where IGNORE."""
    return _normalised(logits, cross_entropy(logits, labels))


def check_active_passive(alpha: float, beta: float, log_zero: float) -> None:
    """Refuse weights that make no loss.

    Raises:
        BadInput: if a weight is negative or both are 0, or log_zero is not a finite number below 0.
    """
    if not (0 <= alpha < math.inf and 0 <= beta < math.inf and alpha + beta > 0):
        raise BadInput(f"active_passive needs alpha, beta >= 0, not both 0; got alpha={alpha}, beta={beta}")
    check_log_zero(log_zero)


def _normalised(logits: Tensor, ce: Tensor) -> Tensor:
    # At least K log K, which it is where all classes are alike.
    return ce / -F.log_softmax(logits.float(), dim=1).sum(dim=1)
