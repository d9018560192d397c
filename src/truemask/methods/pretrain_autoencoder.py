"""Unsupervised pre-training by a denoising convolutional auto-encoder, then cross entropy.

Vincent, Larochelle, Lajoie, Bengio & Manzagol, JMLR 2010; Masci, Meier, Ciresan & Schmidhuber, ICANN 2011.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from truemask.batch import Batch
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage
from truemask.methods.pictures import picture_of, picture_values
from truemask.types import BadInput, Problem, Task

ENCODER = "autoencoder"


@dataclass(frozen=True, kw_only=True)
class PretrainAutoencoder(Method):
    """Learns to rebuild images from noisy ones, without labels; then cross entropy goes on from there.

    What any method against wrong labels should beat: it learns its features from no label at all. The
    auto-encoder is the run's own network with other outputs, all layers trained at once, not one by one.
    Label maps are rebuilt pixel by pixel, images of one label as their average over 8 x 8 fields, points as
    they are. Everything but the last layer is then taken over.

    Args:
        share: of the epochs for pre-training, in [0, 1).
        noise: standard deviation of what is added to the images, whose own is 1; 0 and up.
        dropped: share of pixels (of values, for points) that are set to 0, in [0, 1).
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    share: float = 0.3
    noise: float = 0.0
    dropped: float = 0.3

    def __post_init__(self) -> None:
        check_share("pretrain_autoencoder", "share", self.share)
        check_share("pretrain_autoencoder", "dropped", self.dropped)
        if not 0 <= self.noise < math.inf:
            raise BadInput(f"pretrain_autoencoder needs noise >= 0, got noise={self.noise}")

    def build(self, setup: Setup) -> None:
        """One network, and one of the same layers that says images."""
        setup.network()
        setup.network(ENCODER, predicts=False, outputs=outputs_of(setup.problem))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Rebuilding, then cross entropy with a schedule of its own; there is always an epoch of that."""
        first = min(round(self.share * epochs), epochs - 1)
        hooks = _Rebuild(self.noise, self.dropped)
        return Stage("rebuild", first, hooks=hooks), Stage("ce", epochs - first, restart=True)

    def before_epoch(self, engine: Engine) -> None:
        """The features become those of the auto-encoder, whatever its last layer is."""
        if engine.epoch > 0:
            return
        main = engine.networks["main"]
        weights, learnt = main.state_dict(), engine.networks[ENCODER].state_dict()
        fitting = {name: learnt[name] for name in weights if learnt[name].shape == weights[name].shape}
        main.load_state_dict(weights | fitting)


@dataclass(frozen=True)
class _Rebuild(Method):
    """Squared error between what is made of a noisy image and the image."""

    noise: float
    dropped: float

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        images = batch.images
        # One draw a pixel: what is gone from one channel is gone from all.
        shape = images.shape if images.ndim == 2 else (len(images), 1, *images.shape[2:])
        kept = torch.rand(shape, device=images.device) >= self.dropped
        noisy = (images + self.noise * torch.randn_like(images)) * kept
        wanted = picture_of(images, batch.labels)
        said = engine.logits(engine.networks[ENCODER], replace(batch, images=noisy))[:, : wanted.shape[1]]
        errors = (said - wanted).square().mean(dim=1)
        # Where crops hang over an image there is nothing to rebuild; a label may be missing anywhere else.
        inside = images.abs().amax(dim=1) > 0 if errors.ndim > 1 else torch.ones_like(errors)
        loss = engine.mean(errors, inside.to(errors.dtype))
        engine.update(loss)
        return {"loss": loss.item()}


def outputs_of(problem: Problem) -> int:
    """Outputs of the auto-encoder: enough for a picture, and another number than there are classes.

    So its last layer is known by its shape, and stays behind. What is beyond the picture is left alone.
    """
    enough = max(2, picture_values(problem))
    return enough + 1 if enough == problem.num_classes else enough
