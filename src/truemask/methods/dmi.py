"""Determinant-based mutual information: Xu, Cao, Kong & Wang, NeurIPS 2019, arXiv:1909.03388."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.dmi import check_dmi, dmi, of_joint, pooled_joint
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.types import BadInput

POOLS = ("running", "batch", "image")


@dataclass(frozen=True, kw_only=True)
class DMI(Method):
    """Cross entropy, then from its best epoch on the information that predictions hold about the labels.

    Labels that go wrong by class alone, whichever way, shift this loss by a constant. It hangs on the whole
    matrix of what is predicted where each label is given: a batch in which a class is missing says nothing
    by itself, so a memory of earlier batches stands in for what it lacks.

    Args:
        pool: what the matrix is counted over: `running`, this batch and the memory; `batch`, as in the paper;
            `image`, each label map on its own, by the classes that it has.
        momentum: in [0, 1): how much of the memory stays at each step.
        warm_up: share of the epochs that cross entropy has first, in [0, 1), and at least one epoch: without
            it classes may end up in any order.
        lr_scale: factor on the learning rate after that, above 0. The paper goes from 0.1 to 1e-6, for a loss
            that is not divided by the number of units.
        floor: least singular value that counts, above 0; the paper adds 1e-3 to the determinant itself.
    """

    pool: str = "running"
    momentum: float = 0.9
    warm_up: float = 0.5
    lr_scale: float = 0.1
    floor: float = 1e-3

    def __post_init__(self) -> None:
        if self.pool not in POOLS:
            raise BadInput(f"dmi pools over {', '.join(POOLS)}; got pool={self.pool}")
        check_share("dmi", "momentum", self.momentum)
        check_share("dmi", "warm_up", self.warm_up)
        if not 0 < self.lr_scale < math.inf:
            raise BadInput(f"dmi needs a finite lr_scale above 0, got lr_scale={self.lr_scale}")
        check_dmi(self.floor)

    def build(self, setup: Setup) -> None:
        """One network, and the memory: predictions summed over units of each label."""
        classes = setup.problem.num_classes
        setup.network()
        setup.parameter("joint", torch.zeros(classes, classes, dtype=torch.float64))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then this loss from the best epoch on."""
        first = max(1, round(self.warm_up * epochs))
        return (
            Stage("ce", first, hooks=CE()),
            Stage("dmi", epochs - first, start="best", lr_scale=self.lr_scale),
        )

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels; on the way the memory takes in the present batch, before it is used."""
        memory = batch.parameters["joint"].detach()
        share = torch.where(memory.any(), 1 - self.momentum, 1.0)  # the first batch is taken whole
        memory.lerp_(pooled_joint(logits, batch.labels), share.double())
        return batch.labels, None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b"]:
        """One value per image; the same for all where they are pooled."""
        if self.pool == "image":
            return dmi(logits, targets, floor=self.floor)
        now = pooled_joint(logits, targets)
        pooled = now
        if self.pool == "running":
            # The memory's value, with the gradient of this batch, which is part of it.
            pooled = batch.parameters["joint"].detach() + now - now.detach()
        loss = of_joint(pooled, counts=pooled.detach().sum(dim=0), floor=self.floor)
        return loss.float().expand(len(logits))
