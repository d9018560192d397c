"""Bootstrapped multi-box confidences: Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, 2015.

ICLR workshop, arXiv:1412.6596, section 3.3.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.bootstrap import check_bootstrap
from truemask.losses.multibox import multibox_hard, multibox_soft
from truemask.methods.method import Method, Targets


@dataclass(frozen=True, kw_only=True)
class MultiboxHard(Method):
    """A yes or no for each class on its own; where it is sure of a yes, it believes itself a little.

    For objects that nobody labelled: what is labelled background, but looks like an object, is not fully held
    to be background. The background is the absence of all other classes. Networks predict by softmax as ever:
    that is what the independent answers come to, given that no two of them are yes.

    Args:
        beta: weight of the given label in (0, 1]; 1 is binary cross entropy. The paper names none for boxes.
    """

    beta: float = 0.8

    def __post_init__(self) -> None:
        check_bootstrap(self.beta)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Binary cross entropy to label and own answer, mixed; summed over classes."""
        return multibox_hard(logits, targets, beta=self.beta, background=batch.background)


@dataclass(frozen=True, kw_only=True)
class MultiboxSoft(Method):
    """As `multibox_hard`, but it believes its confidence instead of a yes or no.

    Args:
        beta: weight of the given label in (0, 1]; 1 is binary cross entropy. The paper names none for boxes.
    """

    beta: float = 0.95

    def __post_init__(self) -> None:
        check_bootstrap(self.beta)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Binary cross entropy to label and confidence, mixed; summed over classes."""
        return multibox_soft(logits, targets, beta=self.beta, background=batch.background)
