"""Which given object a box stands for, and which boxes a head learns from."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from truemask.types import IGNORE

LEFT_OUT = -1
"""The mark of a box that is neither an object nor background: nothing is learned from it."""


def overlaps(boxes: Float[Tensor, "*b n 4"], others: Float[Tensor, "*b m 4"]) -> Float[Tensor, "*b n m"]:
    """Intersection over union of every box with every other; 0 with an empty box."""
    left, top, right, bottom = boxes[..., None].unbind(dim=-2)
    other_left, other_top, other_right, other_bottom = others[..., None, :, :].unbind(dim=-1)
    wide = (torch.minimum(right, other_right) - torch.maximum(left, other_left)).clamp(min=0)
    high = (torch.minimum(bottom, other_bottom) - torch.maximum(top, other_top)).clamp(min=0)
    shared = wide * high
    union = _areas(boxes)[..., :, None] + _areas(others)[..., None, :] - shared
    return shared / union.clamp(min=1e-9)


def match(
    boxes: Float[Tensor, "n 4"], given: Float[Tensor, "m 4"], labels: Int[Tensor, "m"]
) -> tuple[Int[Tensor, "n"], Int[Tensor, "n"]]:
    """Label of the given object that each box overlaps most, and which that is; label 0 below an IoU of 0.5.

    Boxes of an object whose label is IGNORE are LEFT_OUT.
    """
    if not len(labels):
        nothing = torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device)
        return nothing, nothing
    value, which = overlaps(given, boxes).max(dim=0)
    marks = torch.where(value >= 0.5, labels[which].long(), 0)
    return torch.where(marks == IGNORE, LEFT_OUT, marks), which


def sample(marks: Int[Tensor, "n"], size: int, objects_rate: float) -> Int[Tensor, "m"]:
    """At most `size` of n boxes, in order: objects (mark > 0) up to `objects_rate` of it, and background.

    Boxes that are LEFT_OUT are never drawn. Draws from torch's generator as torchvision's sampler does.
    """
    objects, background = (marks > 0).nonzero()[:, 0], (marks == 0).nonzero()[:, 0]
    wanted = min(len(objects), int(size * objects_rate))
    drawn = objects[torch.randperm(len(objects), device=marks.device)[:wanted]]
    rest = background[torch.randperm(len(background), device=marks.device)[: size - wanted]]
    return torch.cat([drawn, rest]).sort().values


def encode(boxes: Float[Tensor, "n 4"], references: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Where boxes lie as seen from their references: shift of the centre in sizes, log ratio of the sizes."""
    centre, size = _centre_size(boxes)
    from_centre, from_size = _centre_size(references)
    return torch.cat([(centre - from_centre) / from_size, (size / from_size).log()], dim=-1)


def decode(offsets: Float[Tensor, "*n 4"], references: Float[Tensor, "*n 4"]) -> Float[Tensor, "*n 4"]:
    """The boxes that `encode` would describe by these offsets; none grows beyond 62.5 times its reference."""
    from_centre, from_size = _centre_size(references)
    centre = from_centre + offsets[..., :2] * from_size
    size = from_size * offsets[..., 2:].clamp(max=LARGEST_LOG_RATIO).exp()
    return torch.cat([centre - size / 2, centre + size / 2], dim=-1)


LARGEST_LOG_RATIO = 4.135166556742356
"""ln(1000 / 16): an offset may not overflow exp at the start of training."""


def clip(boxes: Float[Tensor, "*n 4"], size: tuple[int, int]) -> Float[Tensor, "*n 4"]:
    """Boxes cut off at the edges of an image of height, width `size`."""
    height, width = size
    limit = boxes.new_tensor([width, height, width, height])
    return boxes.clamp(min=0).minimum(limit)


def has_area(boxes: Float[Tensor, "*n 4"], least_px: float = 0.0) -> Bool[Tensor, "*n"]:
    """Whether both sides are longer than `least_px`."""
    return (boxes[..., 2:] - boxes[..., :2] > least_px).all(dim=-1)


def _areas(boxes: Float[Tensor, "*n 4"]) -> Float[Tensor, "*n"]:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _centre_size(
    boxes: Float[Tensor, "*n 4"],
) -> tuple[Float[Tensor, "*n 2"], Float[Tensor, "*n 2"]]:
    size = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + size / 2, size
