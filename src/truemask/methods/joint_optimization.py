"""Joint optimisation: Tanaka, Ikami, Yamasaki & Aizawa, CVPR 2018, arXiv:1803.11364."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.types import IGNORE, BadInput

_LEAST_SHARE = 1e-8
"""Of a class in a batch: below it a missing class would pull without bounds."""


@dataclass(frozen=True, kw_only=True)
class JointOptimization(Method):
    """Replaces the labels by what the network said of each unit, epoch by epoch, while it learns.

    Two terms keep it from calling everything one class, or from being unsure of all: the mean prediction of a
    batch is held to a prior, and each prediction is pushed to be sure. Where one class has most units, as
    background has among proposals and pixels, the uniform prior is wrong: take that of the labels. The paper
    averages the last ten predictions of a unit; here older ones fade, which takes a tenth of the memory.

    Args:
        warm_up: share of the epochs with the given labels, in [0, 1), and at least one epoch. The paper: 70
            of 200 epochs.
        final: share of the epochs for training anew on the last labels without the two terms, in [0, 1). The
            paper: 120 after 200.
        prior_weight: of the prior's term, 0 and up; alpha in the paper, 1.2 for 70 % symmetric noise.
        entropy_weight: of the term for being sure, 0 and up; beta in the paper, 0.8 for the same.
        label_prior: hold batches to how often their labels are given, not to all classes alike.
        keep_objects: objects only: what was drawn as an object never becomes background. Otherwise early
            doubts become labels, and soon nothing is an object.
        hard: replace labels by the likeliest class, not by the distribution.
        momentum: in [0, 1): how much of what was said before stays at each visit.
        stride: label maps only: pixels per remembered cell along each side.
    """

    warm_up: float = 0.35
    final: float = 0.0
    prior_weight: float = 1.2
    entropy_weight: float = 0.8
    label_prior: bool = False
    keep_objects: bool = True
    hard: bool = False
    momentum: float = 0.9
    stride: int = 1

    def __post_init__(self) -> None:
        check_share("joint_optimization", "warm_up", self.warm_up)
        check_share("joint_optimization", "final", self.final)
        check_share("joint_optimization", "momentum", self.momentum)
        for name in ("prior_weight", "entropy_weight"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise BadInput(f"joint_optimization needs {name} >= 0, got {name}={value}")
        if self.stride < 1:
            raise BadInput(f"joint_optimization needs a stride of 1 pixel or more, got {self.stride}")

    def build(self, setup: Setup) -> None:
        """One network and a fading mean of its predictions."""
        setup.network()
        setup.store(
            "said",
            channels=setup.problem.num_classes,
            rule="ema",
            momentum=self.momentum,
            stride=self.stride,
        )

    def stages(self, epochs: int) -> Sequence[Stage]:
        """The given labels, then the network's own; if asked for, a fresh network on the last ones."""
        first = max(1, round(self.warm_up * epochs))
        last = min(round(self.final * epochs), epochs - first)
        return (
            Stage("gather", first, hooks=_Gather(self)),
            Stage("joint", epochs - first - last),
            Stage("final", last, start="fresh", restart=True, hooks=_Final(self)),
        )

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """What the network said of each unit up to its last visit; the store takes in what it says now."""
        learnt = self.learnt(batch, logits)
        batch.stores["said"].update(logits.softmax(dim=1))
        return learnt, None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy to the labels at hand, and the two terms; the prior's is the same for every unit."""
        soft = targets.is_floating_point()
        says = targets.sum(dim=1) > 0 if soft else targets != IGNORE
        loss = soft_cross_entropy(logits, targets) if soft else cross_entropy(logits, targets)
        log_probs = logits.log_softmax(dim=1)
        entropy = -(log_probs.exp() * log_probs).sum(dim=1)
        prior = self.prior_weight * self._prior_term(log_probs.exp(), batch, says)
        return (loss + self.entropy_weight * entropy + prior) * says

    def learnt(self, batch: Batch, logits: Float[Tensor, "b k *space"]) -> Float[Tensor, "b k *space"]:
        """The labels at hand; of proposals of background, which no store knows, the given ones."""
        said = batch.stores["said"].values
        if self.keep_objects and batch.objects:
            said[:, 0] = 0.0  # in an instance problem class 0 is the background
        # A fading mean that began at 0 sums to less than 1; what was never visited to 0, and says nothing.
        visited = said.sum(dim=1, keepdim=True)
        if self.hard:
            said = _one_hot(said.argmax(dim=1), logits) * (visited > 0)
        else:
            said = said / visited.clamp(min=_LEAST_SHARE)
        background = (batch.rows < 0).reshape(-1, *[1] * (said.ndim - 1))
        known = (batch.labels != IGNORE).unsqueeze(1)
        return torch.where(background, _one_hot(batch.labels, logits), said) * known

    def _prior_term(
        self, probs: Float[Tensor, "b k *space"], batch: Batch, says: Tensor
    ) -> Float[Tensor, ""]:
        """KL from the prior to the mean prediction over units that say something."""
        count = says.sum().clamp(min=1)
        axes = (0, *range(2, probs.ndim))
        mean = ((probs * says.unsqueeze(1)).sum(dim=axes) / count).clamp(min=_LEAST_SHARE)
        if self.label_prior:
            prior = (_one_hot(batch.labels, probs) * says.unsqueeze(1)).sum(dim=axes) / count
        else:
            prior = torch.full_like(mean, 1 / len(mean))
        # Not log(prior / mean): a class that the prior lacks would have no gradient but NaN.
        return (torch.xlogy(prior, prior) - prior * mean.log()).sum()


@dataclass(frozen=True)
class _Gather(Method):
    """The given labels, with the two terms, while the store fills."""

    whole: JointOptimization

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        batch.stores["said"].update(logits.softmax(dim=1))
        return batch.labels, None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b *space"]:
        return self.whole.unit_loss(logits, targets, batch)


@dataclass(frozen=True)
class _Final(Method):
    """The last labels, by cross entropy."""

    whole: JointOptimization

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        return self.whole.learnt(batch, logits), None


def _one_hot(classes: Tensor, like: Float[Tensor, "b k *space"]) -> Float[Tensor, "b k *space"]:
    """1 at each class; nowhere where it is IGNORE."""
    known = (classes != IGNORE).unsqueeze(1)
    at = classes.long().unsqueeze(1).where(known, 0)
    return torch.zeros_like(like).scatter_(1, at, 1.0) * known
