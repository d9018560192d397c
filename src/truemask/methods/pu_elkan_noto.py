"""Learning from only positive and unlabelled units: Elkan & Noto, KDD 2008."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.methods.unlabelled import (
    Estimate,
    check_prior,
    check_unlabelled,
    count,
    estimating,
    labelled_shares,
    unlabelled_class,
)
from truemask.types import IGNORE, BadInput, Task

FORMS = ("threshold", "duplicate")


@dataclass(frozen=True, kw_only=True)
class ElkanNoto(Method):
    """First learns which units are labelled, then what those must be that could have been.

    Where labels are missing by chance, how likely a unit is labelled is how likely it is positive, times the
    share of positives that are labelled. It undoes that factor in one of two ways, by a network that begins
    anew.

    Args:
        form: threshold: the factor is part of the loss, so that the network itself says how likely a class
            is; its decision at one half is the paper's threshold at half the share. duplicate: an unlabelled
            unit is learnt as every class, by how likely the network of the first stage finds that.
        prior: share of all units that are positive in truth, labelled or not, in (0, 1]; of an instance
            problem, of proposals. None: as `labelled` says.
        labelled: share of the positive ones that bear their label, in (0, 1]. None: estimated class by class
            after the first stage; unreliable where a network fits its labels closely.
        warm_up: share of the epochs that cross entropy has first, in [0, 1), and at least two epochs. The
            longer, the more it learns by heart which units are labelled, and finds nothing hidden. Left out
            in the threshold form if a share is given.
        unlabelled: class id that unlabelled units bear; none: the background.
    """

    form: str = "threshold"
    prior: float | None = None
    labelled: float | None = None
    warm_up: float = 0.25
    unlabelled: int | None = None

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise BadInput(f"pu_elkan_noto has the forms {', '.join(FORMS)}; got form={self.form}")
        check_prior("pu_elkan_noto", self.prior, self.labelled)
        check_share("pu_elkan_noto", "warm_up", self.warm_up)

    def build(self, setup: Setup) -> None:
        """One network, what share of each class is labelled, and what unlabelled units may be.

        Raises:
            BadInput: duplicate form of an instance problem, whose unlabelled proposals nothing remembers.
        """
        check_unlabelled("pu_elkan_noto", self.unlabelled, setup.problem)
        classes = setup.problem.num_classes
        setup.network()
        setup.parameter("counts", torch.zeros(classes, dtype=torch.float64))
        setup.parameter("labelled", torch.ones(classes, dtype=torch.float64))
        if self.form == "duplicate":
            if setup.problem.task == Task.INSTANCE:
                raise BadInput(
                    "pu_elkan_noto: form=duplicate keeps what each unlabelled unit may be, and background "
                    "proposals come anew at each step; set form=threshold"
                )
            setup.store("first", channels=classes)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Which units are labelled, then what they are."""
        remember = self.form == "duplicate"
        if not remember and (self.prior is not None or self.labelled is not None):
            return (Stage(self.form, epochs),)
        look = Estimate(unlabelled=self.unlabelled, remember=remember)
        first = estimating(epochs, self.warm_up, look)
        rest = epochs - sum(stage.epochs for stage in first)
        return *first, Stage(self.form, rest, start="fresh")

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The labels; in the duplicate form, for unlabelled units the classes that they may be."""
        count(batch)
        if self.form == "threshold":
            return batch.labels, None
        unlabelled = unlabelled_class(batch, self.unlabelled)
        shares = labelled_shares(batch, unlabelled, prior=self.prior, labelled=self.labelled).float()
        shares = shares.reshape(1, -1, *[1] * (logits.ndim - 2))
        first = batch.stores["first"].values
        # P(class, unlabelled | x) = (1 - c) / c P(class, labelled | x), over P(unlabelled | x).
        hidden = (1 - shares) / shares * first / first[:, unlabelled].unsqueeze(1).clamp(min=1e-6)
        hidden[:, unlabelled] = 0
        hidden = hidden / hidden.sum(dim=1, keepdim=True).clamp(min=1)
        hidden[:, unlabelled] = 1 - hidden.sum(dim=1)
        says = (batch.labels != IGNORE).unsqueeze(1)
        given = torch.zeros_like(logits)
        given.scatter_(1, batch.labels.long().unsqueeze(1).where(says, 0), 1.0)
        return torch.where((batch.labels == unlabelled).unsqueeze(1), hidden, given) * says, None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """-log P(labelled so), or -log P(unlabelled); cross entropy to the duplicates."""
        if targets.is_floating_point():
            return soft_cross_entropy(logits, targets)
        unlabelled = unlabelled_class(batch, self.unlabelled)
        shares = labelled_shares(batch, unlabelled, prior=self.prior, labelled=self.labelled).float()
        shares[unlabelled] = 0
        missing = torch.log1p(-shares).reshape(1, -1, *[1] * (logits.ndim - 2))
        without = -(F.log_softmax(logits.float(), dim=1) + missing).logsumexp(dim=1)
        return torch.where(targets == unlabelled, without, cross_entropy(logits, targets))
