"""Noise adaptation layer: Goldberger & Ben-Reuven, ICLR 2017.

Dropout in the layer: Jindal, Nokleby & Chen, ICDM 2016, arXiv:1705.03419.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.forward_correction import through_noise
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.noise_matrix import log_rows, near_identity
from truemask.methods.transition import over_all_classes, said_of
from truemask.types import IGNORE

_LEAST = 1e-8
"""Added to shares before their logarithm, as in public code."""


@dataclass(frozen=True, kw_only=True)
class NoiseAdaptation(Method):
    """A layer of label noise that begins with what cross entropy's network confuses, and is learnt along.

    Simple: one matrix for all units. Complex: each unit has its own, by a linear layer. The paper's takes the
    features before the last layer; here it takes the logits, which are linear in those features and which
    every task has. It needs classes squared numbers per unit: a lot for label maps with many classes.
    Predictions are made without the layer. Objects and background stay apart in instance problems.

    Args:
        complex: a matrix for each unit, not one for all.
        warm_up: share of the epochs that cross entropy has first, in [0, 1), and at least one epoch.
        dropout: share of the ways from one class to another that are closed in each step, in [0, 1).
        lr_scale: learning rate of the layer, as a factor on that of the network.
    """

    complex: bool = False
    warm_up: float = 0.5
    dropout: float = 0.0
    lr_scale: float = 1.0

    def __post_init__(self) -> None:
        check_share("noise_adaptation", "warm_up", self.warm_up)
        check_share("noise_adaptation", "dropout", self.dropout)

    def build(self, setup: Setup) -> None:
        """One network, and the layer's bias and weights."""
        setup.network()
        k = setup.problem.num_classes
        setup.parameter("noise", near_identity(k, 0.9), lr_scale=self.lr_scale)
        if self.complex:
            setup.parameter("noise_weights", torch.zeros(k, k, k), lr_scale=self.lr_scale)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then with the layer, on one learning-rate schedule."""
        first = max(1, round(self.warm_up * epochs))
        return Stage("ce", first, hooks=CE()), Stage("noise", epochs - first)

    def before_epoch(self, engine: Engine) -> None:
        """The layer begins with the shares of labels that are given to what the network takes for a class."""
        if engine.epoch > 0:
            return
        probs, labels = said_of(engine)
        k = probs.shape[1]
        counts = np.bincount(probs.argmax(axis=1) * k + labels, minlength=k * k).reshape(k, k) + _LEAST
        shares = over_all_classes(counts / counts.sum(axis=1, keepdims=True), engine.problem)
        with torch.no_grad():
            engine.parameters["noise"].copy_((shares + _LEAST).log())

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy after the noise."""
        bias, objects = self._thinned(batch.parameters["noise"]), bool(batch.objects)
        if not self.complex:
            return through_noise(logits, targets, log_rows(bias, objects=objects))
        weights = batch.parameters["noise_weights"]
        own = torch.einsum("ijc,bc...->bij...", weights, logits) + bias.reshape(
            1, *bias.shape, *[1] * (logits.ndim - 2)
        )
        rows = log_rows(own, objects=objects, dim=2)
        known = targets != IGNORE
        given = targets.long().where(known, 0)[:, None, None].expand(-1, rows.shape[1], 1, *targets.shape[1:])
        says = rows.gather(2, given).squeeze(2)
        return -(logits.log_softmax(dim=1) + says).logsumexp(dim=1) * known

    def _thinned(self, bias: Float[Tensor, "k k"]) -> Float[Tensor, "k k"]:
        """The bias with some ways from class to class closed; a class always leads to itself."""
        if self.dropout == 0:
            return bias
        closed = torch.rand(bias.shape, device=bias.device) < self.dropout
        closed = closed.fill_diagonal_(fill_value=False)
        return bias.masked_fill(closed, float("-inf"))
