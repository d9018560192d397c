"""What methods without labels share: two classes, of which the foreground is told by its brightness."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from truemask.types import BadInput, Problem

SIDES = ("bright", "dark")


def check_two_sides(method: str, problem: Problem) -> None:
    """Refuse problems that are not foreground and background.

    Raises:
        BadInput: the problem has not two classes, or its first is not the background.
    """
    if problem.num_classes != 2 or problem.background != 0:
        raise BadInput(
            f"{method} tells foreground from background without labels, so it needs two classes of which "
            f"the first is the background; this data set has {', '.join(problem.classes)}; "
            "call classes background with DATASET@background=A/B"
        )


def check_side(method: str, foreground: str) -> None:
    """Refuse a knob `foreground` that is neither bright nor dark.

    Raises:
        BadInput: it is something else.
    """
    if foreground not in SIDES:
        raise BadInput(f"{method}: foreground is {' or '.join(SIDES)}; got foreground={foreground}")


def check_blur(method: str, blur_px: float) -> None:
    """Refuse a sigma that makes no Gaussian.

    Raises:
        BadInput: it is negative or not finite.
    """
    if not 0 <= blur_px < math.inf:
        raise BadInput(f"{method} blurs by a sigma of 0 px or more, got blur_px={blur_px}")


def brightness(images: Float[Tensor, "b c h w"], foreground: str = "bright") -> Float[Tensor, "b h w"]:
    """Mean over channels; its negative where the foreground is dark."""
    light = images.float().mean(dim=1)
    return light if foreground == "bright" else -light


def turned_over(masks: Bool[Tensor, "b h w"], light: Float[Tensor, "b h w"]) -> Bool[Tensor, "b"]:
    """Which masks are darker inside than outside: taken for the foreground, they would be the wrong side."""
    return ((light - light.mean(dim=(1, 2), keepdim=True)) * masks).sum(dim=(1, 2)) < 0


def as_probs(scores: Float[Tensor, "b h w"], thresholds: Float[Tensor, "b"]) -> Float[Tensor, "b 2 h w"]:
    """Probabilities of background (class 0) and foreground that are 0.5 at each image's threshold.

    The logistic function of the distance to the threshold in standard deviations of the image's scores: the
    order of scores stays, so that metrics of ranking see it.
    """
    spread = scores.flatten(1).std(dim=1, correction=0).clamp(min=1e-6)
    inside = torch.sigmoid((scores - thresholds[:, None, None]) / spread[:, None, None])
    return torch.stack([1 - inside, inside], dim=1)
