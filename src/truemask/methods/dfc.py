"""Differentiable feature clustering (DFC): Kim, Kanezaki & Tanaka, IEEE TIP 29, 2020, arXiv:2007.09990."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from truemask.batch import Batch
from truemask.methods.method import Engine, Method, Setup
from truemask.methods.two_sides import as_probs, brightness, check_side, check_two_sides
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class DFC(Method):
    """A small network trained anew on every single image, when it is predicted, until few clusters are left.

    Each pixel learns to be more of the channel that it has most of, and neighbours to be alike. What the
    paper leaves open is which clusters are foreground: here those that are brighter, on their mean, than the
    image. Nothing is learned from the training images; the plan's network is built but never used. Settings
    of the paper and its code but for `steps`: 1,000 there.

    Args:
        channels: of the network, and the most clusters there can be.
        layers: of 3 x 3 convolutions before the last one.
        steps: most updates an image.
        fewest: clusters at which training stops; 3 in the code, 2 for foreground and background.
        smooth: weight of neighbours being alike.
        lr: of stochastic gradient descent with a momentum of 0.9.
        foreground: `bright` or `dark`.
        seed: of the initial weights, the same for every image.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    channels: int = 100
    layers: int = 2
    steps: int = 100
    fewest: int = 2
    smooth: float = 1.0
    lr: float = 0.1
    foreground: str = "bright"
    seed: int = 0

    def __post_init__(self) -> None:
        check_side("dfc", self.foreground)
        for name, least in (("channels", 2), ("layers", 1), ("steps", 1), ("fewest", 2)):
            if getattr(self, name) < least:
                raise BadInput(f"dfc needs {name} of {least} or more, got {name}={getattr(self, name)}")
        for name in ("smooth", "lr"):
            if not 0 <= getattr(self, name) < math.inf:
                raise BadInput(f"dfc needs a finite {name} of 0 or more, got {name}={getattr(self, name)}")

    def build(self, setup: Setup) -> None:
        """A network that stays as it is, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("dfc", setup.problem)
        setup.network()

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """Nothing."""
        return {"loss": 0.0}

    def predict(
        self,
        networks: Sequence[nn.Module],
        images: Float[Tensor, "b c *size"],
    ) -> Float[Tensor, "b 2 *space"]:
        """By the mean brightness of each pixel's cluster; 0.5 at that of the image."""
        light = brightness(images, self.foreground)
        with torch.autocast(images.device.type, enabled=False):
            clusters = [self.clusters(image.float()) for image in images]
            scores = torch.stack([_mean_of(c, plane) for c, plane in zip(clusters, light, strict=True)])
            return as_probs(scores, light.mean(dim=(1, 2)))

    def clusters(self, image: Float[Tensor, "c h w"]) -> Int[Tensor, "h w"]:
        """The cluster of each pixel, after training on this image."""
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(self.seed)
            network = self._network(len(image)).to(image.device)
            optimiser = torch.optim.SGD(network.parameters(), lr=self.lr, momentum=0.9)
            pixels = image.detach().clone()[None]
            for _ in range(self.steps):
                said = network(pixels)
                most = said.detach().argmax(dim=1)
                alike = (said.diff(dim=2).abs().mean() if said.shape[2] > 1 else 0.0) + (
                    said.diff(dim=3).abs().mean() if said.shape[3] > 1 else 0.0
                )
                loss = F.cross_entropy(said, most) + self.smooth * alike
                optimiser.zero_grad()
                torch.autograd.backward(loss)
                optimiser.step()
                if len(most.unique()) <= self.fewest:
                    break
        found: Tensor = most[0]
        return found

    def _network(self, inputs: int) -> nn.Sequential:
        """(3 x 3 convolution, ReLU, batch norm) x layers, then 1 x 1 and batch norm."""
        parts: list[nn.Module] = []
        for layer in range(self.layers):
            into = inputs if layer == 0 else self.channels
            parts += [nn.Conv2d(into, self.channels, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(self.channels)]
        return nn.Sequential(
            *parts, nn.Conv2d(self.channels, self.channels, 1), nn.BatchNorm2d(self.channels)
        )


def _mean_of(clusters: Int[Tensor, "h w"], light: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Each pixel's brightness replaced by the mean over its cluster."""
    _, place, counts = torch.unique(clusters, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), device=light.device).index_add_(0, place.flatten(), light.flatten())
    means: Tensor = sums / counts
    return means[place]
