"""Symmetric cross entropy: Wang, Ma, Chen, Luo, Yi & Bailey, ICCV 2019, arXiv:1908.06112."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.sce import check_sce, sce
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class SCE(Method):
    """Cross entropy plus its reverse, which symmetric noise cannot bend.

    Args:
        alpha: weight of cross entropy: learns hard classes sooner, and wrong labels too.
        beta: weight of reverse cross entropy: tolerates more wrong labels. The paper uses 0.1 and 1 on
            CIFAR-10, 6 and 0.1 on CIFAR-100; 1 and 0.1 have been used for the box head of Mask R-CNN.
        log_zero: what log 0 is taken to be, below 0; acts as a factor of beta. -4 in the paper, -9.21 in its
            released code.
    """

    alpha: float = 0.1
    beta: float = 1.0
    log_zero: float = -4.0

    def __post_init__(self) -> None:
        check_sce(self.alpha, self.beta, self.log_zero)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Symmetric cross entropy per unit."""
        return sce(logits, targets, alpha=self.alpha, beta=self.beta, log_zero=self.log_zero)
