"""T-Loss: Gonzalez-Jimenez, Lionetti, Gottfrois, Groger, Pouly & Navarini, MICCAI 2023, arXiv:2306.00753."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.t_loss import check_t_loss, t_loss
from truemask.methods.method import Method, Setup, Targets
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class TLoss(Method):
    """Residuals of a whole label map under one Student t distribution, whose tails are learnt along.

    For images of which some are badly labelled as a whole: the worse a map fits, the less each of its pixels
    pulls. Not robust against single wrong pixels. In classification an image is one residual.

    Args:
        log_nu: logarithm of the degrees of freedom to begin with; they are learnt. 1 in the released code.
        nu_lr_scale: factor on the learning rate for them, 0 and up; a tenth in the released code.
        precision: inverse variance of a residual, above 0: 1 in the paper, 2.718 in its released code.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    log_nu: float = 1.0
    nu_lr_scale: float = 0.1
    precision: float = 1.0

    def __post_init__(self) -> None:
        check_t_loss(self.precision)
        if not math.isfinite(self.log_nu):
            raise BadInput(f"t_loss needs a finite log_nu, got log_nu={self.log_nu}")
        if not 0 <= self.nu_lr_scale < math.inf:
            raise BadInput(f"t_loss needs nu_lr_scale >= 0, got nu_lr_scale={self.nu_lr_scale}")

    def build(self, setup: Setup) -> None:
        """One network and the degrees of freedom."""
        setup.network()
        setup.parameter("log_nu", torch.tensor(self.log_nu), lr_scale=self.nu_lr_scale)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b"]:
        """One value per image."""
        return t_loss(logits, targets, log_nu=batch.parameters["log_nu"], precision=self.precision)
