"""Focal loss: Lin, Goyal, Girshick, He & Dollar, ICCV 2017, arXiv:1708.02002."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.focal import check_focal, focal
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class Focal(Method):
    """Cross entropy that looks away from what is learnt already. Here for comparison: it seeks wrong labels.

    Args:
        gamma: 0 and up; the larger, the less sure units count. 2 in the paper, 0 is cross entropy.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        check_focal(self.gamma)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """(1 - p(label))^gamma times cross entropy, per unit."""
        return focal(logits, targets, gamma=self.gamma)
