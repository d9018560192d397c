"""Active passive loss: Ma, Huang, Wang, Romano, Erfani & Bailey, ICML 2020, arXiv:2006.13554."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.active_passive import active_passive, check_active_passive
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Stage, Targets


@dataclass(frozen=True, kw_only=True)
class ActivePassive(Method):
    """Two losses that symmetric noise cannot bend: one pulls the label up, one pushes the others down.

    Normalised cross entropy and reverse cross entropy.

    Args:
        alpha: weight of normalised cross entropy. The paper: 1 on CIFAR-10, 10 on CIFAR-100.
        beta: weight of reverse cross entropy. The paper: 1 on CIFAR-10, 0.1 on CIFAR-100.
        log_zero: what reverse cross entropy takes log 0 to be, below 0; -2 makes it `mae`.
        warm_up: share of the epochs that cross entropy has first, in [0, 1). None in the paper; the box head
            of a detector hardly learns without.
    """

    alpha: float = 1.0
    beta: float = 1.0
    log_zero: float = -4.0
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        check_active_passive(self.alpha, self.beta, self.log_zero)
        check_share("active_passive", "warm_up", self.warm_up)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then this loss, on one learning-rate schedule."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("active_passive", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Normalised and reverse cross entropy per unit."""
        return active_passive(logits, targets, alpha=self.alpha, beta=self.beta, log_zero=self.log_zero)
