"""Cross entropy per unit: what every other loss is compared with."""

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.types import IGNORE


def cross_entropy(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
) -> Float[Tensor, "b *space"]:
    """-log p(label): the more a network doubts a label, the harder the label pulls. 0 where IGNORE."""
    return F.cross_entropy(logits.float(), labels.long(), reduction="none", ignore_index=IGNORE)


def soft_cross_entropy(
    logits: Float[Tensor, "b k *space"], targets: Float[Tensor, "b k *space"]
) -> Float[Tensor, "b *space"]:
    """-sum_k target_k log p_k: cross entropy to a distribution over classes.

    A unit that is to say nothing has a target of all zeros, and costs 0.
    """
    return -(targets * F.log_softmax(logits.float(), dim=1)).sum(dim=1)
