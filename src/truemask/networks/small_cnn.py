"""A small convolutional classifier for images of about 8 to 64 px."""

from itertools import pairwise

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.knobs import check_dropout
from truemask.networks.padding import pad_to_stride
from truemask.types import BadInput, Problem


def small_cnn(problem: Problem, *, base: int = 32, dropout: float = 0.0) -> "SmallCNN":
    """Six 3 x 3 convolutions at three scales, then the mean over the image.

    Args:
        problem: what is to be learned.
        base: channels at full resolution; each halving of the resolution doubles them.
        dropout: share of the features before the last layer that a training step leaves out, in [0, 1).
    """
    if base < 1:
        raise BadInput(f"small_cnn needs a base of at least 1 channel, got base={base}")
    check_dropout("small_cnn", dropout)
    return SmallCNN(problem.channels, problem.num_classes, base, dropout)


class SmallCNN(nn.Module):
    """Convolutions, mean over the image, one linear layer."""

    def __init__(self, channels: int, num_classes: int, base: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.scales = nn.ModuleList(_scale(*pair) for pair in pairwise([channels, base, 2 * base, 4 * base]))
        self.shrink = nn.MaxPool2d(2)
        self.classify = nn.Linear(4 * base, num_classes)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of every image."""
        logits: Tensor = self.classify(self.features(images))
        return logits

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d"]:
        """What the logits of every image are a linear function of."""
        # At least two cells at stride 4, so that batch norm can train on a single small image.
        own = pad_to_stride(images, 4, least=8)
        for depth, scale in enumerate(self.scales):
            own = scale(self.shrink(own) if depth else own)
        return F.dropout(own.mean(dim=(2, 3)), self.dropout, self.training)


def _scale(before: int, after: int) -> nn.Module:
    return nn.Sequential(*_convolution(before, after), *_convolution(after, after))


def _convolution(before: int, after: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)
