"""Truncated generalised cross entropy: Zhang & Sabuncu, NeurIPS 2018, arXiv:1805.07836, section 3.3."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.gce import check_gce, gce
from truemask.types import BadInput


def truncated_gce(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    q: float = 0.7,
    threshold: float = 0.5,
) -> Float[Tensor, "b *space"]:
    """`gce`, but constant, so without gradient, where p(label) <= threshold. 0 where a label is IGNORE.

    The form without memory: what is dropped is decided anew in each step. At the start of training nearly
    everything is below the threshold, so begin with `gce` (the method `truncated_gce` does).

    Raises:
        BadInput: if q is outside (0, 1] or threshold outside [0, 1).
    """
    check_truncated_gce(q, threshold)
    return gce(logits, labels, q=q).clamp(max=(1 - threshold**q) / q)


def kept(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, threshold: float = 0.5
) -> Bool[Tensor, "b *space"]:
    """Where p(label) > threshold: the units whose truncated loss has a gradient. IGNORE counts as kept."""
    return torch.exp(-cross_entropy(logits, labels)) > threshold


def check_truncated_gce(q: float, threshold: float) -> None:
    """Refuse knobs that make no loss.

    Raises:
        BadInput: if q is outside (0, 1] or threshold outside [0, 1).
    """
    check_gce(q)
    if not 0 <= threshold < 1:
        raise BadInput(f"truncated_gce needs 0 <= threshold < 1 (0: gce), got threshold={threshold}")
