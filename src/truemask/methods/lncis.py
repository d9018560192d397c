"""Noisy class labels in instance segmentation (LNCIS): Yang, Meng, Li, Wu & Cheng, ECCV 2020."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.lncis import check_lncis, lncis
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

    Args:
        warm_up: share of the epochs that plain cross entropy has first, in [0, 1).
        gamma: cross entropy, in nats, above which an object is left out; inf leaves none out, as the released
            code does.
        log_zero: what reverse cross entropy takes log 0 to be. -4 in the paper, -9.21 in the released code.
        background: class id that means "nothing here".
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC, Task.INSTANCE})

    warm_up: float = 0.5
    gamma: float = 6.0
    log_zero: float = -4.0
    background: int = 0

    def __post_init__(self) -> None:
        check_share("lncis", "warm_up", self.warm_up)
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
        setup.network()

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then the division, on one learning-rate schedule."""
        first = round(self.warm_up * epochs)
        return Stage("ce", first, hooks=CE()), Stage("division", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """The second-stage loss: what is left out costs 0 and still counts in the mean."""
        return lncis(logits, targets, gamma=self.gamma, log_zero=self.log_zero, background=self.background)
