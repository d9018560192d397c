"""DeepLabv3+: Chen et al., ECCV 2018, arXiv:1802.02611, by segmentation-models-pytorch."""

import segmentation_models_pytorch as smp
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.encoders import known_encoder
from truemask.networks.padding import pad_to_stride
from truemask.types import Problem


def deeplabv3plus(problem: Problem, *, encoder: str = "mobilenet_v2") -> "DeepLabV3Plus":
    """DeepLabv3+ with fresh weights on an encoder of smp, or of timm as `tu-name`.

    Raises:
        BadInput: if there is no such encoder.
    """
    return DeepLabV3Plus(problem.channels, problem.num_classes, known_encoder(encoder))


class DeepLabV3Plus(nn.Module):
    """smp's DeepLabv3+ for images of any size and batches of any number.

    Its branch that sees the whole image as one value has group norm in place of batch norm: the batch
    variance of a single value does not exist, and that of a few says little.
    """

    def __init__(self, channels: int, num_classes: int, encoder: str) -> None:
        super().__init__()
        self.model = smp.DeepLabV3Plus(
            encoder, encoder_weights=None, in_channels=channels, classes=num_classes
        )
        whole_image = self.model.decoder.aspp[0].convs[-1]
        whole_image[2] = nn.GroupNorm(32, whole_image[2].num_features)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        logits: Tensor = self.model.segmentation_head(self._decoded(images))
        return logits[..., : images.shape[-2], : images.shape[-1]]

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """What the logits of every pixel are a linear function of: interpolated from stride 4, like them."""
        grown = F.interpolate(self._decoded(images), scale_factor=4, mode="bilinear", align_corners=True)
        return grown[..., : images.shape[-2], : images.shape[-1]]

    def _decoded(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        # At least two cells at stride 16, so that batch norm can train on a single small image.
        decoded: Tensor = self.model.decoder(self.model.encoder(pad_to_stride(images, 16, least=32)))
        return decoded
