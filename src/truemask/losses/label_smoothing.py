"""Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, CVPR 2016, arXiv:1512.00567.

Smoothing over the neighbourhood in label maps: Islam & Glocker, IPMI 2021, arXiv:2104.05788.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import soft_cross_entropy
from truemask.types import IGNORE, BadInput


def label_smoothing(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, eps: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Cross entropy to (1 - eps) * label + eps / K: no class is ever ruled out.

    That is (1 - eps) * cross entropy plus eps times the mean of -log p over all K classes. The share of the
    given label itself is 1 - eps + eps / K. 0 where a label is IGNORE.

    Raises:
        BadInput: if eps is outside [0, 1).
    """
    check_label_smoothing(eps)
    return F.cross_entropy(
        logits.float(), labels.long(), reduction="none", ignore_index=IGNORE, label_smoothing=eps
    )


def soft_label_smoothing(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"], *, eps: float = 0.1
) -> Float[Tensor, "b *space"]:
    """Cross entropy to (1 - eps) * target + eps / K times what the target sums to.

    A unit that is to say nothing has a target of all zeros, and costs 0.

    Raises:
        BadInput: if eps is outside [0, 1).
    """
    check_label_smoothing(eps)
    mean = targets.mean(dim=1, keepdim=True)
    return soft_cross_entropy(logits, torch.lerp(targets, mean.expand_as(targets), eps))


def smoothed_over_neighbours(
    labels: Int[Tensor, "b h w"], num_classes: int, *, eps: float, radius_px: int
) -> Float[Tensor, "b k h w"]:
    """(1 - eps) * label + eps * the shares of classes among the labelled pixels around.

    Around: a square of 2 * radius_px + 1 pixels, cut off at the border of the image. Pixels amid their own
    class keep a one-hot target; near outlines the neighbouring class has its share. Zeros where a label is
    IGNORE.

    Raises:
        BadInput: if eps is outside [0, 1), or radius_px below 1.
    """
    check_label_smoothing(eps)
    if radius_px < 1:
        raise BadInput(f"smoothing over neighbours needs a radius of 1 px or more, got {radius_px}")
    says = (labels != IGNORE).unsqueeze(1)
    given = torch.zeros(len(labels), num_classes, *labels.shape[1:], device=labels.device)
    given.scatter_(1, labels.long().unsqueeze(1).where(says, 0), says.float())
    window = 2 * radius_px + 1
    nearby = F.avg_pool2d(given, window, stride=1, padding=radius_px)
    shares = nearby / nearby.sum(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    return torch.lerp(given, shares, eps) * says


def check_label_smoothing(eps: float) -> None:
    """Refuse a share that makes no loss.

    Raises:
        BadInput: if eps is outside [0, 1).
    """
    if not 0 <= eps < 1:
        raise BadInput(f"label smoothing needs 0 <= eps < 1 (0: cross entropy), got eps={eps}")
