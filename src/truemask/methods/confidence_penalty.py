"""Confidence penalty: Pereyra, Tucker, Chorowski, Kaiser & Hinton, ICLR workshop 2017, arXiv:1701.06548."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.confidence_penalty import check_confidence_penalty, confidence_penalty
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class ConfidencePenalty(Method):
    """Cross entropy that charges for being sure, so that wrong labels are fitted less firmly.

    Args:
        weight: of the entropy that is taken off, 0 and up; the paper tries 0.1 to 1. 0 is cross entropy.
    """

    weight: float = 0.1

    def __post_init__(self) -> None:
        check_confidence_penalty(self.weight)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy less the weighted entropy of the prediction."""
        return confidence_penalty(logits, targets, weight=self.weight)
