"""Determinant-based mutual information: Xu, Cao, Kong & Wang, NeurIPS 2019, arXiv:1909.03388."""

import math

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from truemask.types import IGNORE, BadInput


def dmi(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"], *, floor: float = 1e-3
) -> Float[Tensor, "b"]:
    """-log |det| of what is predicted where each label is given, one value per image.

    Column j of the matrix is the mean prediction over an image's units with label j; classes that its labels
    do not have are left out, rows and columns alike. If labels go wrong by a transition matrix among those
    classes the loss shifts by a constant: its minimum stays. It knows classes only up to their order, so
    begin with another loss. Of a single unit it is cross entropy, of a p not below `floor`. 0 for an image
    without a label.

    Raises:
        BadInput: if floor is not a finite number above 0.
    """
    check_dmi(floor)
    return of_joint(joint(logits, labels), floor=floor).float()


def joint(logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]) -> Float64[Tensor, "b k k"]:
    """Sum of predictions (rows) over the units of each image that have a label (columns). With gradient."""
    flat = labels.unsqueeze(1).flatten(1).unsqueeze(1)
    says = flat != IGNORE
    given = flat.long().where(says, 0)
    probs = (logits.float().softmax(dim=1).unsqueeze(2).flatten(2) * says).movedim(1, 2)
    # One-hot labels times predictions. Autocast would multiply in half the precision.
    one_hot = torch.zeros(len(given), logits.shape[1], given.shape[2], device=probs.device)
    one_hot.scatter_(1, given, 1.0)
    with torch.autocast(probs.device.type, enabled=False):
        return torch.bmm(one_hot, probs).movedim(1, 2).double()


def pooled_joint(
    logits: Float[Tensor, "b k *space"], labels: Int[Tensor, "b *space"]
) -> Float64[Tensor, "k k"]:
    """`joint`, summed over images; for units without a space not by way of a matrix for each."""
    if labels.ndim == 1:
        return joint(logits.T.unsqueeze(0), labels.unsqueeze(0))[0]
    return joint(logits, labels).sum(dim=0)


def of_joint(
    joint: Float64[Tensor, "*many k k"],
    *,
    counts: Float64[Tensor, "*many k"] | None = None,
    floor: float = 1e-3,
) -> Float64[Tensor, "*many"]:
    """-log |det| of a joint matrix whose columns are divided by what they sum to, or by `counts`.

    The paper divides by the number of units instead, which differs by a constant; and it adds 1e-3 to the
    determinant, whose gradient then vanishes as soon as two classes are predicted alike, and which of many
    classes is far smaller than that. Here it is -1/2 log det(M M' + floor^2): each singular value has a floor
    of its own, so values and gradients are finite whatever is predicted. Classes whose column is empty have
    a 1 on the diagonal, and so no part in it.
    """
    counts = joint.detach().sum(dim=-2) if counts is None else counts
    present = counts > 0
    both = present.unsqueeze(-1) & present.unsqueeze(-2)
    means = (joint / counts.where(present, 1.0).unsqueeze(-2)).where(both, 0.0)
    means = means + torch.diag_embed((~present).double())
    room = torch.diag_embed(present.double() * floor**2)
    log_det: Tensor = torch.linalg.slogdet(means @ means.mT + room).logabsdet
    return -log_det / 2


def check_dmi(floor: float) -> None:
    """Refuse a floor that makes no loss.

    Raises:
        BadInput: if floor is not a finite number above 0.
    """
    if not 0 < floor < math.inf:
        raise BadInput(f"dmi needs a finite floor above 0, such as 1e-3; got floor={floor}")
