"""k-means of each image's colours as a method without labels: Lloyd, IEEE Trans. Inf. Theory 28(2), 1982."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.methods.method import Engine, Method, Setup
from truemask.methods.two_sides import as_probs, brightness, check_blur, check_side, check_two_sides
from truemask.structure.smoothing import smoothed
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class ColourKMeans(Method):
    """No labels, and nothing is learned: two groups of colours an image, the brighter one is foreground.

    Begins with the means of what is below and above the mean brightness, so that nothing is drawn at random.
    On grey images it comes close to Otsu's threshold.

    Args:
        rounds: of Lloyd's algorithm, 1 or more.
        foreground: `bright` or `dark`.
        blur_px: sigma of a Gaussian before, 0 for none.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    rounds: int = 20
    foreground: str = "bright"
    blur_px: float = 0.0

    def __post_init__(self) -> None:
        check_side("kmeans", self.foreground)
        check_blur("kmeans", self.blur_px)
        if self.rounds < 1:
            raise BadInput(f"kmeans needs 1 round or more, got rounds={self.rounds}")

    def build(self, setup: Setup) -> None:
        """A network that stays as it is, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("kmeans", setup.problem)
        setup.network()

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """Nothing."""
        return {"loss": 0.0}

    def predict(
        self,
        networks: Sequence[nn.Module],
        images: Float[Tensor, "b c *size"],
    ) -> Float[Tensor, "b 2 *space"]:
        """By how much nearer a colour is to the brighter group."""
        with torch.autocast(images.device.type, enabled=False):
            colours = torch.stack(
                [smoothed(plane, self.blur_px) for plane in images.float().movedim(1, 0)], 1
            )
            upper = _above_mean(brightness(colours, self.foreground))
            for _ in range(self.rounds):
                nearer = _gap(colours, upper)
                upper = nearer > 0
            return as_probs(_gap(colours, upper), torch.zeros(len(images), device=images.device))


def _above_mean(light: Float[Tensor, "b h w"]) -> Tensor:
    return light > light.mean(dim=(1, 2), keepdim=True)


def _gap(colours: Float[Tensor, "b c h w"], upper: Tensor) -> Float[Tensor, "b h w"]:
    """Squared distance to the mean colour of the lower group less that to the upper one's."""
    groups = torch.stack([~upper, upper], dim=1).to(colours.dtype).flatten(2)
    sums = groups @ colours.flatten(2).mT
    means = sums / groups.sum(dim=2, keepdim=True).clamp(min=1)
    squares = (colours.unsqueeze(1) - means[:, :, :, None, None]).square().sum(dim=2)
    return squares[:, 0] - squares[:, 1]
