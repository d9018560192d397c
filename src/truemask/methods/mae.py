"""Mean absolute error: Ghosh, Kumar & Sastry, AAAI 2017, arXiv:1712.09482."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.mae import mae
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Stage, Targets


@dataclass(frozen=True, kw_only=True)
class MAE(Method):
    """Absolute distance between prediction and label, which symmetric noise cannot bend.

    Labels that look unlikely hardly pull, be they wrong or merely hard: slow to learn (the rate may be 5 to
    10 times that of cross entropy), and with a hundred classes it may not learn at all.

    Args:
        warm_up: share of the epochs that cross entropy has first, in [0, 1). None in the paper; the box head
            of a detector hardly learns without.
    """

    warm_up: float = 0.0

    def __post_init__(self) -> None:
        check_share("mae", "warm_up", self.warm_up)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then this loss, on one learning-rate schedule."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("mae", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """2 (1 - p(label)) per unit."""
        return mae(logits, targets)
