"""iGTT for any number of classes, which Luo, Liu, Guo & Yang (AAAI 2022, arXiv:2103.11594) leave open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.losses.dmi import joint
from truemask.losses.dmi_iou import dmi_iou
from truemask.losses.soft_iou import soft_iou
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.pixel_groups import (
    counts_by_group,
    group_centres,
    names_of_groups,
    nearest_group,
    pixel_features,
)
from truemask.methods.skeleton_points import class_points
from truemask.methods.two_sides import check_blur
from truemask.structure.determinant_partition import determinant_partition, predicted_in, read_back
from truemask.structure.skeleton_extraction import check_extraction
from truemask.types import IGNORE, BadInput, Task

MOST_GROUPS = 254
MEMORY = 0.9
"""How much of the matrix of predictions and label maps stays at each step."""
SAMPLE = 20_000
"""Pixels that groups are found in, or a few less."""
ROUNDS = 3
"""Times that a prediction is divided into classes anew; nearly all come to rest in two."""
_LEAST = 1e-6


@dataclass(frozen=True, kw_only=True)
class IGTTClasses(Method):
    """Learns from points on the middle lines of the classes that it found itself; labels only name them.

    It begins with groups of pixels by colour, contrast and height in the image, found without labels. Each is
    called what most of its pixels are labelled as, so all that is taken from the given labels is one count
    for each group and class, over the whole data set: labels that are wrong by chance, even most of them,
    give the same names. Without any label classes go by brightness. The network learns points of the groups'
    skeletons, and later of its own: where `Q^-1 p` is largest, with Q the sums of its predictions in each
    class of the label map before, pooled over batches. That is the label map with the largest determinant, as
    the mean is for two classes. Predictions are read back image by image, as `M^-1 p`: labels are taken to
    have gone wrong by M, the mean prediction in each class. A class that no group is called after is never
    found.

    Args:
        groups: how many, from the number of classes to 254.
        start: share of the epochs that learn the groups, in (0, 1]; 1: nothing else is learned.
        shift_px: largest shift of a skeleton.
        keep: share of a skeleton that is learned, in (0, 1].
        extraction: without it whole label maps are learned.
        blur_px: sigma of the Gaussian that smooths colours before they are grouped; 0 for none.
        height_weight: how much height in the image counts in grouping, beside colours; 0: not at all.
        decode: predictions as they are read back; without it, as the network says them.
        seed: of the groups.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    groups: int = 32
    start: float = 0.5
    shift_px: int = 1
    keep: float = 0.1
    extraction: bool = True
    blur_px: float = 1.0
    height_weight: float = 1.0
    decode: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_extraction(self.shift_px, self.keep)
        check_blur("igtt_classes", self.blur_px)
        if not 0 < self.start <= 1:
            raise BadInput(f"igtt_classes needs a share of epochs in (0, 1], got start={self.start}")
        if not 0 <= self.height_weight < math.inf:
            raise BadInput(
                f"igtt_classes needs a finite height_weight >= 0, got height_weight={self.height_weight}"
            )
        if not 2 <= self.groups <= MOST_GROUPS:
            raise BadInput(f"igtt_classes needs 2 to {MOST_GROUPS} groups, got groups={self.groups}")

    def build(self, setup: Setup) -> None:
        """One network, each pixel's group and class, the groups' names, and predictions by class.

        Raises:
            BadInput: there are fewer groups than classes.
        """
        k = setup.problem.num_classes
        if self.groups < k:
            raise BadInput(f"igtt_classes cannot name {k} classes after {self.groups} groups; raise groups")
        setup.network()
        # One more than the id, as a share of 255; 0: not known yet.
        setup.store("group", channels=1, dtype="uint8")
        setup.store("class", channels=1, dtype="uint8")
        setup.parameter("names", torch.zeros(self.groups))
        setup.parameter("joint", torch.zeros(k, k, dtype=torch.float64))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """The groups, then what the network found the epoch before, on one learning-rate schedule."""
        first = min(epochs, max(1, round(self.start * epochs)))
        return Stage("groups", first, hooks=_Groups(self)), Stage("own", epochs - first)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """Points of the last epoch's classes, drawn anew; this epoch's are kept for the next."""
        probs, before = logits.softmax(dim=1), self.classes(batch)
        memory = batch.parameters["joint"].detach()
        share = torch.where(memory.any(), 1 - MEMORY, 1.0)  # the first batch is taken whole
        memory.lerp_(predicted_in(probs, before), share.double())
        batch.stores["class"].update(_stored(determinant_partition(probs, memory)))
        return self.points(before, logits.shape[1]), None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b"]:
        """DMI plus soft IoU over all classes, one value per image."""
        return dmi_iou(logits, targets)

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b k *space"]:
        """Class probabilities, read back image by image."""
        probs = torch.stack([net(images).float().softmax(dim=1) for net in networks]).mean(dim=0)
        if not self.decode:
            return probs
        with torch.autocast(images.device.type, enabled=False):
            return torch.cat([_read_back_alone(each[None]) for each in probs])

    def classes(self, batch: Batch) -> Int[Tensor, "b *space"]:
        """What the network found at the last visit; before, the groups' names; IGNORE off the image."""
        group, own = (_read(batch.stores[name].values) for name in ("group", "class"))
        names = batch.parameters["names"].detach().long()
        named = torch.where(group >= 0, names[group.clamp(min=0)], IGNORE)
        return torch.where(own >= 0, own, named)

    def points(self, labels: Int[Tensor, "b h w"], num_classes: int) -> Int[Tensor, "b h w"]:
        """What of a label map is learned."""
        if not self.extraction:
            return labels
        return class_points(labels, num_classes, shift_px=self.shift_px, keep=self.keep)


