"""Noisy class labels in instance segmentation (LNCIS): Yang, Meng, Li, Wu & Cheng, ECCV 2020."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.lncis import Division, check_lncis, divided_loss, division
from truemask.losses.lncis_released import lncis_released
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class LNCIS(Method):
    """Half the epochs cross entropy, then a robust loss between classes but not against background.

    For data sets where an object may have the wrong class but is an object: what was labelled or is predicted
    as background keeps cross entropy, objects whose label has become incredible are left out, the rest learn
    by reverse cross entropy. Serves label maps that have a background in the same way, pixel by pixel.

    The rows of the paper's ablation are the last three knobs; "ST" is `warm_up`. The released code is
    `released=true` with `gamma=inf`.

    Args:
        warm_up: share of the epochs that plain cross entropy has first, in [0, 1).
        gamma: cross entropy, in nats, above which an object is left out; inf leaves none out.
        log_zero: what reverse cross entropy takes log 0 to be.
        background: class id that means "nothing here".
        per_object: objects only: divide by what the network says of an object over all of its proposals, not
            by each proposal alone. The paper does not.
        relabel_above: probability of another class above which an object that would be left out learns that
            class by reverse cross entropy instead. The paper does not.
        released: compute the loss as the released code does: one-hot labels raised to 1e-4 (so log 0 is
            -9.21, whatever `log_zero` says), probabilities to 1e-7.
        count_left_out: whether units left out still count in the mean, as in paper and code.
        negatives: keep cross entropy for what is labelled background.
        pseudo_negatives: keep cross entropy for objects that are predicted as background.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC, Task.INSTANCE})

    warm_up: float = 0.5
    gamma: float = 6.0
    log_zero: float = -4.0
    background: int = 0
    per_object: bool = False
    relabel_above: float | None = None
    released: bool = False
    count_left_out: bool = True
    negatives: bool = True
    pseudo_negatives: bool = True

    def __post_init__(self) -> None:
        check_share("lncis", "warm_up", self.warm_up)
        if self.relabel_above is not None:
            check_share("lncis", "relabel_above", self.relabel_above)
        check_lncis(self.gamma, self.log_zero, self.background)

    def build(self, setup: Setup) -> None:
        """One network, for a problem that has a background.

        Raises:
            BadInput: if the problem has none, or another one than `background`.
        """
        actual = setup.problem.background
        if actual is None:
            raise BadInput(
                "lncis needs a class that means background, and this data set names none of "
                f"{', '.join(setup.problem.classes)} so; sce or gce need no background"
            )
        if actual != self.background:
            raise BadInput(
                f"lncis was told that class {self.background} is the background, but in this data set it is "
                f"{actual} ({setup.problem.classes[actual]}); set background={actual}"
            )
        if self.per_object and setup.problem.task != Task.INSTANCE:
            raise BadInput(f"lncis: per_object is for instance problems; this one is {setup.problem.task}")
        setup.network()

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then the division, on one learning-rate schedule."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("division", epochs - first)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The given labels, the incredible ones replaced where the network is sure of another class."""
        labels = batch.labels
        said = _by_object(logits, batch) if self.per_object else logits
        sets = self._sets(said, labels)
        kept = sets != Division.POTENTIAL_NOISY
        if self.relabel_above is not None:
            sure = said.softmax(dim=1).max(dim=1)
            moved = ~kept & (sure.values > self.relabel_above) & (sure.indices != self.background)
            labels = torch.where(moved, sure.indices.to(labels.dtype), labels)
            kept = kept | moved
        return labels, None if self.count_left_out else kept.to(logits.dtype)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """The second-stage loss: what is left out costs 0."""
        said = logits.detach()
        sets = self._sets(_by_object(said, batch) if self.per_object else said, targets)
        if self.relabel_above is not None:  # a new label is meant to be learned, but not too firmly
            sets = torch.where(targets != batch.labels, Division.OTHER, sets)
        if self.released:
            return lncis_released(logits, targets, sets)
        return divided_loss(logits, targets, sets, log_zero=self.log_zero)

    def _sets(
        self, logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
    ) -> Int[Tensor, "b *space"]:
        return division(
            logits,
            labels,
            gamma=self.gamma,
            background=self.background,
            negatives=self.negatives,
            pseudo_negatives=self.pseudo_negatives,
        )


def _by_object(logits: Float[Tensor, "n k"], batch: Batch) -> Float[Tensor, "n k"]:
    """For each proposal the mean log-probabilities over all proposals of its object; background as it is."""
    log_probs = logits.log_softmax(dim=1)
    matched = batch.rows >= 0
    objects, place = torch.unique(batch.rows[matched], return_inverse=True)
    sums = log_probs.new_zeros(len(objects), logits.shape[1]).index_add_(0, place, log_probs[matched])
    means = sums / place.bincount(minlength=len(objects)).unsqueeze(1)
    pooled = log_probs.clone()
    pooled[matched] = means[place]
    return pooled
