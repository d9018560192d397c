"""DeepLabv3: Chen et al., 2017, arXiv:1706.05587, by segmentation-models-pytorch."""

from typing import Literal

import segmentation_models_pytorch as smp
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.encoders import known_encoder
from truemask.networks.padding import pad_to_stride
from truemask.types import BadInput, Problem

_RATES = {8: (12, 24, 36), 16: (6, 12, 18)}


def deeplabv3(problem: Problem, *, encoder: str = "mobilenet_v2", stride: int = 16) -> "DeepLabV3":
    """DeepLabv3 with fresh weights on an encoder of smp, or of timm as `tu-name`.

    Args:
        problem: what is to be learned.
        encoder: one that can be dilated.
        stride: pixels to a cell of the encoder's last scale: 16, or 8, which sees finer and costs four times
            as much there. The rates of dilation are the paper's for each: 6, 12, 18 and twice those.

    Raises:
        BadInput: if there is no such encoder, or the stride is another.
    """
    if stride not in _RATES:
        raise BadInput(f"deeplabv3 has a stride of 8 or 16, got stride={stride}")
    return DeepLabV3(problem.channels, problem.num_classes, known_encoder(encoder), 8 if stride == 8 else 16)


class DeepLabV3(nn.Module):
    """smp's DeepLabv3 for images of any size and batches of any number.

    Its branch that sees the whole image as one value has group norm in place of batch norm: the batch
    variance of a single value does not exist, and that of a few says little.
    """

    def __init__(self, channels: int, num_classes: int, encoder: str, stride: Literal[8, 16]) -> None:
        super().__init__()
        self.stride = stride
        self.model = smp.DeepLabV3(
            encoder,
            encoder_weights=None,
            encoder_output_stride=stride,
            decoder_atrous_rates=_RATES[stride],
            in_channels=channels,
            classes=num_classes,
        )
        whole_image = self.model.decoder.aspp.convs[-1]
        whole_image[2] = nn.GroupNorm(32, whole_image[2].num_features)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        logits: Tensor = self.model.segmentation_head(self._decoded(images))
        return logits[..., : images.shape[-2], : images.shape[-1]]

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """What the logits of every pixel are a linear function of: interpolated, like them."""
        grown = F.interpolate(
            self._decoded(images), scale_factor=self.stride, mode="bilinear", align_corners=True
        )
        return grown[..., : images.shape[-2], : images.shape[-1]]

    def _decoded(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        # At least two cells of the last scale, so that batch norm can train on a single small image.
        decoded: Tensor = self.model.decoder(self.model.encoder(pad_to_stride(images, 16, least=32)))
        return decoded