@dataclass(frozen=True)
class _Groups(Method):
    """Groups of pixels under the names that labels give them."""

    whole: IGTTClasses

    def before_epoch(self, engine: Engine) -> None:
        """Find the groups, and name them: two looks at the whole data set before the first epoch."""
        if engine.epoch > 0:
            return
        network, settings = engine.networks["main"], self.whole
        each = -(-SAMPLE // max(len(engine.rows("main")), 1))
        sampled = torch.cat([_sample(self._features(batch), each) for batch, _ in engine.sweep(network)])
        centres = group_centres(sampled, settings.groups, seed=settings.seed)
        counts = torch.zeros(
            settings.groups, engine.problem.num_classes, dtype=torch.float64, device=centres.device
        )
        for batch, _ in engine.sweep(network):
            group = nearest_group(self._features(batch), centres)
            batch.stores["group"].update(_stored(group))
            counts += counts_by_group(group, batch.labels, *counts.shape)
        names = names_of_groups(counts, centres, engine.problem.channels)
        with torch.no_grad():
            engine.parameters["names"].copy_(names)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """Points of the groups, by their names."""
        return self.whole.points(self.whole.classes(batch), logits.shape[1]), None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b"]:
        """How little is said, on average, of each class in its own pixels, plus soft IoU.

        Not DMI, for which any order of the classes is as good: a network that begins with the wrong one
        stays.
        """
        pairs = joint(logits, targets)
        given = pairs.detach().sum(dim=1)
        own = (pairs.diagonal(dim1=1, dim2=2) / given.clamp(min=1)).clamp(min=_LEAST).log() * (given > 0)
        return -(own.sum(dim=1) / (given > 0).sum(dim=1).clamp(min=1)).float() + soft_iou(logits, targets)

    def _features(self, batch: Batch) -> Float[Tensor, "b f h w"]:
        settings = self.whole
        return pixel_features(batch.images, blur_px=settings.blur_px, height_weight=settings.height_weight)


def _sample(features: Float[Tensor, "b f h w"], each: int) -> Float[Tensor, "n f"]:
    """About so many pixels of each image, evenly spread: the same in every process."""
    pixels = features.flatten(2)
    return pixels[:, :, :: -(-pixels.shape[2] // each)].movedim(1, 2).flatten(0, 1)


def _read_back_alone(probs: Float[Tensor, "1 k h w"]) -> Float[Tensor, "1 k h w"]:
    """Probabilities by the mean prediction in each class of this very image."""
    said = probs
    for _ in range(ROUNDS):
        said = read_back(probs, predicted_in(probs, said.argmax(dim=1)))
    said = said.clamp(min=0)
    return said / said.sum(dim=1, keepdim=True).clamp(min=_LEAST)


def _stored(ids: Int[Tensor, "b *space"]) -> Float[Tensor, "b 1 *space"]:
    return (ids.unsqueeze(1) + 1) / 255


def _read(values: Float[Tensor, "b 1 *space"]) -> Int[Tensor, "b *space"]:
    return (values[:, 0] * 255).round().long() - 1
