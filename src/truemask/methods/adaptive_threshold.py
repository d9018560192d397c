"""Adaptive Gaussian threshold as a method without labels; window and offset are chosen without them, too."""

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
from truemask.types import BadInput, Task

WINDOWS_PX = (11, 21, 41, 61, 101)


@dataclass(frozen=True, kw_only=True)
class AdaptiveThreshold(Method):
    """Foreground is what is brighter than its surround by an offset; nothing is learned.

    The surround is a Gaussian over a square window of b pixels, of the sigma that OpenCV gives it: 0.3 ((b -
    1) / 2 - 1) + 0.8. Neither the window nor the offset is published with iGTT's comparison. Left open, both
    are chosen for each image by Otsu's criterion: for every window the offset that parts the differences
    best, and of the windows the one where they part best.

    Args:
        window_px: side of the window, odd, 3 or more; None: chosen among 11, 21, 41, 61 and 101.
        offset: in standard deviations of the image, which the surround must be exceeded by; None: chosen.
        foreground: `bright` or `dark`.
        blur_px: sigma of a Gaussian before, 0 for none.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    window_px: int | None = None
    offset: float | None = None
    foreground: str = "bright"
    blur_px: float = 0.0

    def __post_init__(self) -> None:
        check_side("adaptive_threshold", self.foreground)
        check_blur("adaptive_threshold", self.blur_px)
        if self.window_px is not None and (self.window_px < 3 or self.window_px % 2 == 0):
            raise BadInput(
                f"adaptive_threshold needs an odd window of 3 px or more, got window_px={self.window_px}"
            )

    def build(self, setup: Setup) -> None:
        """A network that stays as it is, for a problem of foreground and background.

        Raises:
            BadInput: the problem has more classes, or no background.
        """
        check_two_sides("adaptive_threshold", setup.problem)
        setup.network()

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """Nothing."""
        return {"loss": 0.0}

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b 2 *space"]:
        """By how far each pixel is above its surround."""
        with torch.autocast(images.device.type, enabled=False):
            light = smoothed(brightness(images, self.foreground), self.blur_px)
            windows = WINDOWS_PX if self.window_px is None else (self.window_px,)
            over = torch.stack([light - smoothed(light, sigma_of(window)) for window in windows], dim=1)
            offsets, separation = otsu(over.flatten(0, 1).flatten(1))
            best = separation.reshape(len(light), -1).argmax(dim=1)
            each = torch.arange(len(light), device=light.device)
            cut = offsets.reshape(len(light), -1)[each, best]
            return as_probs(
                over[each, best], cut if self.offset is None else torch.full_like(cut, self.offset)
            )


def sigma_of(window_px: int) -> float:
    """Sigma that OpenCV gives a Gaussian window of this side."""
    return 0.3 * ((window_px - 1) / 2 - 1) + 0.8
