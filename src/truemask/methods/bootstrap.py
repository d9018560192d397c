"""Bootstrapping: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, ICLR workshop 2015, arXiv:1412.6596."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.bootstrap import (
    bootstrap_soft,
    bootstrap_temperature,
    check_bootstrap,
    check_bootstrap_temperature,
)
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Stage, Targets
from truemask.types import IGNORE


@dataclass(frozen=True, kw_only=True)
class BootstrapSoft(Method):
    """Learns a mixture of the given label and its own prediction, gradient of both included.

    The same as cross entropy with a reward for being sure.

    Args:
        beta: weight of the given label in (0, 1]; 1 is cross entropy.
    """

    beta: float = 0.95

    def __post_init__(self) -> None:
        check_bootstrap(self.beta)

    # A loss and not a target: targets are detached, which would leave beta * cross entropy and nothing else.
    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy to label and live prediction, mixed."""
        return bootstrap_soft(logits, targets, beta=self.beta)


@dataclass(frozen=True, kw_only=True)
class BootstrapHard(Method):
    """Learns a mixture of the given label and the class that it finds likeliest itself.

    Confirms early mistakes if begun before the network knows anything; where over half the labels are wrong
    it is worse than cross entropy.

    Args:
        beta: weight of the given label in (0, 1]; 1 is cross entropy.
        warm_up: share of the epochs that plain cross entropy has first, in [0, 1).
    """

    beta: float = 0.8
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        check_bootstrap(self.beta)
        check_share("bootstrap_hard", "warm_up", self.warm_up)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then bootstrapping."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("bootstrap", epochs - first)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """beta at the given label and 1 - beta at the likeliest class; zeros where the label is IGNORE."""
        says = (batch.labels != IGNORE).unsqueeze(1)
        given = batch.labels.long().unsqueeze(1).where(says, 0)
        likeliest = logits.max(dim=1, keepdim=True).indices  # argmax over axis 1 takes ten times as long
        mixed = torch.zeros_like(logits).scatter_(1, likeliest, 1 - self.beta)
        mixed.scatter_add_(1, given, torch.full_like(given, self.beta, dtype=mixed.dtype))
        return mixed * says, None


@dataclass(frozen=True, kw_only=True)
class BootstrapTemperature(Method):
    """Learns a mixture of the given label and its own prediction made sharper or flatter, gradient and all.

    Between `bootstrap_soft` and `bootstrap_hard`.

    Args:
        beta: weight of the given label in (0, 1]; 1 is cross entropy.
        tau: factor on the logits of the target, 0 and up: 1 is soft, many is hard, 0 label smoothing.
    """

    beta: float = 0.95
    tau: float = 2.0

    def __post_init__(self) -> None:
        check_bootstrap_temperature(self.beta, self.tau)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy to label and live prediction at its temperature, mixed."""
        return bootstrap_temperature(logits, targets, beta=self.beta, tau=self.tau)
