"""The label map with the most determinant-based information about a prediction, for any number of classes.

iGTT (Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594) looks for the mask S with the largest |det Q|,
where column j of Q sums the predictions p of the pixels that S calls j. Moving one pixel from class a to b
adds p to one column and takes it from another: the determinant is multiplied by 1 + (Q^-1 p)_b - (Q^-1 p)_a,
exactly. Hence no single pixel wants to move if, and only if, each is where Q^-1 p is largest. For two classes
that is the mean of the prediction, whatever Q was (`mean_threshold`).

With each column divided by its number of pixels (M, the mean prediction in each class) M^-1 p says what
mixture of classes is predicted like this pixel: labels that went wrong by M, read back. For two classes it is
the cut half way between the two means, where k-means and Otsu's threshold come to rest.
"""

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from truemask.types import IGNORE

FLOOR = 1e-3
"""Singular values of M far below it count as 0: classes that are predicted alike cannot be told apart."""


def predicted_in(
    probs: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
) -> Float64[Tensor, "k k"]:
    """Q: sums of predictions (rows) over the pixels of each label (columns); IGNORE takes no part."""
    k = probs.shape[1]
    says = labels != IGNORE
    said = probs.detach().movedim(1, -1)[says].double()
    sums = torch.zeros(k, k, dtype=torch.float64, device=probs.device)
    return sums.index_add_(0, labels[says].long(), said).T


def read_back(
    probs: Float[Tensor, "b k *space"], joint: Float64[Tensor, "k k"]
) -> Float[Tensor, "b k *space"]:
    """M^-1 p of every pixel: which mixture of classes is predicted like it. May leave [0, 1].

    Classes that no pixel of the joint matrix has are left out: they get minus infinity, and what is
    predicted of them says nothing.

    Args:
        probs: predictions.
        joint: Q, of these pixels or of others.
    """
    pixels = joint.sum(dim=0)
    there = (pixels > 0).nonzero().flatten()
    means = joint[there][:, there] / pixels[there]
    square = means.mT @ means + FLOOR**2 * torch.eye(len(there), dtype=means.dtype, device=means.device)
    inverse = torch.linalg.solve(square, means.mT).to(probs.dtype)
    found = torch.full_like(probs, -torch.inf)
    if len(there):
        found[:, there] = torch.einsum("ij,bj...->bi...", inverse, probs[:, there])
    return found


def determinant_partition(
    probs: Float[Tensor, "b k *space"], joint: Float64[Tensor, "k k"]
) -> Int[Tensor, "b *space"]:
    """Each pixel where Q^-1 p is largest: the next label map on the way to the largest determinant.

    A class that `joint` has no pixel of gets none.

    Args:
        probs: predictions.
        joint: Q of these predictions, or of others like them, with the label map before.
    """
    pixels = joint.sum(dim=0).clamp(min=1).to(probs.dtype).view(1, -1, *[1] * (probs.ndim - 2))
    return (read_back(probs, joint) / pixels).argmax(dim=1)
