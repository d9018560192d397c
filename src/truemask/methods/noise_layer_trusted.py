"""A layer of label noise, estimated with clean labels: Sukhbaatar & Fergus, arXiv:1406.2080, version 1."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.forward_correction import forward_correction
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.transition import said_of
from truemask.methods.verified import STREAM, Verified, step_with_verified
from truemask.structure.transition import class_means, from_posterior, label_posterior
from truemask.types import IGNORE, BadInput, Task


@dataclass(frozen=True, kw_only=True)
class NoiseLayerTrusted(Method):
    """Verified rows first; then noisy ones too, with less weight, through an estimate of how labels go wrong.

    What the first network says of verified units of each class, and of units given as each class, tells in
    what shares the true classes lie behind a given one. Top-down, a label becomes those shares, as a soft
    target. Bottom-up, predictions are sent through the noise that follows from them by Bayes' rule. The
    verified rows skip the layer.

    Args:
        top_down: change labels, not predictions.
        noisy_weight: what a noisy row counts where a verified one counts 1, above 0; gamma in the paper,
            chosen there among 1, 0.5, 0.2, 0.1.
        warm_up: share of the epochs for verified rows alone, in [0, 1), and at least one epoch.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})
    clean_labels: ClassVar[bool] = True

    top_down: bool = False
    noisy_weight: float = 0.1
    warm_up: float = 0.5

    def __post_init__(self) -> None:
        check_share("noise_layer_trusted", "warm_up", self.warm_up)
        if not 0 < self.noisy_weight < math.inf:
            raise BadInput(
                f"noise_layer_trusted needs a noisy_weight above 0, got noisy_weight={self.noisy_weight}"
            )

    def build(self, setup: Setup) -> None:
        """One network, the two matrices, and the verified rows."""
        setup.network()
        setup.parameter("posterior", torch.eye(setup.problem.num_classes))
        setup.parameter("transition", torch.eye(setup.problem.num_classes))
        setup.stream(STREAM, trusted=True)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Verified rows, then both, on one learning-rate schedule."""
        first = max(1, round(self.warm_up * epochs))
        return Stage("verified", first, hooks=Verified()), Stage("both", epochs - first)

    def before_epoch(self, engine: Engine) -> None:
        """P(true | given) and P(given | true), by the network that knows verified rows alone."""
        if engine.epoch > 0:
            return
        probs, labels = said_of(engine)
        posterior = label_posterior(class_means(*said_of(engine, STREAM)), class_means(probs, labels))
        given = np.bincount(labels, minlength=len(posterior)) / max(1, len(labels))
        with torch.no_grad():
            engine.parameters["posterior"].copy_(torch.from_numpy(posterior))
            engine.parameters["transition"].copy_(torch.from_numpy(from_posterior(posterior, given)))

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels; top-down, of noisy rows, the true classes behind them."""
        if batch.trusted or not self.top_down:
            return batch.labels, None
        known = batch.labels != IGNORE
        columns = batch.parameters["posterior"].detach().T
        behind = F.embedding(batch.labels.long().where(known, 0), columns).movedim(-1, 1)
        return behind * known.unsqueeze(1), None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy; bottom-up, of noisy rows, after the noise."""
        if targets.is_floating_point():
            return soft_cross_entropy(logits, targets)
        if batch.trusted:
            return cross_entropy(logits, targets)
        return forward_correction(logits, targets, transition=batch.parameters["transition"].detach())

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update by noisy and verified rows, weighed by their numbers and `noisy_weight`."""
        return step_with_verified(engine, batch, noisy_weight=self.noisy_weight)
