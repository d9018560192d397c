"""Soft intersection over union: Rahman & Wang, ISVC 2016."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.soft_iou import soft_iou
from truemask.methods.method import Method, Targets
from truemask.types import Task


@dataclass(frozen=True, kw_only=True)
class SoftIoU(Method):
    """Overlap of whole regions instead of a sum over pixels: intersection over union, class by class.

    A few wrong pixels in a large region hardly matter, and a small object weighs as much as a large one. An
    image's loss is the mean over the classes in its labels.

    Args:
        squared: square probabilities in the sum below, as some code does.
        with_background: whether the background counts as one more class. Where it does not, it still does in
            images that have nothing else.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    squared: bool = False
    with_background: bool = False

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b"]:
        """One value per image."""
        left_out = None if self.with_background else batch.background
        return soft_iou(logits, targets, squared=self.squared, background=left_out)
