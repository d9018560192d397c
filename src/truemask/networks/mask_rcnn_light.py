"""A Mask R-CNN small enough to train from scratch on a CPU, for images of some 100 to 300 px."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.models.resnet import BasicBlock
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from truemask.networks.heads import BoxPredictor, MaskPredictor, RegionHeads
from truemask.networks.instance import InstanceNetwork, RegionKnobs
from truemask.networks.proposals import ProposalKnobs, ProposalNetwork
from truemask.networks.regions import pool_regions
from truemask.types import BadInput, Problem


def mask_rcnn_light(
    problem: Problem,
    *,
    width: int = 32,
    fpn: int = 64,
    anchor_px: int = 12,
    agnostic_box: bool = False,
    agnostic_mask: bool = False,
) -> InstanceNetwork:
    """Mask R-CNN on a four-stage residual backbone with batch norm; 2 million parameters by default.

    Args:
        problem: what is to be learned.
        width: channels of the first stage; each next stage has twice as many.
        fpn: channels of the feature pyramid, and of the heads on it.
        anchor_px: side of the smallest anchors in pixels; the largest are 6.7 times as large.
        agnostic_box: one box for all classes, so that a wrong label cannot pick which one is trained.
        agnostic_mask: the same for masks.
    """
    if min(width, fpn, anchor_px) < 1:
        raise BadInput(
            "mask_rcnn_light needs width, fpn and anchor_px of at least 1,"
            f" got width={width}, fpn={fpn}, anchor_px={anchor_px}"
        )
    sizes_px = tuple(round(anchor_px * factor) for factor in (1, 5 / 3, 8 / 3, 4, 20 / 3))
    classes = problem.num_classes
    proposals = ProposalKnobs(
        sizes_px, samples=64, before_nms=100, after_nms=128, before_nms_test=100, after_nms_test=128
    )
    return InstanceNetwork(
        LightBackbone(problem.channels, width, fpn),
        ProposalNetwork(fpn, proposals),
        RegionHeads(
            TwoMLPHead(fpn * 7 * 7, 128),
            BoxPredictor(128, classes, agnostic=agnostic_box),
            MaskRCNNHeads(fpn, [fpn, fpn], dilation=1),
            MaskPredictor(fpn, classes, agnostic=agnostic_mask),
        ),
        _from_finest_level,
        # Half of the object proposals make masks as good as all of them do, in the same training time.
        RegionKnobs(samples=64, mask_samples=8),
    )


class LightBackbone(nn.Module):
    """A stem, four stages of one residual block each (strides 4 to 32), and a pyramid of five levels."""

    def __init__(self, channels: int, width: int, fpn: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        before = [width, *widths[:-1]]
        self.stages = nn.ModuleList(_stage(*pair) for pair in zip(before, widths, strict=True))
        self.fpn = FeaturePyramidNetwork(widths, fpn, extra_blocks=LastLevelMaxPool())

    def forward(self, images: Float[Tensor, "b c h w"]) -> dict[str, Float[Tensor, "b d _ _"]]:
        """Pyramid levels by name, finest first: strides 4, 8, 16, 32 and 64."""
        maps, own = {}, self.stem(images)
        for level, stage in enumerate(self.stages):
            maps[str(level)] = own = stage(own)
        levels: dict[str, Tensor] = self.fpn(maps)
        return levels


def _stage(before: int, after: int) -> nn.Module:
    shortcut = None
    if before != after:
        shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride=2, bias=False), nn.BatchNorm2d(after))
    block: nn.Module = BasicBlock(before, after, stride=2 if shortcut else 1, downsample=shortcut)
    return block


def _from_finest_level(
    levels: Sequence[Tensor], boxes: Sequence[Tensor], bins: int
) -> Float[Tensor, "n c bins bins"]:
    """Regions always from the level of stride 4: small images have small objects."""
    return pool_regions(levels[0], boxes, bins=bins, stride=4)
