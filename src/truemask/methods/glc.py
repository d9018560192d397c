"""Gold loss correction: Hendrycks, Mazeika, Wilson & Gimpel, NeurIPS 2018, arXiv:1802.05300."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.forward_correction import forward_correction
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.transition import trusted_transition
from truemask.methods.verified import STREAM, step_with_verified


@dataclass(frozen=True, kw_only=True)
class GLC(Method):
    """Learns from a few verified rows how labels go wrong, and corrects for it on all others.

    Cross entropy has the first epochs, on the noisy labels. What its network then says, on the mean, of
    verified units of a class is how labels of that class are given; a class without a verified unit is
    believed. A fresh network learns verified rows by cross entropy and the others through that matrix, each
    in proportion to how many there are.

    Args:
        warm_up: share of the epochs for the estimate, in [0, 1), and at least one epoch. The paper: half.
    """

    clean_labels: ClassVar[bool] = True

    warm_up: float = 0.5

    def __post_init__(self) -> None:
        check_share("glc", "warm_up", self.warm_up)

    def build(self, setup: Setup) -> None:
        """One network, the matrix, and the verified rows."""
        setup.network()
        setup.parameter("transition", torch.eye(setup.problem.num_classes))
        setup.stream(STREAM, trusted=True)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy on noisy labels, then the correction, which begins anew."""
        first = max(1, round(self.warm_up * epochs))
        return Stage("ce", first, hooks=CE()), Stage("glc", epochs - first, restart=True)

    def before_epoch(self, engine: Engine) -> None:
        """The estimate, by the network that is then given up."""
        if engine.epoch > 0:
            return
        with torch.no_grad():
            engine.parameters["transition"].copy_(trusted_transition(engine, STREAM))
        engine.renew("main")

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy; of labels that are not verified, after the noise."""
        if batch.trusted:
            return cross_entropy(logits, targets)
        return forward_correction(logits, targets, transition=batch.parameters["transition"].detach())

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update by noisy and verified rows, in proportion to how many there are of each."""
        return step_with_verified(engine, batch)
