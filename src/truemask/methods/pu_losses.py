"""Losses for units that may be unlabelled: a draft of 2017 on training with positives and unlabelled.

Balanced weights: Lee & Liu, ICML 2003. Hard bootstrapping: Reed et al., 2015, arXiv:1412.6596. Cross entropy
on unlabelled units, the draft's first loss, is the method `ce`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.bootstrap import check_bootstrap
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.exponential_u import exponential_u
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.unlabelled import (
    balanced,
    check_unlabelled,
    count,
    fade,
    per_unit,
    unlabelled_class,
)
from truemask.types import IGNORE, BadInput


@dataclass(frozen=True, kw_only=True)
class WeightedU(Method):
    """Cross entropy in which unlabelled units count less than labelled ones.

    With balanced weights the decision is right where labels are missing by chance, half of them, and half of
    all units are positive; the fewer labels there are, the smaller `u_factor` should be.

    Args:
        u_factor: weight of unlabelled units after both groups were made to weigh the same, above 0. 0.5 in
            the draft.
        unlabelled: class id that unlabelled units bear; none: the background.
        warm_up: share of the epochs that cross entropy has first, in [0, 1).
        fade_in: share of the epochs after that over which the weights take effect bit by bit, in [0, 1).
    """

    u_factor: float = 0.5
    unlabelled: int | None = None
    warm_up: float = 0.0
    fade_in: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.u_factor < math.inf:
            raise BadInput(f"pu_weighted needs a finite u_factor above 0, got u_factor={self.u_factor}")
        check_share("pu_weighted", "warm_up", self.warm_up)
        check_share("pu_weighted", "fade_in", self.fade_in)

    def build(self, setup: Setup) -> None:
        """One network, counts of labels, and how far the weights have taken effect."""
        check_unlabelled("pu_weighted", self.unlabelled, setup.problem)
        setup.network()
        setup.parameter("counts", torch.zeros(setup.problem.num_classes, dtype=torch.float64))
        setup.parameter("share", torch.tensor(1.0))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then the weights."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("weighted", epochs - first)

    def before_epoch(self, engine: Engine) -> None:
        """Fade in."""
        fade(engine, self.fade_in)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels, and less weight where there is none."""
        unlabelled = unlabelled_class(batch, self.unlabelled)
        of_u, of_p = balanced(count(batch), unlabelled)
        weights = per_unit(batch.labels, unlabelled, self.u_factor * of_u, of_p)
        return batch.labels, torch.lerp(torch.ones_like(weights), weights, batch.parameters["share"].detach())


@dataclass(frozen=True, kw_only=True)
class ExponentialU(Method):
    """Where a unit is unlabelled, 1 - p(unlabelled): what surely is something else is no longer pushed away.

    It needs a network that finds some of the hidden ones by itself. Where over half of the labels are
    missing it may call everything unlabelled; with complete labels it costs some accuracy.

    Args:
        balance: let labelled and unlabelled units weigh the same, as the draft does.
        unlabelled: class id that unlabelled units bear; none: the background.
        warm_up: share of the epochs that cross entropy has first, in [0, 1).
        fade_in: share of the epochs after that over which the loss takes over bit by bit, in [0, 1).
            The draft began with cross entropy, or mixed it in at 0.95^epoch, in some of its runs.
    """

    balance: bool = True
    unlabelled: int | None = None
    warm_up: float = 0.0
    fade_in: float = 0.0

    def __post_init__(self) -> None:
        check_share("pu_exponential", "warm_up", self.warm_up)
        check_share("pu_exponential", "fade_in", self.fade_in)

    def build(self, setup: Setup) -> None:
        """One network, counts of labels, and how far the loss has taken over."""
        check_unlabelled("pu_exponential", self.unlabelled, setup.problem)
        setup.network()
        setup.parameter("counts", torch.zeros(setup.problem.num_classes, dtype=torch.float64))
        setup.parameter("share", torch.tensor(1.0))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then this loss."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("exponential", epochs - first)

    def before_epoch(self, engine: Engine) -> None:
        """Fade in."""
        fade(engine, self.fade_in)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels, and weights if the groups are to be balanced."""
        if not self.balance:
            return batch.labels, None
        unlabelled = unlabelled_class(batch, self.unlabelled)
        return batch.labels, per_unit(batch.labels, unlabelled, *balanced(count(batch), unlabelled))

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy where there is a label, 1 - p(unlabelled) where there is none."""
        own = exponential_u(logits, targets, unlabelled=unlabelled_class(batch, self.unlabelled))
        share = batch.parameters["share"].item()
        return own if share == 1 else torch.lerp(cross_entropy(logits, targets), own, share)


@dataclass(frozen=True, kw_only=True)
class BootstrapU(Method):
    """Hard bootstrapping where a unit is unlabelled: half of its target is what the network makes of it.

    The draft's own table of this loss came from swapped arguments, which made it a reverse cross entropy.

    Args:
        beta_u: weight of the label of an unlabelled unit, in (0, 1]; the likeliest class has the rest. 0.5 in
            the draft.
        beta_p: the same for a labelled one; 1, cross entropy, in the draft.
        unlabelled: class id that unlabelled units bear; none: the background.
        warm_up: share of the epochs that cross entropy has first, in [0, 1).
        fade_in: share of the epochs after that over which both betas sink from 1, in [0, 1).
    """

    beta_u: float = 0.5
    beta_p: float = 1.0
    unlabelled: int | None = None
    warm_up: float = 0.0
    fade_in: float = 0.0

    def __post_init__(self) -> None:
        check_bootstrap(self.beta_u)
        check_bootstrap(self.beta_p)
        check_share("pu_bootstrap", "warm_up", self.warm_up)
        check_share("pu_bootstrap", "fade_in", self.fade_in)

    def build(self, setup: Setup) -> None:
        """One network, and how far the loss has taken over."""
        check_unlabelled("pu_bootstrap", self.unlabelled, setup.problem)
        setup.network()
        setup.parameter("share", torch.tensor(1.0))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then bootstrapping."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("bootstrap", epochs - first)

    def before_epoch(self, engine: Engine) -> None:
        """Fade in."""
        fade(engine, self.fade_in)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """beta at the given label and 1 - beta at the likeliest class; zeros where the label is IGNORE."""
        share = batch.parameters["share"].item()
        unlabelled = unlabelled_class(batch, self.unlabelled)
        of_u, of_p = (1 - share * (1 - beta) for beta in (self.beta_u, self.beta_p))
        beta = per_unit(batch.labels, unlabelled, of_u, of_p).unsqueeze(1)
        says = (batch.labels != IGNORE).unsqueeze(1)
        likeliest = logits.max(dim=1, keepdim=True).indices
        mixed = torch.zeros_like(logits).scatter_(1, likeliest, 1 - beta)
        mixed.scatter_add_(1, batch.labels.long().unsqueeze(1).where(says, 0), beta)
        return mixed * says, None
