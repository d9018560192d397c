"""Boxes that may hold an object: region proposals of Ren et al., NeurIPS 2015, arXiv:1506.01497."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import batched_nms

from truemask.networks.matching import LEFT_OUT, clip, decode, encode, has_area, overlaps, sample


@dataclass(frozen=True)
class ProposalKnobs:
    """How many boxes go where. Defaults are those of torchvision's Mask R-CNN.

    Args:
        sizes_px: side of the anchors at each level of the pyramid, finest first.
        ratios: height over width of the anchors.
        samples: anchors per image that the loss looks at, half of them objects at most.
        before_nms: best boxes of each level that go into non-maximum suppression, in training.
        after_nms: best boxes of an image that come out, in training.
        before_nms_test: the same in evaluation.
        after_nms_test: the same in evaluation.
    """

    sizes_px: tuple[int, ...] = (32, 64, 128, 256, 512)
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0)
    samples: int = 256
    before_nms: int = 2000
    after_nms: int = 2000
    before_nms_test: int = 1000
    after_nms_test: int = 1000


@dataclass(frozen=True)
class Scored:
    """What the head says of every anchor, all levels in a row; float32 whatever the precision of the run."""

    objectness: Float[Tensor, "b a"]
    offsets: Float[Tensor, "b a 4"]
    anchors: Float[Tensor, "a 4"]
    per_level: tuple[int, ...]


class ProposalNetwork(nn.Module):
    """Scores anchors at every level of a feature pyramid, and proposes the best of them as boxes."""

    def __init__(self, channels: int, knobs: ProposalKnobs) -> None:
        super().__init__()
        self.knobs = knobs
        self.head = RPNHead(channels, len(knobs.ratios))

    def score(self, levels: Sequence[Float[Tensor, "b c _ _"]], size: tuple[int, int]) -> Scored:
        """Objectness (a logit) and box offsets of every anchor of padded images of height, width `size`."""
        objectness, offsets = self.head(list(levels))
        grids = tuple((level.shape[-2], level.shape[-1]) for level in levels)
        return Scored(
            torch.cat([_by_anchor(level, 1).squeeze(2) for level in objectness], dim=1).float(),
            torch.cat([_by_anchor(level, 4) for level in offsets], dim=1).float(),
            _anchors(self.knobs.sizes_px, self.knobs.ratios, grids, size, levels[0].device),
            tuple(height * width * len(self.knobs.ratios) for height, width in grids),
        )

    def losses(
        self, scored: Scored, boxes: Sequence[Float[Tensor, "_ 4"]]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Loss of objectness and of the box offsets over sampled anchors, for the given objects' boxes.

        An object teaches here whatever its class, IGNORE too: an object of unknown class is an object.
        """
        marks, matches = _match(scored.anchors, boxes)
        drawn = [sample(own, self.knobs.samples, 0.5) for own in marks]
        chosen = torch.cat([own + image * marks.shape[1] for image, own in enumerate(drawn)])
        marked = marks.flatten()[chosen]
        objectness = F.binary_cross_entropy_with_logits(
            scored.objectness.flatten()[chosen], marked.to(scored.objectness)
        )
        found = chosen[marked > 0]
        wanted = encode(
            torch.cat(list(boxes))[matches.flatten()[found]], scored.anchors[found % marks.shape[1]]
        )
        offsets = F.smooth_l1_loss(scored.offsets.view(-1, 4)[found], wanted, beta=1 / 9, reduction="sum")
        return objectness, offsets / len(chosen)

    def propose(self, scored: Scored, size: tuple[int, int], *, training: bool) -> list[Float[Tensor, "_ 4"]]:
        """The best boxes of each image of height, width `size`, best first; no gradient."""
        knobs = self.knobs
        before = knobs.before_nms if training else knobs.before_nms_test
        after = knobs.after_nms if training else knobs.after_nms_test
        with torch.no_grad():
            tops, level = _best_of_levels(scored, before)
            logits = scored.objectness.gather(1, tops)
            offsets = scored.offsets.gather(1, tops[..., None].expand(-1, -1, 4))
            boxes = clip(decode(offsets, scored.anchors[tops]), size)
            kept = []
            for own, scores in zip(boxes, logits.sigmoid(), strict=True):
                large = has_area(own, 1e-3)
                best = batched_nms(own[large], scores[large], level[large], 0.7)[:after]
                kept.append(own[large][best])
        return kept


def _match(
    anchors: Float[Tensor, "a 4"], boxes: Sequence[Float[Tensor, "_ 4"]]
) -> tuple[Int[Tensor, "b a"], Int[Tensor, "b a"]]:
    """1: object, 0: background, LEFT_OUT: in between; and which of all `boxes` each anchor overlaps most."""
    most = max(1, *(len(own) for own in boxes))
    padded = torch.stack([F.pad(own, (0, 0, 0, most - len(own))) for own in boxes])
    overlap = overlaps(padded, anchors.expand(len(boxes), -1, -1))
    value, which = overlap.max(dim=1)
    marks = torch.where(value < 0.3, 0, LEFT_OUT)
    marks[(value >= 0.7) | _best_for_some_object(overlap)] = 1
    before = [0, *accumulate(len(own) for own in boxes)][:-1]
    return marks, which + torch.tensor(before, device=which.device)[:, None]


@lru_cache(maxsize=16)
def _anchors(
    sizes_px: tuple[int, ...],
    ratios: tuple[float, ...],
    grids: tuple[tuple[int, int], ...],
    size: tuple[int, int],
    device: torch.device,
) -> Float[Tensor, "a 4"]:
    """Boxes around every cell of every level, for padded images of height, width `size`."""
    levels = []
    for side, (rows, columns) in zip(sizes_px, grids, strict=True):
        high = side * torch.tensor(ratios).sqrt()
        wide = side / torch.tensor(ratios).sqrt()
        cell = (torch.stack([-wide, -high, wide, high], dim=1) / 2).round()
        down, right = torch.meshgrid(
            torch.arange(rows) * (size[0] // rows),
            torch.arange(columns) * (size[1] // columns),
            indexing="ij",
        )
        corner = torch.stack([right, down, right, down], dim=-1).view(-1, 1, 4)
        levels.append((corner + cell).view(-1, 4))
    return torch.cat(levels).to(device)


def _by_anchor(level: Float[Tensor, "b _ h w"], values: int) -> Float[Tensor, "b _ values"]:
    """One row of `values` for each cell and, within it, each anchor."""
    return level.permute(0, 2, 3, 1).reshape(len(level), -1, values)


def _best_for_some_object(overlap: Float[Tensor, "b m a"]) -> Bool[Tensor, "b a"]:
    """Anchors that no other beats for some object, however small the overlap: every object gets one."""
    best = overlap.amax(dim=2, keepdim=True)
    return ((overlap == best) & (best > 0)).any(dim=1)


def _best_of_levels(scored: Scored, count: int) -> tuple[Int[Tensor, "b n"], Int[Tensor, "n"]]:
    """Anchors with the `count` largest logits of each level, and their levels."""
    best, level, start = [], [], 0
    for index, own in enumerate(torch.split(scored.objectness, list(scored.per_level), dim=1)):
        best.append(own.topk(min(count, own.shape[1]), dim=1).indices + start)
        level.append(torch.full((best[-1].shape[1],), index, device=own.device))
        start += own.shape[1]
    return torch.cat(best, dim=1), torch.cat(level)
