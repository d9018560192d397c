"""Non-negative risk for positive and unlabelled units: Kiryo, Niu, du Plessis & Sugiyama, NeurIPS 2017.

arXiv:1703.00593. Several positive classes: Xu, Xu, Xu & Tao, IJCAI 2017.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.methods.unlabelled import (
    Estimate,
    check_prior,
    check_unlabelled,
    count,
    estimating,
    labelled_shares,
    positives,
    unlabelled_class,
)
from truemask.types import IGNORE, BadInput

LOSSES = ("sigmoid", "cross_entropy")


@dataclass(frozen=True, kw_only=True)
class NNPU(Method):
    """Learns from unlabelled units as if those hidden among them were taken out, by the share that is hidden.

    Each labelled unit counts for the hidden ones of its class as well, and takes as many away from the
    negatives. Were more taken away than are there, the network would only learn its labelled units by heart;
    then the step goes the other way. The paper draws the unlabelled from all units, here they are those
    without a label, which its risk is rewritten for: with nothing hidden it is the plain loss.

    Args:
        prior: share of all units that are positive in truth, labelled or not, in (0, 1]; of an instance
            problem, of proposals. None: as `labelled` says.
        labelled: share of the positive ones that bear their label, in (0, 1]. None: estimated class by class
            by a first stage; unreliable where a network fits its labels closely.
        loss: what a unit costs: sigmoid, 1 - p, as in the paper, or cross_entropy, which learns faster.
        beta: how far below 0 the risk of the negatives may be before the step goes the other way, 0 and up.
        gamma: how long that step is, in [0, 1].
        warm_up: share of the epochs in which cross entropy learns what the estimate is made by, in [0, 1),
            and at least two epochs; the network then begins anew. Left out if a share is given.
        unlabelled: class id that unlabelled units bear; none: the background.
    """

    prior: float | None = None
    labelled: float | None = None
    loss: str = "sigmoid"
    beta: float = 0.0
    gamma: float = 1.0
    warm_up: float = 0.25
    unlabelled: int | None = None

    def __post_init__(self) -> None:
        check_prior("pu_nonnegative", self.prior, self.labelled)
        if self.loss not in LOSSES:
            raise BadInput(f"pu_nonnegative has the losses {', '.join(LOSSES)}; got loss={self.loss}")
        if not 0 <= self.beta < math.inf or not 0 <= self.gamma <= 1:
            raise BadInput(
                "pu_nonnegative needs a finite beta >= 0 and 0 <= gamma <= 1, "
                f"got beta={self.beta}, gamma={self.gamma}"
            )
        check_share("pu_nonnegative", "warm_up", self.warm_up)

    def build(self, setup: Setup) -> None:
        """One network, counts of labels, and what share of each class is labelled."""
        check_unlabelled("pu_nonnegative", self.unlabelled, setup.problem)
        setup.network()
        classes = setup.problem.num_classes
        setup.parameter("counts", torch.zeros(classes, dtype=torch.float64))
        setup.parameter("labelled", torch.ones(classes, dtype=torch.float64))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """This risk; if nobody said what share is labelled, cross entropy and an estimate before."""
        # Not on from there: what is learnt by heart makes the risk of the negatives collapse.
        if self.prior is not None or self.labelled is not None:
            return (Stage("nonnegative", epochs),)
        first = estimating(epochs, self.warm_up, Estimate(unlabelled=self.unlabelled))
        rest = epochs - sum(stage.epochs for stage in first)
        return *first, Stage("nonnegative", rest, start="fresh")

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels, which are counted on the way."""
        count(batch)
        return batch.labels, None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Parts of the risk, whose mean over units it is; or of the step the other way."""
        unlabelled = unlabelled_class(batch, self.unlabelled)
        shares = labelled_shares(batch, unlabelled, prior=self.prior, labelled=self.labelled)
        says = targets != IGNORE
        positive = positives(targets, unlabelled)
        stands_for = (1 / shares).float()[targets.long().where(says, 0)]
        as_given = self._loss(logits, targets)
        as_negative = self._loss(logits, torch.full_like(targets, unlabelled))
        negatives = torch.where(positive, (1 - stands_for) * as_negative, as_given)
        risk = negatives.detach().sum() / says.sum().clamp(min=1)
        both = torch.where(positive, stands_for * as_given, 0.0) + negatives
        return torch.where(risk < -self.beta, -self.gamma * negatives, both)

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        ce = cross_entropy(logits, labels)
        return ce if self.loss == "cross_entropy" else -torch.expm1(-ce)
