"""Bootstrapping by reconstruction: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, arXiv:1412.6596."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.methods.pictures import picture_of, picture_values
from truemask.types import IGNORE, BadInput, Task


@dataclass(frozen=True, kw_only=True)
class Reconstruction(Method):
    """Learns how labels follow from classes, and that the image must follow from the classes too.

    A layer turns the network's probabilities into scores of the given label, so that wrong labels are its
    business; a second one rebuilds the image from the same probabilities, so that classes stay what looks
    alike. Both are left out in predictions. A few probabilities do not say much of an image: of a label
    map each pixel is rebuilt, of an image with one label its average over 8 x 8 fields.

    Args:
        warm_up: share of the epochs that cross entropy has first, in [0, 1), and at least one epoch.
        weight: of the squared distance to the image, 0 and up; beta in the paper.
        lr_scale: learning rate of the two layers, as a factor on that of the network.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    warm_up: float = 0.5
    weight: float = 0.005
    lr_scale: float = 1.0

    def __post_init__(self) -> None:
        check_share("reconstruction", "warm_up", self.warm_up)
        if not 0 <= self.weight < math.inf:
            raise BadInput(f"reconstruction needs weight >= 0, got weight={self.weight}")

    def build(self, setup: Setup) -> None:
        """One network, the layer of labels and the layer of images."""
        setup.network()
        k = setup.problem.num_classes
        setup.parameter("relabel", torch.eye(k), lr_scale=self.lr_scale)
        setup.parameter("rebuild", torch.zeros(picture_values(setup.problem), k), lr_scale=self.lr_scale)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then with both layers, on one learning-rate schedule."""
        first = max(1, round(self.warm_up * epochs))
        return Stage("ce", first, hooks=CE()), Stage("rebuild", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy of what is said of the label, plus the weighted squared distance to the image."""
        probs = logits.softmax(dim=1)
        labels = torch.einsum("rc,bc...->br...", batch.parameters["relabel"], probs)
        rebuilt = torch.einsum("vc,bc...->bv...", batch.parameters["rebuild"], probs)
        wanted = picture_of(batch.images, targets)
        errors = (rebuilt - wanted).square().sum(dim=1)
        return cross_entropy(labels, targets) + self.weight * errors * (targets != IGNORE)
