"""DMI and soft IoU together, as iGTT has them: Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594."""

from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.dmi import dmi
from truemask.losses.soft_iou import soft_iou


def dmi_iou(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    floor: float = 1e-3,
    squared: bool = False,
    background: int | None = None,
) -> Float[Tensor, "b"]:
    """`dmi` + `soft_iou`, one value per image, for any number of classes; 0 for an image without a label.

    The first forgives labels that go wrong by class alone but knows classes only up to their order; the
    second knows the order.

    Args:
        logits: class scores.
        labels: given class ids.
        floor: of `dmi`.
        squared: of `soft_iou`.
        background: class left out of the mean over classes in `soft_iou`.

    Raises:
        BadInput: if floor is not a finite number above 0.
    """
    overlap = soft_iou(logits, labels, squared=squared, background=background)
    return dmi(logits, labels, floor=floor) + overlap
