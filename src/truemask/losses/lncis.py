"""Noisy class labels in instance segmentation (LNCIS): Yang, Meng, Li, Wu & Cheng, ECCV 2020."""

from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.rce import check_log_zero
from truemask.types import IGNORE, BadInput


class Division(IntEnum):
    """Which of the paper's sets a unit is in, by given label and prediction."""

    NEGATIVE = 0
    """Labelled background: cross entropy."""
    PSEUDO_NEGATIVE = 1
    """Labelled as an object, predicted background: cross entropy, for it *is* an object, whichever."""
    POTENTIAL_NOISY = 2
    """Labelled and predicted as objects, cross entropy above gamma: left out."""
    OTHER = 3
    """The rest: reverse cross entropy."""
    IGNORED = IGNORE


def lncis(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    gamma: float = 6.0,
    log_zero: float = -4.0,
    background: int = 0,
    negatives: bool = True,
    pseudo_negatives: bool = True,
) -> Float[Tensor, "b *space"]:
    """The second-stage loss: cross entropy where background is at stake, a robust loss between classes.

    Units that look wrongly labelled cost 0 but still count in a mean over units. 0 where a label is IGNORE.
    `negatives` and `pseudo_negatives` switch the paper's sets on and off; see `division`.

    Raises:
        BadInput: if gamma is not above 0, log_zero not a finite number below 0, or background negative.
    """
    check_lncis(gamma, log_zero, background)
    sets = division(
        logits,
        labels,
        gamma=gamma,
        background=background,
        negatives=negatives,
        pseudo_negatives=pseudo_negatives,
    )
    return divided_loss(logits, labels, sets, log_zero=log_zero)


def divided_loss(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    sets: Int[Tensor, "b *space"],
    *,
    log_zero: float = -4.0,
) -> Float[Tensor, "b *space"]:
    """What each unit costs, given which set it is in: the sets need not come from these logits."""
    ce = cross_entropy(logits, labels)
    robust = torch.where(sets == Division.OTHER, log_zero * torch.expm1(-ce), ce)
    return robust.masked_fill(sets == Division.POTENTIAL_NOISY, 0.0)


def division(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    gamma: float = 6.0,
    background: int = 0,
    negatives: bool = True,
    pseudo_negatives: bool = True,
) -> Int[Tensor, "b *space"]:
    """The `Division` of each unit, as its integer.

    gamma is in nats: a label is left out below p = exp(-gamma), 0.0025 at 6. Without `negatives` units that
    are labelled background are divided like the others, without `pseudo_negatives` those that are predicted
    background are; both as in rows of the paper's ablation.
    """
    with torch.no_grad():
        unlikely = cross_entropy(logits, labels) > gamma
        sets = torch.where(unlikely, Division.POTENTIAL_NOISY, Division.OTHER)
        if pseudo_negatives:
            # Maps are large: argmax over axis 1 takes 100 times as long, writing through masks 10 times.
            as_background = logits[:, background] >= logits.amax(dim=1)
            sets = torch.where(as_background & (labels != background), Division.PSEUDO_NEGATIVE, sets)
        if negatives:
            sets = torch.where(labels == background, Division.NEGATIVE, sets)
        return torch.where(labels == IGNORE, Division.IGNORED, sets)


def check_lncis(gamma: float, log_zero: float, background: int) -> None:
    """Refuse knobs that make no loss.

    Raises:
        BadInput: if gamma is not above 0, log_zero not a finite number below 0, or background negative.
    """
    if not gamma > 0:
        raise BadInput(f"lncis needs gamma > 0 (inf: no unit is left out), got gamma={gamma}")
    if background < 0:
        raise BadInput(f"lncis needs the class id of the background, 0 or more; got background={background}")
    check_log_zero(log_zero)
