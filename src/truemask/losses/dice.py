"""Soft Dice: Milletari, Navab & Ahmadi, 3DV 2016, arXiv:1606.04797."""

from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.overlap import mean_over_present, overlap


def dice(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    squared: bool = True,
    background: int | None = None,
) -> Float[Tensor, "b"]:
    """1 - 2 sum(p y) / sum(p^2 + y), one value per image: the mean over the classes in its labels.

    Kin to `soft_iou`: where both are exact, dice = iou / (2 - iou) as losses. Classes that an image's labels
    do not have are left out, as is the background if it is named, except in images that have nothing else.
    IGNORE takes no part; 0 for an image without a label.

    Args:
        logits: class scores.
        labels: given class ids.
        squared: square p in the sum below, as in the paper; many later ones do not.
        background: class that is left out of the mean; None: all count.
    """
    found = overlap(logits, labels, squared=squared)
    total = found.predicted + found.given
    return mean_over_present(1 - 2 * found.shared / total.clamp(min=1), found.given, background)
