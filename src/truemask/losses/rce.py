"""Reverse cross entropy: Wang, Ma, Chen, Luo, Yi & Bailey, ICCV 2019, arXiv:1908.06112."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.types import BadInput


def rce(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, log_zero: float = -4.0
) -> Float[Tensor, "b *space"]:
    """|log_zero| (1 - p(label)): -sum_k p_k log q_k for a one-hot q, with log 0 taken to be `log_zero`.

    Summed over all labels that a unit could have been given it is constant, so symmetric noise does not move
    its minimum; the price is slow learning of hard but right labels. 0 where a label is IGNORE.

    Raises:
        BadInput: if log_zero is not a finite number below 0.
    """
    check_log_zero(log_zero)
    # 1 - p = -expm1(log p), which is 0 where IGNORE makes the cross entropy 0; two minus signs cancel.
    return log_zero * torch.expm1(-cross_entropy(logits, labels))


def soft_rce(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"], *, log_zero: float = -4.0
) -> Float[Tensor, "b *space"]:
    """-sum_k p_k max(log target_k, log_zero): reverse cross entropy from a distribution over classes.

    A unit that is to say nothing has a target of all zeros, and costs 0.

    Raises:
        BadInput: if log_zero is not a finite number below 0.
    """
    check_log_zero(log_zero)
    log_targets = targets.float().log().clamp(min=log_zero)
    says = targets.sum(dim=1) > 0
    return -(logits.float().softmax(dim=1) * log_targets).sum(dim=1) * says


def check_log_zero(log_zero: float) -> None:
    """Refuse a stand-in for log 0 that makes no loss.

    Raises:
        BadInput: if log_zero is not a finite number below 0.
    """
    if not -math.inf < log_zero < 0:
        raise BadInput(f"reverse cross entropy needs a finite log_zero below 0, such as -4; got {log_zero}")
