"""What is in a box: the class, box and mask heads of He et al., Mask R-CNN, ICCV 2017, arXiv:1703.06870."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from truemask.networks.doubling import blocks


class BoxPredictor(nn.Module):
    """Class logits and box offsets from a region's features.

    `agnostic`: one box for all classes, so that a wrong label cannot pick which one is trained.
    """

    def __init__(self, channels: int, num_classes: int, *, agnostic: bool) -> None:
        super().__init__()
        self.cls_score = nn.Linear(channels, num_classes)
        self.bbox_pred = nn.Linear(channels, 4 if agnostic else 4 * num_classes)

    def forward(
        self, features: Float[Tensor, "n c"]
    ) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n boxes 4"]]:
        """Class logits, and offsets of one box for each class or of one for all."""
        offsets = self.bbox_pred(features)
        return self.cls_score(features), offsets.view(-1, offsets.shape[1] // 4, 4)


class MaskPredictor(nn.Module):
    """Mask logits at twice the resolution of a region's features, for one class of each region.

    `agnostic`: one mask for all classes, so that a wrong label cannot pick which one is trained.
    """

    def __init__(self, channels: int, num_classes: int, *, agnostic: bool) -> None:
        super().__init__()
        # The parameters of torchvision's predictor under their names, so that its weights fit.
        self.conv5_mask = nn.ConvTranspose2d(channels, channels, 2, 2)
        self.mask_fcn_logits = nn.Conv2d(channels, 1 if agnostic else num_classes, 1)
        for weight in (self.conv5_mask.weight, self.mask_fcn_logits.weight):
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")

    def forward(
        self, features: Float[Tensor, "n c h w"], classes: Int[Tensor, "n"]
    ) -> Float[Tensor, "n 2*h 2*w"]:
        """Mask logits of each region for its class, in the region's own box."""
        _, channels, height, width = features.shape
        cells = blocks(self.conv5_mask, features).relu_().view(-1, 4 * height * width, channels)
        # Only the plane of the class asked for is computed.
        choose = self.mask_fcn_logits
        plane = torch.zeros_like(classes) if choose.out_channels == 1 else classes
        assert choose.bias is not None
        logits = cells @ choose.weight[plane].view(-1, channels, 1) + choose.bias[plane, None, None]
        rows = logits.view(-1, height, width, 2, 2).transpose(2, 3)
        return rows.reshape(-1, 2 * height, 2 * width)


class RegionHeads(nn.Module):
    """The box and mask heads. Names are those of torchvision's `RoIHeads`, so that its weights fit."""

    def __init__(
        self,
        box_head: nn.Module,
        box_predictor: BoxPredictor,
        mask_head: nn.Module,
        mask_predictor: MaskPredictor,
    ) -> None:
        super().__init__()
        self.box_head = box_head
        self.box_predictor = box_predictor
        self.mask_head = mask_head
        self.mask_predictor = mask_predictor


def box_loss(
    offsets: Float[Tensor, "n boxes 4"], wanted: Float[Tensor, "m 4"], labels: Int[Tensor, "n"]
) -> Float[Tensor, ""]:
    """Smooth L1 distance of the m regions that hold an object, per sampled region (as Fast R-CNN divides)."""
    held = labels > 0
    own = offsets[held]
    own = own[:, 0] if offsets.shape[1] == 1 else own[torch.arange(len(own), device=own.device), labels[held]]
    return F.smooth_l1_loss(own, wanted, beta=1 / 9, reduction="sum") / max(1, len(labels))


def mask_loss(logits: Float[Tensor, "n h w"], wanted: Float[Tensor, "n h w"]) -> Float[Tensor, ""]:
    """Mean binary cross entropy over the cells of all regions that hold an object; 0 without any."""
    if not len(logits):
        return logits.sum()
    return F.binary_cross_entropy_with_logits(logits, wanted)
