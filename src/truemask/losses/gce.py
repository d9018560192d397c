"""Generalised cross entropy: Zhang & Sabuncu, NeurIPS 2018, arXiv:1805.07836."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.types import BadInput


def gce(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, q: float = 0.7
) -> Float[Tensor, "b *space"]:
    """(1 - p(label)^q) / q: cross entropy as q -> 0, half the mean absolute error at q = 1.

    Its gradient is that of cross entropy times p(label)^q: the larger q is, the less a label that the
    network finds unlikely can pull on it, so the slower it fits wrong labels, and right but hard ones.
    Bounded by 1/q; 0 where a label is IGNORE.

    Raises:
        BadInput: if q is outside (0, 1].
    """
    check_gce(q)
    # Not softmax(x) ** q: where p underflows to 0 its gradient is NaN, this one's is finite.
    return -torch.expm1(-q * cross_entropy(logits, labels)) / q


def soft_gce(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"], *, q: float = 0.7
) -> Float[Tensor, "b *space"]:
    """sum_k target_k (1 - p_k^q) / q: what `gce` costs on average over labels drawn from the target.

    A unit that is to say nothing has a target of all zeros, and costs 0.

    Raises:
        BadInput: if q is outside (0, 1].
    """
    check_gce(q)
    per_class = -torch.expm1(q * F.log_softmax(logits.float(), dim=1)) / q
    return (targets * per_class).sum(dim=1)


def check_gce(q: float) -> None:
    """Refuse a q that makes no loss.

    Raises:
        BadInput: if q is outside (0, 1].
    """
    if not 0 < q <= 1:
        raise BadInput(f"gce needs 0 < q <= 1, got q={q}; for q = 0 use cross entropy")
