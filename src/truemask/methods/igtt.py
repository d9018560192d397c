"""iGTT mended: after Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594. Without labels.

Iterative ground truth training as the authors have it is in `igtt_published`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.losses.igtt import igtt_upright
from truemask.methods.method import Method, Setup, Targets
from truemask.methods.skeleton_points import skeleton_points
from truemask.methods.two_sides import (
    as_probs,
    brightness,
    check_blur,
    check_side,
    check_two_sides,
    turned_over,
)
from truemask.structure.edge_cut import edge_cut
from truemask.structure.mean_threshold import mean_mask
from truemask.structure.otsu import otsu
from truemask.structure.skeleton_extraction import check_extraction
from truemask.structure.smoothing import smoothed
from truemask.types import IGNORE, BadInput, Task

CUTS = ("edge", "otsu", "mean")
RESTS = ("thinned", "ignored", "background")


@dataclass(frozen=True, kw_only=True)
class IGTT(Method):
    """Learns from points on the middle lines of what it found itself one epoch before. Needs no labels.

    Seven things differ from the paper. The first masks are the smoothed images, cut at their mean: from black
    ones nothing can be learned, and which side is foreground would be up to chance. Masks come from the
    closed form of the search, image by image: above the mean of the prediction. One that is darker inside
    than outside is turned over. Points stand for the background, too, and all else says nothing; in the paper
    it is background. Determinants are those of `dmi`, which have gradients everywhere. They know which side
    is which, while the paper's |det| holds a network that begins the wrong way round to it. And predictions
    are cut where the outline follows the image best, image by image, without labels; class probabilities
    are 0.5 there. Given labels are never looked at.

    Args:
        shift_px: largest shift of the skeleton, as released.
        keep: share of the skeleton that is learned, in (0, 1]; as released.
        extraction: without it the mask itself is learned.
        rest: what is said where there is no point of the mask: `thinned`, nothing, but points stand for the
            background, too; `ignored`, nothing inside and background outside; `background`, as published.
        blur_px: sigma of the Gaussian that smooths the first masks' images; 0 for none.
        foreground: `bright` or `dark`: what the first masks take for it.
        cut: where predictions are cut: `edge`, where the outline follows the image best; `otsu`, where logits
            part best; or at their `mean`, as masks are.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    shift_px: int = 1
    keep: float = 0.1
    extraction: bool = True
    rest: str = "thinned"
    blur_px: float = 1.0
    foreground: str = "bright"
    cut: str = "edge"

    def __post_init__(self) -> None:
        check_extraction(self.shift_px, self.keep)
        check_side("igtt", self.foreground)
        check_blur("igtt", self.blur_px)
        if self.cut not in CUTS:
            raise BadInput(
                f"igtt cuts predictions by {', '.join(CUTS[:-1])} or {CUTS[-1]}; got cut={self.cut}"
            )
        if self.rest not in RESTS:
            raise BadInput(f"igtt: rest is {', '.join(RESTS[:-1])} or {RESTS[-1]}; got rest={self.rest}")

    def build(self, setup: Setup) -> None:
        """One network and a mask per image, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("igtt", setup.problem)
        setup.network()
        # 0: not seen yet; 0.5: background; 1: foreground.
        setup.store("mask", channels=1, dtype="uint8")

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """Points of the last epoch's mask, drawn anew; this epoch's mask is kept for the next."""
        before = batch.stores["mask"].values[:, 0]
        masks = torch.where(before > 0, before > 0.75, self.first_masks(batch.images))
        now = mean_mask(logits.softmax(dim=1)[:, 1])
        # A network that has hardly begun to learn may say either side.
        now = now ^ turned_over(now, brightness(batch.images, self.foreground))[:, None, None]
        batch.stores["mask"].update((1 + now.float())[:, None] / 2)
        return self._points(masks), None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b"]:
        """DMI plus soft IoU, one value per image."""
        return igtt_upright(logits, targets)

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b 2 *space"]:
        """Class probabilities, each image's moved so that its threshold becomes 0.5."""
        logits = torch.stack([net(images).float() for net in networks]).mean(dim=0)
        with torch.autocast(images.device.type, enabled=False):
            scores = logits[:, 1] - logits[:, 0]
            if self.cut == "edge":
                return as_probs(scores, edge_cut(scores, brightness(images, self.foreground)))
            if self.cut == "otsu":
                return as_probs(scores, otsu(scores.flatten(1))[0])
            mean = torch.sigmoid(scores).mean(dim=(1, 2)).clamp(1e-6, 1 - 1e-6)
            return as_probs(scores, mean.logit())

    def first_masks(self, images: Float[Tensor, "b c h w"]) -> Bool[Tensor, "b h w"]:
        """What lies above the mean of each smoothed image: the answer had it predicted the image."""
        return mean_mask(smoothed(brightness(images, self.foreground), self.blur_px))

    def _points(self, masks: Bool[Tensor, "b h w"]) -> Tensor:
        if not self.extraction:
            return masks.long()
        points = skeleton_points(masks, shift_px=self.shift_px, keep=self.keep)
        if self.rest == "thinned":
            others = skeleton_points(~masks, shift_px=self.shift_px, keep=self.keep)
            # Where points of both sides meet, the pixel is of the side that it lies on.
            return torch.where(points | others, torch.where(points & others, masks, points).long(), IGNORE)
        inside = IGNORE if self.rest == "ignored" else 0
        return torch.where(points, 1, torch.where(masks, inside, 0))
