"""Soft intersection over union: Rahman & Wang, ISVC 2016."""

from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.overlap import Overlap, mean_over_present, overlap


def soft_iou(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    squared: bool = False,
    background: int | None = None,
) -> Float[Tensor, "b"]:
    """1 - sum(p y) / sum(p + y - p y), one value per image: the mean over the classes in its labels.

    A region counts as a whole, so small objects weigh as much as large ones, and a few wrong pixels in a
    large one hardly matter. Classes that an image's labels do not have are left out, as is the background if
    it is named, except in images that have nothing else. IGNORE takes no part; 0 for an image without labels.

    Args:
        logits: class scores.
        labels: given class ids.
        squared: square p in the sum below, as some code does; needs sure predictions to reach 0.
        background: class that is left out of the mean; None: all count.
    """
    return of_overlap(overlap(logits, labels, squared=squared), background)


def of_overlap(found: Overlap, background: int | None) -> Float[Tensor, "b"]:
    """1 - shared / union, the mean over the classes that each image has."""
    union = found.predicted + found.given - found.shared
    # A class that is counted has a unit or more, so its union is at least about 1 - p + p^2 > 0.
    return mean_over_present(1 - found.shared / union.clamp(min=0.5), found.given, background)
