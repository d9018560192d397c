"""The standard Mask R-CNN, on ResNet-50 with a feature pyramid: He et al., ICCV 2017, arXiv:1703.06870."""

from collections.abc import Sequence
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.models.resnet import resnet50
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from truemask.networks.heads import BoxPredictor, MaskPredictor, RegionHeads
from truemask.networks.instance import InstanceNetwork, RegionKnobs
from truemask.networks.proposals import ProposalKnobs, ProposalNetwork
from truemask.types import BadInput, Problem

CHANNELS = 256
LEVELS = ("0", "1", "2", "3")


def mask_rcnn_r50(
    problem: Problem,
    *,
    norm: Literal["batch", "frozen"] = "batch",
    anchor_px: int = 32,
    agnostic_box: bool = False,
    agnostic_mask: bool = False,
) -> InstanceNetwork:
    """torchvision's `maskrcnn_resnet50_fpn` with fresh weights and every layer trainable; its weights fit.

    Args:
        problem: what is to be learned.
        norm: `batch` norms that learn, as training from scratch needs; or `frozen` ones, for loaded weights
            and batches of a few images.
        anchor_px: side of the smallest anchors in pixels; the largest are 16 times as large.
        agnostic_box: one box for all classes, so that a wrong label cannot pick which one is trained.
        agnostic_mask: the same for masks.
    """
    if anchor_px < 1:
        raise BadInput(f"mask_rcnn_r50 needs anchor_px of at least 1, got anchor_px={anchor_px}")
    classes = problem.num_classes
    return InstanceNetwork(
        _backbone(problem.channels, nn.BatchNorm2d if norm == "batch" else FrozenBatchNorm2d),
        ProposalNetwork(CHANNELS, ProposalKnobs(tuple(anchor_px * 2**level for level in range(5)))),
        RegionHeads(
            TwoMLPHead(CHANNELS * 7 * 7, 1024),
            BoxPredictor(1024, classes, agnostic=agnostic_box),
            MaskRCNNHeads(CHANNELS, [CHANNELS] * 4, dilation=1),
            MaskPredictor(CHANNELS, classes, agnostic=agnostic_mask),
        ),
        _from_fitting_level,
        RegionKnobs(),
    )


def _backbone(channels: int, norm: type[nn.Module]) -> nn.Module:
    body = resnet50(weights=None, norm_layer=norm)
    if channels != body.conv1.in_channels:
        body.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    stages = {f"layer{stage + 1}": level for stage, level in enumerate(LEVELS)}
    backbone: nn.Module = BackboneWithFPN(body, stages, [256, 512, 1024, 2048], CHANNELS)
    return backbone


def _from_fitting_level(
    levels: Sequence[Tensor], boxes: Sequence[Tensor], bins: int
) -> Float[Tensor, "n c bins bins"]:
    """Regions from the pyramid level that fits their size, as torchvision pools them."""
    padded = (4 * levels[0].shape[-2], 4 * levels[0].shape[-1])
    pool = MultiScaleRoIAlign(LEVELS, bins, sampling_ratio=2)
    regions: Tensor = pool(dict(zip(LEVELS, levels, strict=False)), list(boxes), [padded])
    return regions
