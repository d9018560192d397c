"""A layer of label noise, learnt along: Sukhbaatar et al., ICLR workshop 2015, arXiv:1406.2080."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.forward_correction import through_noise
from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Method, Setup, Stage, Targets
from truemask.methods.noise_matrix import log_rows, near_identity
from truemask.types import IGNORE, BadInput


@dataclass(frozen=True, kw_only=True)
class NoiseLayer(Method):
    """Learns P(given | true) along with the network, and predicts without it.

    The matrix is the identity until the network has the majority's view of each class: released later, the
    labels would be known by heart, and nothing would be left to explain. From then on its diagonal is pushed
    down: of all ways to share the errors between network and matrix, the true one leaves the matrix least
    sure. Objects and background stay apart in instance problems.

    Args:
        warm_up: share of the epochs without noise, which is cross entropy, in [0, 1), and at least one epoch.
        diagonal: of the matrix when it is released, in (0, 1).
        trace_weight: of the mean diagonal in the loss, 0 and up; the paper decays the layer's weights.
        lr_scale: learning rate of the matrix's logits, as a factor on that of the network, above 0.
    """

    warm_up: float = 0.3
    diagonal: float = 0.9
    trace_weight: float = 0.1
    lr_scale: float = 10.0

    def __post_init__(self) -> None:
        check_share("noise_layer", "warm_up", self.warm_up)
        if not 0 < self.diagonal < 1:
            raise BadInput(f"noise_layer needs 0 < diagonal < 1, got diagonal={self.diagonal}")
        if not 0 <= self.trace_weight < math.inf:
            raise BadInput(f"noise_layer needs trace_weight >= 0, got trace_weight={self.trace_weight}")
        if not 0 < self.lr_scale < math.inf:
            raise BadInput(f"noise_layer needs a finite lr_scale above 0, got lr_scale={self.lr_scale}")

    def build(self, setup: Setup) -> None:
        """One network and the logits of the matrix."""
        setup.network()
        matrix = near_identity(setup.problem.num_classes, self.diagonal)
        setup.parameter("noise", matrix, lr_scale=self.lr_scale)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """Cross entropy, then with the layer, on one learning-rate schedule."""
        first = max(1, round(self.warm_up * epochs))
        return Stage("ce", first, hooks=CE()), Stage("noise", epochs - first)

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b *space"]:
        """Cross entropy after the noise; the push on the diagonal is the same for every unit."""
        log_matrix = log_rows(batch.parameters["noise"], objects=bool(batch.objects))
        push = self.trace_weight * log_matrix.diagonal().exp().mean()
        return through_noise(logits, targets, log_matrix) + push * (targets != IGNORE)
