"""U-Net, Ronneberger et al., MICCAI 2015, arXiv:1505.04597, by segmentation-models-pytorch."""

import segmentation_models_pytorch as smp
from jaxtyping import Float
from torch import Tensor, nn

from truemask.networks.encoders import known_encoder
from truemask.networks.padding import pad_to_stride
from truemask.types import Problem


def unet(problem: Problem, *, encoder: str = "resnet34") -> "UNet":
    """A U-Net with fresh weights on any encoder of smp, or of timm as `tu-name`.

    Raises:
        BadInput: if there is no such encoder.
    """
    return UNet(problem.channels, problem.num_classes, known_encoder(encoder))


class UNet(nn.Module):
    """smp's U-Net for images of any size."""

    def __init__(self, channels: int, num_classes: int, encoder: str) -> None:
        super().__init__()
        self.model = smp.Unet(encoder, encoder_weights=None, in_channels=channels, classes=num_classes)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        logits: Tensor = self.model.segmentation_head(self._decoded(images))
        return logits[..., : images.shape[-2], : images.shape[-1]]

    def features(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """What a last 3 x 3 convolution makes the logits of every pixel from."""
        return self._decoded(images)[..., : images.shape[-2], : images.shape[-1]]

    def _decoded(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d hp wp"]:
        # At least two cells at stride 32, so that batch norm can train on a single small image.
        decoded: Tensor = self.model.decoder(self.model.encoder(pad_to_stride(images, 32, least=64)))
        return decoded
