"""Minimum entropy regularisation: Grandvalet & Bengio, NeurIPS 2004."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.min_entropy import check_min_entropy, min_entropy
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class MinEntropy(Method):
    """Cross entropy that rewards being sure: the opposite of `confidence_penalty`, kin to `bootstrap_soft`.

    Args:
        weight: of the entropy that is added, 0 and up; 0.01 to 0.8 have been used. 0 is cross entropy.
    """

    weight: float = 0.1

    def __post_init__(self) -> None:
        check_min_entropy(self.weight)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy plus the weighted entropy of the prediction."""
        return min_entropy(logits, targets, weight=self.weight)
