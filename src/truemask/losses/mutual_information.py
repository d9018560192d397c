"""Mutual information of two clusterings (IIC): Ji, Henriques & Vedaldi, ICCV 2019, arXiv:1807.06653."""

import torch
from jaxtyping import Float
from torch import Tensor

_LEAST = 1e-12


def mutual_information(
    first: Float[Tensor, "b k h w"], second: Float[Tensor, "b k h w"], *, reach_px: int = 0
) -> Float[Tensor, ""]:
    """In nats, between the clusters of two views of the same images; the mean over displacements.

    For each displacement of up to `reach_px` rows and columns, how often cluster i in the first view meets
    cluster j so far away in the second makes a joint distribution; it is made symmetric. At most log k.

    Args:
        first: cluster probabilities.
        second: of the other view, pixel by pixel.
        reach_px: largest displacement.
    """
    steps = range(-reach_px, reach_px + 1)
    values = [_at(first, second, down, right) for down in steps for right in steps]
    return torch.stack(values).mean()


def _at(first: Tensor, second: Tensor, down: int, right: int) -> Tensor:
    height, width = first.shape[2:]
    here = first[:, :, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    there = second[:, :, max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    joint = torch.einsum("bihw,bjhw->ij", here.double(), there.double())
    joint = (joint + joint.T) / 2
    joint = (joint / joint.sum().clamp(min=_LEAST)).clamp(min=_LEAST)
    rows, columns = joint.sum(dim=1, keepdim=True), joint.sum(dim=0, keepdim=True)
    return (joint * (joint.log() - rows.log() - columns.log())).sum().float()
