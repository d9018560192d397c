"""Symmetric cross entropy: Wang, Ma, Chen, Luo, Yi & Bailey, ICCV 2019, arXiv:1908.06112."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.rce import check_log_zero, soft_rce
from truemask.types import BadInput


def sce(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
) -> Float[Tensor, "b *space"]:
    """alpha * cross entropy + beta * reverse cross entropy. 0 where a label is IGNORE.

    More alpha learns hard classes sooner, and wrong labels too; more beta |log_zero| (the two act as one
    number) tolerates more noise. Defaults are the paper's for CIFAR-10; for the box head of Mask R-CNN
    alpha 1, beta 0.1 has been used. The paper writes log 0 = -4; its released code clips the one-hot label
    at 1e-4 before a natural logarithm, hence log_zero = -9.21 there: pass that to compare with its numbers.

    Raises:
        BadInput: if a weight is negative or both are 0, or log_zero is not a finite number below 0.
    """
    check_sce(alpha, beta, log_zero)
    ce = cross_entropy(logits, labels)
    return alpha * ce + beta * log_zero * torch.expm1(-ce)


def soft_sce(
    logits: Float[Tensor, "b k *space"],
    targets: Float[Tensor, "b k *space"],
    *,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
) -> Float[Tensor, "b *space"]:
    """alpha * soft cross entropy + beta * soft reverse cross entropy; 0 where a target is all zeros.

    Raises:
        BadInput: as `sce`.
    """
    check_sce(alpha, beta, log_zero)
    return alpha * soft_cross_entropy(logits, targets) + beta * soft_rce(logits, targets, log_zero=log_zero)


def check_sce(alpha: float, beta: float, log_zero: float) -> None:
    """Refuse weights that make no loss.

    Raises:
        BadInput: if a weight is negative or both are 0, or log_zero is not a finite number below 0.
    """
    if not (0 <= alpha < math.inf and 0 <= beta < math.inf and alpha + beta > 0):
        raise BadInput(f"sce needs alpha, beta >= 0, not both 0; got alpha={alpha}, beta={beta}")
    check_log_zero(log_zero)
