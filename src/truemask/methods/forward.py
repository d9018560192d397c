"""Forward correction: Patrini, Rozza, Menon, Nock & Qu, CVPR 2017, arXiv:1609.03683."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.forward_correction import forward_correction
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.transition import check_estimate, estimated_transition, given_transition, two_stages


@dataclass(frozen=True, kw_only=True)
class Forward(Method):
    """Sends predictions through the noise before they are compared with noisy labels.

    For labels that go wrong by class alone. Without a matrix cross entropy has the first epochs; its best
    epoch on the noisy validation labels says P(given | true), and a fresh network learns with that. What
    is drawn as an object stays one: the matrix of an instance problem is between its classes of objects.

    Args:
        matrix: P(given | true), a row for each true class: written out (0.9/0.1;0.2/0.8), or a file; none:
            estimated.
        estimate: by `anchor`, what is said of the unit that is surest of each class, or by `confident`, the
            confident joint.
        quantile: anchors only: the surest unit is looked for below this quantile of all units, in (0, 1), as
            the very surest are flukes; none: the very surest, as in the paper for 100 classes.
        smoothing: share of the identity that is mixed into an estimate, in [0, 1).
        warm_up: share of the epochs that cross entropy has first where the matrix is estimated, in [0, 1),
            and at least one epoch.
    """

    matrix: str | None = None
    estimate: str = "anchor"
    quantile: float | None = 0.97
    smoothing: float = 0.0
    warm_up: float = 0.5

    def __post_init__(self) -> None:
        check_estimate("forward", self.estimate, self.quantile, self.smoothing)
        check_share("forward", "warm_up", self.warm_up)

    def build(self, setup: Setup) -> None:
        """One network and the matrix.

        Raises:
            BadInput: if `matrix` is no transition matrix between the classes.
        """
        setup.network()
        setup.parameter("transition", given_transition("forward", self.matrix, setup.problem))

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy for the estimate, then the correction; with a matrix, the correction alone."""
        return two_stages("forward", epochs, self.warm_up) if self.matrix is None else super().stages(epochs)

    def before_epoch(self, engine: Engine) -> None:
        """The estimate, by the network that is then given up."""
        if self.matrix is not None or engine.epoch > 0:
            return
        found = estimated_transition(
            engine, estimate=self.estimate, quantile=self.quantile, smoothing=self.smoothing
        )
        with torch.no_grad():
            engine.parameters["transition"].copy_(found)
        engine.renew("main")

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy of the predictions after the noise."""
        return forward_correction(logits, targets, transition=batch.parameters["transition"].detach())
