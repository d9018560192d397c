"""Entropy of a prediction: what several losses add to cross entropy, or take away."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def entropy(logits: Float[Tensor, "b k *space"]) -> Float[Tensor, "b *space"]:
    """-sum_k p_k log p_k: 0 where the network is sure, log K where it says nothing. With gradient."""
    log_probs = F.log_softmax(logits.float(), dim=1)
    return -(log_probs.exp() * log_probs).sum(dim=1)
