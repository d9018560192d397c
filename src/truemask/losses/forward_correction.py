"""Forward correction: Patrini, Rozza, Menon, Nock & Qu, CVPR 2017, arXiv:1609.03683."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.types import IGNORE


def forward_correction(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    transition: Float[Tensor, "k k"],
) -> Float[Tensor, "b *space"]:
    """-log of what p, sent through the noise, says of the label: least where p is the clean posterior.

    With the identity it is cross entropy. A label that the noise never makes keeps cross entropy: nothing
    is known of it. 0 where a label is IGNORE.

    Args:
        logits: class scores.
        labels: given class ids.
        transition: row i: P(given | true = i).
    """
    return through_noise(logits, labels, log_transition(transition))


def log_transition(transition: Float[Tensor, "k k"]) -> Float[Tensor, "k k"]:
    """Its logarithm; a column of zeros, a label that never occurs, is made one that is always right."""
    never = (transition <= 0).all(dim=0)
    return torch.where(torch.diag(never), 1.0, transition).log()


def through_noise(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    log_transition: Float[Tensor, "k k"],
) -> Float[Tensor, "b *space"]:
    """-log sum_i p_i transition[i, label], in logarithms, so that it is finite for any logits.

    Gradients reach both the logits and the matrix.
    """
    known = labels != IGNORE
    given = labels.long().where(known, 0)
    # Row by row of the transpose: what each true class says of the label at hand.
    says = F.embedding(given, log_transition.T.to(torch.float32)).movedim(-1, 1)
    return -(F.log_softmax(logits.float(), dim=1) + says).logsumexp(dim=1) * known
