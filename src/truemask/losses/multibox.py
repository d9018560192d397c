"""Bootstrapped multi-box confidences: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, 2015.

ICLR workshop, arXiv:1412.6596, section 3.3.
"""

import math

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.bootstrap import check_bootstrap
from truemask.types import IGNORE


def multibox_hard(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    beta: float = 0.8,
    background: int | None = 0,
) -> Float[Tensor, "b *space"]:
    """Binary cross entropy of each class on its own, to beta * label + (1 - beta) * [confidence > 0.5].

    The confidence of a class is the sigmoid of its logit less the background's: the background is the absence
    of all the others, and has no term of its own. (None: no class is; then each is the sigmoid of its logit.)
    An object that nobody labelled, but that the network is sure of, is not fully held to be background. What
    softmax makes of the same logits are these independent answers, given that at most (None: exactly) one of
    them is yes. Summed over classes; 0 where a label is IGNORE.

    Raises:
        BadInput: if beta is outside (0, 1].
    """
    check_bootstrap(beta)
    scores = _against(logits, background)
    no_to_all = (F.softplus(scores) - (1 - beta) * F.relu(scores)).sum(dim=1)
    if background is not None:
        no_to_all = no_to_all - math.log(2)  # the background's own score is 0
    return (no_to_all - beta * _at(scores, labels)) * (labels != IGNORE)


def multibox_soft(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    beta: float = 0.95,
    background: int | None = 0,
) -> Float[Tensor, "b *space"]:
    """Binary cross entropy of each class on its own, to beta * label + (1 - beta) * confidence.

    As `multibox_hard`, with the confidence itself in place of a yes or no, gradient and all: beta * binary
    cross entropy + (1 - beta) * entropy of the yes or no. 0 where a label is IGNORE.

    Raises:
        BadInput: if beta is outside (0, 1].
    """
    check_bootstrap(beta)
    scores = _against(logits, background)
    no_to_all = (F.softplus(scores) - (1 - beta) * scores.sigmoid() * scores).sum(dim=1)
    if background is not None:
        no_to_all = no_to_all - math.log(2)
    return (no_to_all - beta * _at(scores, labels)) * (labels != IGNORE)


def _against(logits: Tensor, background: int | None) -> Tensor:
    """Log odds of each class against the background, whose own are 0."""
    scores = logits.float()
    return scores if background is None else scores - scores[:, background].unsqueeze(1)


def _at(scores: Tensor, labels: Tensor) -> Tensor:
    given = labels.long().where(labels != IGNORE, 0).unsqueeze(1)
    return scores.gather(1, given).squeeze(1)
