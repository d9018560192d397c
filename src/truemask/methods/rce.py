"""Reverse cross entropy: Wang, Ma, Chen, Luo, Yi & Bailey, ICCV 2019, arXiv:1908.06112."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.rce import check_log_zero, rce
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Stage, Targets


@dataclass(frozen=True, kw_only=True)
class RCE(Method):
    """Cross entropy with prediction and label in each other's place: `mae` by another factor.

    Args:
        log_zero: what log 0 is taken to be, below 0; a factor of the loss. -4 in the paper.
        warm_up: share of the epochs that cross entropy has first, in [0, 1). None in the paper; the box head
            of a detector hardly learns without.
    """

    log_zero: float = -4.0
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        check_log_zero(self.log_zero)
        check_share("rce", "warm_up", self.warm_up)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then this loss, on one learning-rate schedule."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("rce", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """|log_zero| (1 - p(label)) per unit."""
        return rce(logits, targets, log_zero=self.log_zero)
