"""What the code released with LNCIS computes: Yang et al., ECCV 2020, doi:10.1007/978-3-030-58568-6_3."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.lncis import Division
from truemask.types import IGNORE

LABEL_FLOOR = 1e-4
"""What the zeros of a one-hot label are raised to; so log 0 is -9.21, not the paper's -4."""
PROB_FLOOR = 1e-7
"""What probabilities are raised to, which also ends the gradient below."""


def lncis_released(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], sets: Int[Tensor, "b *space"]
) -> Float[Tensor, "b *space"]:
    """Cross entropy and reverse cross entropy between a raised one-hot label q and raised probabilities p.

    Cross entropy is -sum_k q_k log p_k, so every other class leaks in with a weight of 1e-4, and a label
    below p = 1e-7 pulls no more; reverse cross entropy is -sum_k p_k log q_k. Which unit has which is up to
    `sets`; those left out, and IGNORE, cost 0.
    """
    known = (labels != IGNORE).unsqueeze(1)
    given = labels.long().unsqueeze(1).where(known, 0)
    probs = logits.float().softmax(dim=1).clamp(PROB_FLOOR, 1.0)
    raised = torch.full_like(probs, LABEL_FLOOR).scatter_(1, given, 1.0)
    ce = -(raised * probs.log()).sum(dim=1)
    rce = -(probs * raised.log()).sum(dim=1)
    silent = (sets == Division.POTENTIAL_NOISY) | (sets == Division.IGNORED)
    return torch.where(sets == Division.OTHER, rce, ce).masked_fill(silent, 0.0)
