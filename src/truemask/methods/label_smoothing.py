"""Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, CVPR 2016, arXiv:1512.00567.

Smoothing over the neighbourhood in label maps: Islam & Glocker, IPMI 2021, arXiv:2104.05788.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import soft_cross_entropy
from truemask.losses.label_smoothing import (
    check_label_smoothing,
    label_smoothing,
    smoothed_over_neighbours,
)
from truemask.methods.method import Method, Setup, Targets
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class LabelSmoothing(Method):
    """Learns (1 - eps) of the label, and eps of all classes alike: no label is certain.

    Args:
        eps: share that the label gives away, in [0, 1); 0.1 in the paper, 0 is cross entropy.
        radius_px: label maps only: give eps to the classes of the pixels around, in a square of this many
            pixels on each side, instead of to all; then only outlines are smoothed. The second paper weighs
            them by a Gaussian, here they count alike. 0: all classes.
    """

    eps: float = 0.1
    radius_px: int = 0

    def __post_init__(self) -> None:
        check_label_smoothing(self.eps)
        if self.radius_px < 0:
            raise BadInput(f"label_smoothing needs a radius of 0 px or more, got radius_px={self.radius_px}")

    def build(self, setup: Setup) -> None:
        """One network.

        Raises:
            BadInput: there is a radius, and no label maps.
        """
        if self.radius_px and setup.problem.task != Task.SEMANTIC:
            raise BadInput(
                f"label_smoothing: radius_px={self.radius_px} smooths label maps, and this is "
                f"{setup.problem.task}; set radius_px=0"
            )
        setup.network()

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels, or shares of classes around each pixel."""
        if not self.radius_px:
            return batch.labels, None
        classes = logits.shape[1]
        return smoothed_over_neighbours(batch.labels, classes, eps=self.eps, radius_px=self.radius_px), None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy to the smoothed label."""
        if targets.is_floating_point():
            return soft_cross_entropy(logits, targets)
        return label_smoothing(logits, targets, eps=self.eps)
