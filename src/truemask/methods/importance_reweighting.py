"""Importance reweighting: Liu & Tao, TPAMI 2016, arXiv:1411.7718."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.backward_correction import inverse_transition
from truemask.losses.cross_entropy import cross_entropy
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.transition import check_estimate, estimated_transition, given_transition, two_stages
from truemask.types import IGNORE, BadInput


@dataclass(frozen=True, kw_only=True)
class ImportanceReweighting(Method):
    """Weighs each label by how much likelier it is among true labels than among given ones.

    Cross entropy has the first epochs; its best epoch on the noisy validation labels says P(given | x).
    P(given | true), the same for all units of a class, turns that into P(true | x), and a fresh network
    learns each label with the ratio of the two as its weight. For two classes that is the paper's formula.
    The mean is over units, not over weights. Background proposals have a weight of 1.

    Args:
        matrix: P(given | true), a row for each true class: written out (0.9/0.1;0.2/0.8), or a file; none:
            estimated.
        estimate: by `anchor`, what is said of the unit that is surest of each class (for two classes the
            paper's minimum), or by `confident`, the confident joint.
        quantile: anchors only: the surest unit is looked for below this quantile of all units, in (0, 1), as
            the very surest are flukes; none: the very surest.
        smoothing: share of the identity that is mixed into an estimate, in [0, 1).
        warm_up: share of the epochs for the estimates, in [0, 1), and at least one epoch.
        most: largest weight, above 0.
        current: weigh by what the network says at the moment, p(label) over what is left of it after the
            noise, not once and for all by the first network. Public code does that.
    """

    matrix: str | None = None
    estimate: str = "anchor"
    quantile: float | None = 0.97
    smoothing: float = 0.0
    warm_up: float = 0.5
    most: float = 10.0
    current: bool = False

    def __post_init__(self) -> None:
        check_estimate("importance_reweighting", self.estimate, self.quantile, self.smoothing)
        check_share("importance_reweighting", "warm_up", self.warm_up)
        if not 0 < self.most < math.inf:
            raise BadInput(f"importance_reweighting needs a finite most above 0, got most={self.most}")

    def build(self, setup: Setup) -> None:
        """One network, the matrix, and a weight per unit where weights stay.

        Raises:
            BadInput: if `matrix` is no transition matrix between the classes.
        """
        setup.network()
        given = given_transition("importance_reweighting", self.matrix, setup.problem)
        setup.parameter("transition", given)
        if not self.current:
            setup.store("weight", channels=1)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy for the estimates, then weighted; a given matrix and current weights need none."""
        if self.current and self.matrix is not None:
            return super().stages(epochs)
        return two_stages("weighted", epochs, self.warm_up)

    def before_epoch(self, engine: Engine) -> None:
        """The matrix and the weights, by the network that is then given up.

        Raises:
            BadInput: if weights are to stay, and the matrix has no inverse.
        """
        if engine.epoch > 0 or (self.current and self.matrix is not None):
            return
        transition = engine.parameters["transition"]
        if self.matrix is None:
            found = estimated_transition(
                engine, estimate=self.estimate, quantile=self.quantile, smoothing=self.smoothing
            )
            with torch.no_grad():
                transition.copy_(found)
        if not self.current:
            inverse = inverse_transition(transition.detach())
            for batch, logits in engine.sweep(engine.networks["main"]):
                weights = weights_of_noisy(logits, batch.labels, inverse).clamp(0, self.most)
                batch.stores["weight"].update(weights.unsqueeze(1))
        engine.renew("main")

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Weighted cross entropy; the weights carry no gradient, or the network would shrink its own."""
        if self.current:
            transition = batch.parameters["transition"].detach()
            weights = weights_of_clean(logits.detach(), targets, transition)
        else:
            kept = batch.stores["weight"].values[:, 0]
            background = (batch.rows < 0).reshape(-1, *[1] * (kept.ndim - 1))
            weights = torch.where(background, 1.0, kept)
        return cross_entropy(logits, targets) * weights.clamp(0, self.most)


def weights_of_noisy(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], inverse: Float[Tensor, "k k"]
) -> Float[Tensor, "b *space"]:
    """P(true = label | x) over P(given = label | x), where logits say the latter. May be negative.

    Args:
        logits: of a network that learnt the noisy labels.
        labels: given class ids; the weight where they are IGNORE means nothing.
        inverse: of the transition matrix whose row i is P(given | true = i).
    """
    given = labels.long().where(labels != IGNORE, 0)
    log_probs = F.log_softmax(logits.float(), dim=1)
    at_label = log_probs.gather(1, given.unsqueeze(1))
    # Over P(label) before the sum: neither may underflow alone. Past e^60 the weight is cut off anyway.
    ratios = (log_probs - at_label).clamp(max=60).exp()
    columns = F.embedding(given, inverse.T.float()).movedim(-1, 1)
    return (ratios * columns).sum(dim=1)


def weights_of_clean(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], transition: Float[Tensor, "k k"]
) -> Float[Tensor, "b *space"]:
    """P(true = label | x) over P(given = label | x), where logits say the former.

    Args:
        logits: of a network that learns the clean labels.
        labels: given class ids; the weight where they are IGNORE means nothing.
        transition: row i: P(given | true = i).
    """
    given = labels.long().where(labels != IGNORE, 0)
    probs = logits.float().softmax(dim=1)
    columns = F.embedding(given, transition.T.float()).movedim(-1, 1)
    after = (probs * columns).sum(dim=1)
    at_label = probs.gather(1, given.unsqueeze(1)).squeeze(1)
    return at_label / after.clamp(min=torch.finfo(torch.float32).tiny)
