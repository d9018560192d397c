"""The loss of iGTT for two classes: Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594.

-log |det| of the 2 x 2 matrix of what is predicted where, plus 1 - soft intersection over union. Where the
mask is all black, or all white, the determinant is 0 whatever is predicted and the overlap does not depend
on it: neither term has a gradient, so nothing is learned from such a mask.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.losses.dmi import joint, of_joint
from truemask.losses.overlap import overlap
from truemask.losses.soft_iou import of_overlap

LOG_ROOM = 1e-3
"""What the released code adds to the determinant within the logarithm."""
LEAST_GAP = 0.1
"""Below this gap between the mean predictions of both sides, `igtt_upright` is a straight line."""
_TINY = 1e-12
_ROOM = 1e-6


def igtt_published(probs: Float[Tensor, "b h w"], masks: Float[Tensor, "b h w"]) -> Float[Tensor, "b"]:
    """The paper's equation 6, one value per image.

    Sums, not means, as in the paper: -log det falls by 2 log N. A determinant of 0 counts as 1e-12, with no
    gradient.

    Args:
        probs: of the foreground.
        masks: 1 for foreground, 0 for background.
    """
    predicted, given, shared = _sums(probs, masks)
    overlap = shared / (predicted + given - shared + _ROOM)
    return (1 - overlap - _determinant(probs, masks).clamp(min=_TINY).log()).float()


def igtt_released(probs: Float[Tensor, "b h w"], masks: Float[Tensor, "b h w"]) -> Float[Tensor, "b"]:
    """As the released code computes it: probabilities are squared in the union, and 1e-3 is added to |det|.

    Args:
        probs: of the foreground.
        masks: 1 for foreground, 0 for background.
    """
    _, given, shared = _sums(probs, masks)
    squares = probs.double().square().sum(dim=(1, 2))
    overlap = shared / (squares + given - shared + _ROOM)
    return (1 - overlap - (_determinant(probs, masks) + LOG_ROOM).log()).float()


def igtt_upright(logits: Float[Tensor, "b 2 *space"], labels: Int[Tensor, "b *space"]) -> Float[Tensor, "b"]:
    """`dmi_iou` for two classes that also knows which is which, one value per image.

    |det| is as large for a network that says everything the wrong way round, and in between it is 0: one that
    begins with the wrong sign stays there, as the overlap pushes less than the determinant. With each side's
    mean prediction in place of sums, the determinant is the gap between them. Where it is below 0.1, the
    logarithm goes on as a straight line, down to a gap of -1.

    Args:
        logits: of background and foreground.
        labels: 0, 1 or IGNORE; the foreground's overlap counts, the background's only where it is alone.
    """
    pairs = joint(logits, labels)
    given = pairs.detach().sum(dim=1)
    means = pairs / given.clamp(min=1).unsqueeze(1)
    gap = means[:, 1, 1] - means[:, 1, 0]
    line = 1 - gap / LEAST_GAP - math.log(LEAST_GAP)
    below = (given > 0).all(dim=1) & (gap < LEAST_GAP)
    information = torch.where(below, line, of_joint(pairs)).float()
    return information + of_overlap(overlap(logits, labels, squared=False), 0)


def _sums(probs: Tensor, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    p, s = probs.double(), masks.double()
    return p.sum(dim=(1, 2)), s.sum(dim=(1, 2)), (p * s).sum(dim=(1, 2))


def _determinant(probs: Tensor, masks: Tensor) -> Tensor:
    """|det| of the sums: N times the sum over the mask of (p - mean p), and exactly 0 for a constant mask."""
    p, s = probs.double().flatten(1), masks.double().flatten(1)
    outside = 1 - s
    inner = (p * s).sum(1) * outside.sum(1) - (p * outside).sum(1) * s.sum(1)
    return torch.abs(inner)
