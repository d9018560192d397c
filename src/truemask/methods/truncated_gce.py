"""Truncated generalised cross entropy: Zhang & Sabuncu, NeurIPS 2018, arXiv:1805.07836, section 3.3."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.gce import gce
from truemask.losses.truncated_gce import check_truncated_gce, kept
from truemask.methods.gce import GCE
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.types import BadInput


@dataclass(frozen=True, kw_only=True)
class TruncatedGCE(Method):
    """Generalised cross entropy, then only on the labels that the best network so far finds likely enough.

    Which units are kept is looked up in one sweep every few epochs, not in each step, so that a unit does
    not drop out by a bad moment. The first sweep is by the epoch that did best on the noisy validation
    labels, and training goes on from there; later sweeps are by the network at hand. The loss is the mean
    over kept units. Objects are judged at their own boxes; proposals of background are always kept.

    Args:
        q: of the generalised cross entropy, in (0, 1].
        threshold: a label is kept where its probability is above this, in [0, 1).
        warm_up: share of the epochs before anything is dropped, in [0, 1), and at least one epoch; a third in
            the paper (CIFAR-10).
        every_epochs: from one sweep to the next.
    """

    q: float = 0.7
    threshold: float = 0.5
    warm_up: float = 1 / 3
    every_epochs: int = 10

    def __post_init__(self) -> None:
        check_truncated_gce(self.q, self.threshold)
        check_share("truncated_gce", "warm_up", self.warm_up)
        if self.every_epochs < 1:
            raise BadInput(
                f"truncated_gce sweeps every 1 or more epochs, got every_epochs={self.every_epochs}"
            )

    def build(self, setup: Setup) -> None:
        """One network, and per unit whether its label is kept."""
        setup.network()
        setup.store("kept", channels=1, dtype="uint8")

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Everything first, then what is kept, from the best epoch on."""
        # A fresh network finds no label likely: it would drop them all, and stay fresh.
        first = max(1, round(self.warm_up * epochs))
        return Stage("gce", first, hooks=GCE(q=self.q)), Stage("truncated", epochs - first, start="best")

    def before_epoch(self, engine: Engine) -> None:
        """Look up which labels are likely enough."""
        if engine.epoch % self.every_epochs:
            return
        for batch, logits in engine.sweep(engine.networks["main"]):
            keep = kept(logits, batch.labels, threshold=self.threshold)
            batch.stores["kept"].update(keep.unsqueeze(1).float())

    def targets(
        self,
        batch: Batch,
        logits: Float[Tensor, "b k *space"],
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels, and weight 1 where they are kept."""
        weights = batch.stores["kept"].values[:, 0]
        background = (batch.rows < 0).reshape(-1, *[1] * (weights.ndim - 1))
        return batch.labels, torch.where(background, 1.0, weights)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Generalised cross entropy; the paper's constant for what is dropped has no gradient."""
        return gce(logits, targets, q=self.q)
