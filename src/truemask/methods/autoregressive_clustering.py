"""Autoregressive clustering (AC): Ouali, Hudelot & Tami, ECCV 2020, arXiv:2007.08247."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.losses.mutual_information import mutual_information
from truemask.methods.method import Engine, Method, Setup
from truemask.methods.two_sides import brightness, check_side, check_two_sides
from truemask.types import BadInput, Task

ORDERS = 8
"""Raster scans: from each of four corners, along rows or along columns."""


@dataclass(frozen=True, kw_only=True)
class AutoregressiveClustering(Method):
    """Two clusters whose pixels are told alike from what came before them in two different raster orders.

    Every step draws two of eight orders. Under each, the weights of all 3 x 3 convolutions are masked so
    that a pixel sees only those before it; the two outputs are two views of the image, and their mutual
    information is raised. Every other step that is done for many clusters, by a last layer of their own on
    the same network, so that it learns more than one way to divide images. Prediction does not mask. Of the
    two clusters the brighter one is foreground, image by image. The paper's attention blocks are left out;
    through pooling, a network with a coarse level sees a few pixels ahead.

    Args:
        clusters: of the other last layer, 3 or more; 0: there is none.
        reach_px: pairs of pixels up to this far apart, in rows and columns, count as alike; 0 or more.
        foreground: `bright` or `dark`.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    clusters: int = 10
    reach_px: int = 1
    foreground: str = "bright"

    def __post_init__(self) -> None:
        check_side("ac", self.foreground)
        if self.reach_px < 0:
            raise BadInput(f"ac needs a reach of 0 px or more, got reach_px={self.reach_px}")
        if self.clusters < 0 or 1 <= self.clusters <= 2:
            raise BadInput(f"ac needs 3 clusters or more beside the two, or 0; got clusters={self.clusters}")

    def build(self, setup: Setup) -> None:
        """One network, and a second one for its last layer, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("ac", setup.problem)
        setup.network()
        if self.clusters:
            setup.network("many", predicts=False, outputs=self.clusters)

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """Raise the mutual information between the outputs under two orders."""
        network, weights = _of(engine.networks["main"])
        if self.clusters and engine.step_in_epoch % 2:
            network, own = _of(engine.networks["many"])
            # Only the last layer differs in shape: all others are those of the network that predicts.
            weights = {n: weights[n] if weights[n].shape == w.shape else w for n, w in own.items()}
        with engine.precision():
            first, second = (
                _in_order(network, weights, batch.images, int(order)) for order in torch.randperm(ORDERS)[:2]
            )
        loss = -mutual_information(first.softmax(dim=1), second.softmax(dim=1), reach_px=self.reach_px)
        engine.update(loss)
        return {"loss": loss.item()}

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b 2 *space"]:
        """The two clusters, in each image ordered by their brightness."""
        probs = torch.stack([net(images).float().softmax(dim=1) for net in networks]).mean(dim=0)
        light = brightness(images, self.foreground)
        light = light - light.mean(dim=(1, 2), keepdim=True)
        upside_down = (light * probs[:, 1]).sum(dim=(1, 2)) < 0
        return torch.where(upside_down[:, None, None, None], probs.flip(1), probs)


def _of(network: nn.Module) -> tuple[nn.Module, dict[str, Tensor]]:
    """A network, and its weights, without what Fabric wraps around it: that gives no swapped weights back."""
    bare = getattr(network, "module", network)
    return bare, dict(bare.named_parameters())


def _in_order(
    network: nn.Module, weights: dict[str, Tensor], images: Tensor, order: int
) -> Float[Tensor, "b k h w"]:
    """Logits with these weights, where 3 x 3 convolutions see only what comes before in a raster order."""
    masked = {
        name: weight * _before(order, weight) if weight.ndim == 4 and weight.shape[-1] == 3 else weight
        for name, weight in weights.items()
    }
    said: Tensor = torch.func.functional_call(network, masked, (images,))
    return said.float()


def _before(order: int, like: Tensor) -> Tensor:
    """1 at the centre of a 3 x 3 window and at what comes before it."""
    mask = torch.tensor([[1.0, 1, 1], [1, 1, 0], [0, 0, 0]], device=like.device, dtype=like.dtype)
    if order & 1:
        mask = mask.flip(0)
    if order & 2:
        mask = mask.flip(1)
    return mask.T if order & 4 else mask
