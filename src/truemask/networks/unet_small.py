"""A small U-Net for CPUs, after Ronneberger et al., MICCAI 2015, arXiv:1505.04597."""

from itertools import pairwise
from typing import Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.doubling import doubled
from truemask.networks.knobs import check_dropout
from truemask.networks.padding import pad_to_stride
from truemask.types import BadInput, Problem


def unet_small(
    problem: Problem,
    *,
    base: int = 16,
    depth: int = 3,
    norm: Literal["batch", "group"] = "batch",
    dropout: float = 0.0,
) -> "UNetSmall":
    """A U-Net with two 3 x 3 convolutions at each scale.

    Args:
        problem: what is to be learned.
        base: channels at full resolution; each halving of the resolution doubles them.
        depth: how often the resolution is halved.
        norm: `batch`; or `group`, whose outcome for an image does not depend on the rest of its batch.
        dropout: share of the channels that a training step leaves out, at the coarsest scale and before the
            last layer, in [0, 1). Channels as a whole, as neighbours would make up for single pixels.
    """
    if base < 1 or depth < 1:
        raise BadInput(f"unet_small needs base and depth of at least 1, got base={base}, depth={depth}")
    check_dropout("unet_small", dropout)
    return UNetSmall(problem.channels, problem.num_classes, base, depth, norm, dropout)


class UNetSmall(nn.Module):
    """Encoder and decoder of the same scales, joined across by skip connections."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        base: int,
        depth: int,
        norm: Literal["batch", "group"],
        dropout: float,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        widths = [base * 2**scale for scale in range(depth + 1)]
        self.stride = 2**depth
        self.down = nn.ModuleList(_double(*pair, norm) for pair in pairwise([channels, *widths]))
        self.shrink = nn.MaxPool2d(2)
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, 2, 2) for width in reversed(widths[:-1])
        )
        self.up = nn.ModuleList(_double(2 * width, width, norm) for width in reversed(widths[:-1]))
        self.classify = nn.Conv2d(base, num_classes, 1)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        logits: Tensor = self.classify(self.features(images))
        return logits

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """What the logits of every pixel are a linear function of."""
        # At least two cells at the coarsest scale, so that batch norm can train on a single small image.
        own = pad_to_stride(images, self.stride, least=2 * self.stride)
        passed: list[Tensor] = []
        for block in self.down:
            own = block(self.shrink(own) if passed else own)
            passed.append(own)
        passed.pop()
        own = F.dropout2d(own, self.dropout, self.training)
        for grow, block in zip(self.grow, self.up, strict=True):
            larger = doubled(cast(nn.ConvTranspose2d, grow), own)
            own = block(torch.cat([passed.pop(), larger], dim=1))
        own = F.dropout2d(own, self.dropout, self.training)
        return own[..., : images.shape[-2], : images.shape[-1]]


def _double(before: int, after: int, norm: Literal["batch", "group"]) -> nn.Module:
    return nn.Sequential(*_convolution(before, after, norm), *_convolution(after, after, norm))


def _convolution(before: int, after: int, norm: Literal["batch", "group"]) -> tuple[nn.Module, ...]:
    normalise = nn.BatchNorm2d(after) if norm == "batch" else nn.GroupNorm(min(8, after), after)
    return nn.Conv2d(before, after, 3, padding=1, bias=False), normalise, nn.ReLU(inplace=True)
