"""Bootstrapping: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, ICLR workshop 2015, arXiv:1412.6596."""

import math

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.entropy import entropy
from truemask.types import IGNORE, BadInput


def bootstrap_soft(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, beta: float = 0.95
) -> Float[Tensor, "b *space"]:
    """Cross entropy to beta * label + (1 - beta) * p, where p is the prediction itself, gradient and all.

    That is beta * cross entropy + (1 - beta) * entropy of the prediction: the smaller beta, the more the
    network is asked to be sure rather than to agree. With p detached in the target the second gradient would
    be exactly 0 and nothing but a smaller learning rate would be left. 0 where a label is IGNORE.

    Raises:
        BadInput: if beta is outside (0, 1].
    """
    check_bootstrap(beta)
    return beta * cross_entropy(logits, labels) + (1 - beta) * entropy(logits) * (labels != IGNORE)


def bootstrap_temperature(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    beta: float = 0.95,
    tau: float = 2.0,
) -> Float[Tensor, "b *space"]:
    """Cross entropy to beta * label + (1 - beta) * softmax(tau * logits), gradient of the target and all.

    tau multiplies the logits: 1 is `bootstrap_soft`; as it grows the target becomes the likeliest class
    alone, which is hard bootstrapping; at 0 it is uniform. 0 where a label is IGNORE.

    Raises:
        BadInput: if beta is outside (0, 1], or tau negative or not finite.
    """
    check_bootstrap_temperature(beta, tau)
    scores = logits.float()
    own = -((tau * scores).softmax(dim=1) * F.log_softmax(scores, dim=1)).sum(dim=1)
    return beta * cross_entropy(logits, labels) + (1 - beta) * own * (labels != IGNORE)


def check_bootstrap(beta: float) -> None:
    """Refuse a weight of the given label that makes no loss.

    Raises:
        BadInput: if beta is outside (0, 1].
    """
    if not 0 < beta <= 1:
        raise BadInput(f"bootstrapping needs 0 < beta <= 1 (1: cross entropy), got beta={beta}")


def check_bootstrap_temperature(beta: float, tau: float) -> None:
    """Refuse knobs that make no loss.

    Raises:
        BadInput: if beta is outside (0, 1], or tau negative or not finite.
    """
    check_bootstrap(beta)
    if not 0 <= tau < math.inf:
        raise BadInput(f"bootstrapping needs a finite tau >= 0, got tau={tau}; for inf use bootstrap_hard")
