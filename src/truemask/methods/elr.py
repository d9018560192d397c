"""Early-learning regularisation: Liu, Niles-Weed, Razavian & Fernandez-Granda, NeurIPS 2020.

arXiv:2007.00151.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.elr import elr
from truemask.methods.method import Method, Setup, Targets
from truemask.types import IGNORE, BadInput


@dataclass(frozen=True, kw_only=True)
class ELR(Method):
    """Remembers what the network said of each unit, and holds it to that when wrong labels pull later on.

    Proposals of an object share that object's memory. Proposals of background have none: no store knows them,
    their labels are not in doubt, and they learn by cross entropy alone. The reported loss may go below 0.

    Args:
        weight: of the regulariser, 0 and up. The paper: 3 (symmetric) and 1 (asymmetric noise) on CIFAR-10,
            7 on CIFAR-100.
        momentum: in [0, 1): how much of a memory stays at each visit. The paper: 0.7 and 0.9; 0.9.
        stride: label maps only: pixels per remembered cell along each side; a cell remembers the mean of its
            pixels, and all of them are held to it. A memory takes 2 bytes per class and cell: 11 MB an image
            of 512 x 512 with 21 classes, 0.7 MB at a stride of 4. Thin structures need 1.
    """

    weight: float = 3.0
    momentum: float = 0.7
    stride: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.weight < float("inf"):
            raise BadInput(f"elr needs weight >= 0 (0: cross entropy), got weight={self.weight}")
        if not 0 <= self.momentum < 1:
            raise BadInput(f"elr needs 0 <= momentum < 1, got momentum={self.momentum}")
        if self.stride < 1:
            raise BadInput(f"elr needs a stride of 1 pixel or more, got stride={self.stride}")

    def build(self, setup: Setup) -> None:
        """One network and a moving average of its predictions."""
        setup.network()
        setup.store(
            "elr",
            channels=setup.problem.num_classes,
            rule="ema",
            momentum=self.momentum,
            stride=self.stride,
        )

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The given labels; on the way the memory takes in the present prediction, before it is used."""
        batch.stores["elr"].update(logits.softmax(dim=1))
        return batch.labels, None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy plus the weighted log(1 - <memory, p>)."""
        pull = elr(logits, batch.stores["elr"].values)
        return cross_entropy(logits, targets) + self.weight * pull * (targets != IGNORE)
