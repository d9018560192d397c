"""A multi-layer perceptron for points and for small images."""

from itertools import pairwise

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.knobs import check_dropout
from truemask.types import BadInput, Problem


def mlp(problem: Problem, *, hidden: int = 64, depth: int = 2, size: int = 8, dropout: float = 0.0) -> "MLP":
    """Linear layers with ReLU between them.

    Args:
        problem: what is to be learned.
        hidden: values in each hidden layer.
        depth: hidden layers.
        size: images are averaged to `size` x `size` pixels first; points are taken as they are.
        dropout: share of each hidden layer that a training step leaves out, in [0, 1).
    """
    if hidden < 1 or depth < 1 or size < 1:
        raise BadInput(f"mlp needs hidden, depth and size of at least 1, got {hidden}, {depth}, {size}")
    check_dropout("mlp", dropout)
    inputs = problem.channels if problem.points else problem.channels * size * size
    return MLP(inputs, problem.num_classes, hidden, depth, size, dropout)


class MLP(nn.Module):
    """Hidden layers and a linear one."""

    def __init__(
        self, inputs: int, num_classes: int, hidden: int, depth: int, size: int, dropout: float
    ) -> None:
        super().__init__()
        self.size, self.dropout = size, dropout
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise([inputs, *[hidden] * depth]))
        self.classify = nn.Linear(hidden, num_classes)

    def forward(self, images: Float[Tensor, "b c *size"]) -> Float[Tensor, "b k"]:
        """Logits of every image or point."""
        logits: Tensor = self.classify(self.features(images))
        return logits

    def features(self, images: Float[Tensor, "b c *size"]) -> Float[Tensor, "b d"]:
        """What the logits are a linear function of."""
        own = images if images.ndim == 2 else F.adaptive_avg_pool2d(images, self.size).flatten(1)
        for layer in self.layers:
            own = F.dropout(layer(own).relu(), self.dropout, self.training)
        return own
