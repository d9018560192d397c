"""Pixels grouped by colour, contrast and height in the image, without labels; labels only name the groups."""

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from truemask.structure.smoothing import smoothed
from truemask.types import IGNORE

COARSE_PX = 4.0
"""Sigma of the wider of the two views that a pixel's colour is taken in."""
_TINY = 1e-12


def pixel_features(
    images: Float[Tensor, "b c h w"], *, blur_px: float, height_weight: float
) -> Float[Tensor, "b f h w"]:
    """What pixels are compared by, 2 c + 2 numbers: colours at two scales, local contrast, height.

    Args:
        images: each with a mean of 0 and a standard deviation of 1.
        blur_px: sigma of the narrower scale.
        height_weight: half of how far the top and the bottom row are apart, in standard deviations of colour.
    """
    planes = images.float()
    fine, coarse = (
        torch.stack([smoothed(plane, sigma) for plane in planes.unbind(dim=1)], dim=1)
        for sigma in (blur_px, COARSE_PX)
    )
    uneven = smoothed((planes - coarse).square().mean(dim=1), COARSE_PX).sqrt()
    rows = torch.linspace(-1, 1, images.shape[2], device=images.device) * height_weight
    height = rows.view(1, 1, -1, 1).expand(len(images), 1, *images.shape[2:])
    return torch.cat([fine, coarse, uneven.unsqueeze(1), height], dim=1)


def group_centres(
    features: Float[Tensor, "n f"], groups: int, *, seed: int, rounds: int = 25
) -> Float[Tensor, "g f"]:
    """Centres of k-means, begun by k-means++; where pixels are fewer than groups, some are the same.

    Args:
        features: of a sample of pixels.
        groups: how many.
        seed: of the draw of the first centres.
        rounds: of Lloyd's algorithm.
    """
    rng = torch.Generator().manual_seed(seed)
    points = features.double().cpu()
    centres = points[torch.randint(len(points), (1,), generator=rng)]
    far = (points - centres).square().sum(dim=1)
    while len(centres) < groups:
        # Pixels that are all alike are all as far: the room keeps them drawable.
        centres = torch.cat([centres, points[torch.multinomial(far + _TINY, 1, generator=rng)]])
        far = torch.minimum(far, (points - centres[-1]).square().sum(dim=1))
    for _ in range(rounds):
        mine = torch.cdist(points, centres).argmin(dim=1)
        counts = torch.bincount(mine, minlength=groups).unsqueeze(1)
        sums = torch.zeros_like(centres).index_add_(0, mine, points)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres.to(features)


def nearest_group(features: Float[Tensor, "b f h w"], centres: Float[Tensor, "g f"]) -> Int[Tensor, "b h w"]:
    """Which centre each pixel is nearest to."""
    # |x - c|^2 up to |x|^2, which is the same for all centres.
    far = centres.square().sum(dim=1).view(1, -1, 1, 1) - 2 * torch.einsum("gf,bfhw->bghw", centres, features)
    return far.argmin(dim=1)


def counts_by_group(
    groups: Int[Tensor, "b h w"], labels: Int[Tensor, "b h w"], num_groups: int, num_classes: int
) -> Float64[Tensor, "g k"]:
    """How many pixels of each group have each label; IGNORE takes no part."""
    says = labels != IGNORE
    at = groups[says].long() * num_classes + labels[says].long()
    counts = torch.bincount(at, minlength=num_groups * num_classes)
    return counts.view(num_groups, num_classes).double()


def names_of_groups(
    counts: Float64[Tensor, "g k"], centres: Float[Tensor, "g f"], channels: int
) -> Int[Tensor, "g"]:
    """The class of each group: the label that most of its pixels have.

    A group without a label is called what the nearest group with one is. Without any label classes go by
    brightness: the darkest groups are class 0, the brightest are the last class, with as many groups each.

    Args:
        counts: labels by group.
        centres: of the groups; the first `channels` numbers are colours.
        channels: of the images.
    """
    named = counts.sum(dim=1) > 0
    if not named.any():
        rank = centres[:, :channels].mean(dim=1).argsort().argsort()
        return rank * counts.shape[1] // len(centres)
    far = torch.cdist(centres.double(), centres.double()).masked_fill(~named, torch.inf)
    return counts.argmax(dim=1)[far.argmin(dim=1)]
