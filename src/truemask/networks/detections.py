"""What an instance network finds in an image."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Detections:
    """The objects found in one image, best first.

    Args:
        boxes: x0, y0, x1, y1 in pixels.
        labels: class ids, 1 and up.
        scores: probability of the class, in [0, 1].
        masks: one plane an object.
    """

    boxes: Float[Tensor, "n 4"]
    labels: Int[Tensor, "n"]
    scores: Float[Tensor, "n"]
    masks: Bool[Tensor, "n h w"]
