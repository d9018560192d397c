"""Otsu's threshold, image by image, as a method without labels: Otsu, IEEE Trans. SMC 9(1), 1979."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.methods.method import Engine, Method, Setup
from truemask.methods.two_sides import as_probs, brightness, check_blur, check_side, check_two_sides
from truemask.structure.otsu import otsu
from truemask.structure.smoothing import smoothed
from truemask.types import Task


@dataclass(frozen=True, kw_only=True)
class Otsu(Method):
    """No labels, and nothing is learned: each image is cut where two groups of brightness part best.

    Probabilities are 0.5 at the threshold and keep the order of brightness, so that the area under the ROC
    curve is that of brightness itself. The plan's network is built but never used; one epoch is enough.

    Args:
        foreground: `bright` or `dark`: which side of the threshold it is.
        blur_px: sigma of a Gaussian before, 0 for none.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    foreground: str = "bright"
    blur_px: float = 0.0

    def __post_init__(self) -> None:
        check_side("otsu", self.foreground)
        check_blur("otsu", self.blur_px)

    def build(self, setup: Setup) -> None:
        """A network that stays as it is, for a problem of foreground and background.

        Raises:
            BadInput: the problem has more classes, or no background.
        """
        check_two_sides("otsu", setup.problem)
        setup.network()

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """Nothing."""
        return {"loss": 0.0}

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b 2 *space"]:
        """By brightness alone."""
        with torch.autocast(images.device.type, enabled=False):
            light = smoothed(brightness(images, self.foreground), self.blur_px)
            return as_probs(light, otsu(light.flatten(1))[0])
