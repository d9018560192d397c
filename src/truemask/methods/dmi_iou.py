"""DMI plus soft IoU on given labels: the loss of Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.dmi import check_dmi
from truemask.losses.dmi_iou import dmi_iou
from truemask.methods.method import Method, Targets
from truemask.types import Task


@dataclass(frozen=True, kw_only=True)
class DMIIoU(Method):
    """Information about the labels and overlap with them, summed with equal weights, image by image.

    The overlap tells which class is which, but pulls less than the determinant, which does not know: on
    labels with little to learn from, a network that begins the wrong way round may stay so (`igtt_upright`
    has the way out for two classes; `dmi` begins with cross entropy). Serves any number of classes.

    Args:
        floor: least singular value that counts in the determinant, above 0.
        squared: square probabilities in the union, as the released code of iGTT does.
        with_background: whether the background counts as one more class in the overlap.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    floor: float = 1e-3
    squared: bool = False
    with_background: bool = False

    def __post_init__(self) -> None:
        check_dmi(self.floor)

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b"]:
        """One value per image."""
        left_out = None if self.with_background else batch.background
        return dmi_iou(logits, targets, floor=self.floor, squared=self.squared, background=left_out)
