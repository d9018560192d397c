"""Generalised cross entropy: Zhang & Sabuncu, NeurIPS 2018, arXiv:1805.07836."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.gce import check_gce, gce
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class GCE(Method):
    """A loss between cross entropy and absolute error: labels that look unlikely pull less.

    Args:
        q: in (0, 1]; larger tolerates more wrong labels and learns hard classes more slowly. The paper uses
            0.7; 0.3 has been used for the box head of Mask R-CNN.
    """

    q: float = 0.7

    def __post_init__(self) -> None:
        check_gce(self.q)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Generalised cross entropy per unit."""
        return gce(logits, targets, q=self.q)
