"""What the losses of overlap (soft IoU, Dice) count in each image, and how they average over classes."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from truemask.types import IGNORE


@dataclass(frozen=True)
class Overlap:
    """Sums over the labelled units of each image, per class.

    Args:
        shared: probability that falls on the class's own units.
        predicted: probability of the class in all (or its squares).
        given: units with that label.
    """

    shared: Float[Tensor, "b k"]
    predicted: Float[Tensor, "b k"]
    given: Float[Tensor, "b k"]


def overlap(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, squared: bool
) -> Overlap:
    """Soft counts of prediction and label; IGNORE takes no part.

    squared: sum squares of probabilities, so that a perfect overlap needs sure predictions.
    """
    flat = labels.unsqueeze(1).flatten(1)
    says = flat != IGNORE
    given = flat.long().where(says, 0)
    probs = logits.float().softmax(dim=1).unsqueeze(2).flatten(2)
    at_label = probs.gather(1, given.unsqueeze(1)).squeeze(1) * says
    zeros = torch.zeros(probs.shape[:2], device=probs.device)
    mass = (probs.square() if squared else probs) * says.unsqueeze(1)
    return Overlap(
        shared=zeros.scatter_add(1, given, at_label),
        predicted=mass.sum(dim=2),
        given=zeros.scatter_add(1, given, says.float()),
    )


def mean_over_present(
    per_class: Float[Tensor, "b k"], given: Float[Tensor, "b k"], background: int | None
) -> Float[Tensor, "b"]:
    """Mean over the classes that an image has, the background left out unless it is all there is.

    A class that an image does not have would add a constant: what is wrongly predicted as it is missing
    elsewhere, and is paid for there. An image without a label costs 0.
    """
    counts = _counted(given > 0, background)
    return (per_class * counts).sum(dim=1) / counts.sum(dim=1).clamp(min=1)


def _counted(present: Bool[Tensor, "b k"], background: int | None) -> Bool[Tensor, "b k"]:
    if background is None:
        return present
    objects = present.clone()
    objects[:, background] = False
    return torch.where(objects.any(dim=1, keepdim=True), objects, present)
