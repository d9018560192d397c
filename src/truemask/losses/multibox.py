"""Bootstrapped multi-box confidences: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, 2015.

ICLR workshop, arXiv:1412.6596, section 3.3.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

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
    return _multibox(logits, labels, _hard, beta, background)


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
    return _multibox(logits, labels, _soft, beta, background)


_Unlabelled = Callable[[Tensor, float], tuple[Tensor, Tensor]]
"""Scores and beta to the loss of each yes or no whose label is no, and its slope."""


def _multibox(
    logits: Tensor, labels: Tensor, unlabelled: _Unlabelled, beta: float, background: int | None
) -> Tensor:
    logits = logits.float()
    no_to_all: Tensor = _NoToAll.apply(logits, unlabelled, beta, background)
    given = logits.gather(1, labels.long().where(labels != IGNORE, 0).unsqueeze(1)).squeeze(1)
    if background is not None:
        given = given - logits[:, background]
        no_to_all = no_to_all - math.log(2)  # the background's own score is 0
    return (no_to_all - beta * given) * (labels != IGNORE)


def _hard(scores: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    loss = F.softplus(scores).add_(scores.relu(), alpha=beta - 1)
    return loss, scores.sigmoid().add_(scores > 0, alpha=beta - 1)


def _soft(scores: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    yes = scores.sigmoid()
    loss = F.softplus(scores).addcmul_(yes, scores, value=beta - 1)
    return loss, (1 - yes).mul_(scores).mul_(beta - 1).add_(beta).mul_(yes)


class _NoToAll(torch.autograd.Function):
    """Loss of answering no for every class, with its gradient taken on the way.

    Left to autograd, each of some ten operations writes a tensor as large as the logits, which takes three
    times as long; image by image they stay in the cache, and only the gradient is written.
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, unlabelled: _Unlabelled, beta: float, background: int | None
    ) -> Tensor:
        slopes = torch.empty_like(logits)
        losses = logits.new_empty((len(logits), *logits.shape[2:]))
        parts = (torch.split(each, _part(logits)) for each in (logits, slopes, losses))
        for part, slope, loss in zip(*parts, strict=True):
            scores = part if background is None else part - part[:, background].unsqueeze(1)
            of_each, slope[:] = unlabelled(scores, beta)
            torch.sum(of_each, dim=1, out=loss)
            if background is not None:
                slope[:, background] -= slope.sum(dim=1)
        ctx.save_for_backward(slopes)
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (slopes,) = ctx.saved_tensors
        return slopes * grad.unsqueeze(1), None, None, None


def _part(logits: Tensor, most: int = 1 << 20) -> int:
    """How many images, or proposals, to take at a time: a GPU takes all."""
    return len(logits) if logits.is_cuda else max(1, most // max(1, logits[0].numel() if len(logits) else 1))
