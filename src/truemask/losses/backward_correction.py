"""Backward correction: Patrini, Rozza, Menon, Nock & Qu, CVPR 2017, arXiv:1609.03683."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.types import IGNORE, BadInput


def backward_correction(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    inverse: Float[Tensor, "k k"],
    floor: float = 1e-7,
) -> Float[Tensor, "b *space"]:
    """The row of the inverse that the label names, times -log p of each class: on average the clean loss.

    Unbiased: the mean over labels that the noise makes of a class is the cross entropy to that class. Single
    values may be negative, and without a floor have no lower bound. 0 where a label is IGNORE.

    Args:
        logits: class scores.
        labels: given class ids.
        inverse: of the transition matrix whose row i is P(given | true = i).
        floor: probabilities below it count as it, as in the released code; in [0, 1); 0: none.

    Raises:
        BadInput: if floor is outside [0, 1).
    """
    check_floor(floor)
    known = labels != IGNORE
    weights = F.embedding(labels.long().where(known, 0), inverse.float()).movedim(-1, 1)
    log_probs = F.log_softmax(logits.float(), dim=1)
    if floor > 0:
        log_probs = log_probs.clamp(min=math.log(floor))
    return -(weights * log_probs).sum(dim=1) * known


def inverse_transition(transition: Float[Tensor, "k k"]) -> Float[Tensor, "k k"]:
    """The matrix that undoes a transition matrix.

    Raises:
        BadInput: if nothing undoes it: two classes have become the same.
    """
    exact = transition.double()
    condition = float(torch.linalg.cond(exact))
    if not condition < 1e6:
        raise BadInput(
            "backward correction inverts the transition matrix, and nothing undoes this one (condition "
            f"number {condition:.2g}): some classes are given alike; use forward, or smoothing=0.1"
        )
    inverse: Tensor = torch.linalg.inv(exact).to(transition.dtype)
    return inverse


def check_floor(floor: float) -> None:
    """Refuse a floor that is no probability.

    Raises:
        BadInput: if floor is outside [0, 1).
    """
    if not 0 <= floor < 1:
        raise BadInput(f"backward correction needs 0 <= floor < 1, a probability, got floor={floor}")
