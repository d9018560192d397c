"""A small HRNet for CPUs, after Wang et al., TPAMI 2020, arXiv:1908.07919 (its HRNetV2 head)."""

from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.padding import pad_to_stride
from truemask.types import BadInput, Problem


def hrnet(problem: Problem, *, base: int = 12, scales: int = 4, blocks: int = 1, stem: int = 1) -> "HRNet":
    """An HRNet that keeps its finest scale from the first layer to the last.

    The paper's has `base=18` or more, four blocks and a stem of stride 4. Luo et al. (AAAI 2022,
    arXiv:2103.11594) gave it a stem of stride 1, for structures a few pixels wide; so does the default here.

    Args:
        problem: what is to be learned.
        base: channels of the finest scale; each coarser one has twice as many.
        scales: branches side by side at the end, each at half the resolution of the one before.
        blocks: residual blocks of each branch between two exchanges.
        stem: pixels to a cell of the finest scale: 1, 2 or 4.

    Raises:
        BadInput: a knob out of range.
    """
    if base < 1 or blocks < 1 or scales < 2 or stem not in (1, 2, 4):
        raise BadInput(
            "hrnet needs base and blocks of at least 1, scales of at least 2 and a stem of 1, 2 or 4, "
            f"got base={base}, blocks={blocks}, scales={scales}, stem={stem}"
        )
    return HRNet(problem.channels, problem.num_classes, base, scales, blocks, stem)


class HRNet(nn.Module):
    """Branches of ever more scales side by side, which exchange what they see."""

    def __init__(
        self, channels: int, num_classes: int, base: int, scales: int, blocks: int, stem: int
    ) -> None:
        super().__init__()
        widths = [base * 2**scale for scale in range(scales)]
        self.stem_stride, self.stride = stem, stem * 2 ** (scales - 1)
        halvings = [2] * (stem.bit_length() - 1) or [1]
        into = [channels, *[base] * (len(halvings) - 1)]
        self.stem = nn.Sequential(
            *(_convolution(before, base, step) for before, step in zip(into, halvings, strict=True)),
            _Residual(base),
        )
        self.widen = nn.ModuleList(_convolution(narrow, wide, 2) for narrow, wide in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.ModuleList(_blocks(width, blocks) for width in widths[:count])
            for count in range(2, scales + 1)
        )
        self.exchanges = nn.ModuleList(_Exchange(widths[:count]) for count in range(2, scales + 1))
        self.mix = nn.Sequential(
            nn.Conv2d(sum(widths), 4 * base, 1, bias=False), nn.BatchNorm2d(4 * base), nn.ReLU(inplace=True)
        )
        self.classify = nn.Conv2d(4 * base, num_classes, 1)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        logits: Tensor = self.classify(self._mixed(images))
        return _grown(logits, self.stem_stride)[..., : images.shape[-2], : images.shape[-1]]

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """What the logits of every pixel are a linear function of."""
        return _grown(self._mixed(images), self.stem_stride)[..., : images.shape[-2], : images.shape[-1]]

    def _mixed(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        # At least two cells at the coarsest scale, so that batch norm can train on a single small image.
        branches = [self.stem(pad_to_stride(images, self.stride, least=2 * self.stride))]
        for widen, stage, exchange in zip(self.widen, self.stages, self.exchanges, strict=True):
            branches.append(widen(branches[-1]))
            worked = [block(own) for block, own in zip(cast(nn.ModuleList, stage), branches, strict=True)]
            branches = exchange(worked)
        alike = [_grown(branch, 2**scale) for scale, branch in enumerate(branches)]
        mixed: Tensor = self.mix(torch.cat(alike, dim=1))
        return mixed


class _Residual(nn.Module):
    """Two 3 x 3 convolutions that are added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width, 1)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, own: Float[Tensor, "b d h w"]) -> Float[Tensor, "b d h w"]:
        return F.relu(own + self.second(self.first(own)))


def _blocks(width: int, count: int) -> nn.Module:
    return nn.Sequential(*(_Residual(width) for _ in range(count)))


class _Exchange(nn.Module):
    """Every branch gets the sum of all, each brought to its scale: by strided convolutions, or enlarged."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        count = len(widths)
        self.ways = nn.ModuleList(
            nn.ModuleList(_way(widths, source, target) for source in range(count)) for target in range(count)
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        merged = []
        for target, ways in enumerate(self.ways):
            own = branches[target]
            for source, way in enumerate(cast(nn.ModuleList, ways)):
                if source != target:
                    own = own + _grown(way(branches[source]), 2 ** max(source - target, 0))
            merged.append(F.relu(own))
        return merged


def _way(widths: list[int], source: int, target: int) -> nn.Module:
    """From one scale's channels to another's; what is coarser is enlarged afterwards, where it is cheap."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(
            nn.Conv2d(widths[source], widths[target], 1, bias=False), nn.BatchNorm2d(widths[target])
        )
    steps = [_convolution(widths[scale], widths[scale + 1], 2) for scale in range(source, target)]
    return nn.Sequential(*steps)


def _convolution(before: int, after: int, step: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=step, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def _grown(images: Tensor, factor: int) -> Tensor:
    if factor == 1:
        return images
    return F.interpolate(images, scale_factor=factor, mode="bilinear", align_corners=False)
