"""T-Loss: Gonzalez-Jimenez, Lionetti, Gottfrois, Groger, Pouly & Navarini, MICCAI 2023, arXiv:2306.00753."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.types import IGNORE, BadInput


def t_loss(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    log_nu: Float[Tensor, ""] | float = 1.0,
    precision: float = 1.0,
) -> Float[Tensor, "b"]:
    """-log density of an image's residuals under one Student t distribution, per labelled unit.

    The residuals of an image are one vector: the more of it is wrong, the less each of its pixels pulls, so
    one badly labelled image cannot do much harm. That is robust per image, not per pixel. A unit's residual
    is half the squared distance of prediction and one-hot label, (p - y)^2 for two classes. The paper does
    not divide by the number of units. May go below 0; 0 for an image without a label.

    Args:
        logits: class scores.
        labels: given class ids.
        log_nu: logarithm of the degrees of freedom, learnt along: the more, the closer to squared error.
        precision: inverse variance of a residual, above 0: 1 in the paper, e in its released code.

    Raises:
        BadInput: if precision is not a finite number above 0.
    """
    check_t_loss(precision)
    says = labels != IGNORE
    given = labels.long().where(says, 0).unsqueeze(1)
    probs = logits.float().softmax(dim=1)
    at_label = probs.gather(1, given).squeeze(1)
    distances = (probs.square().sum(dim=1) - 2 * at_label + 1).clamp(min=0)
    squares = (distances * says / 2).unsqueeze(1).flatten(1).double().sum(dim=1)
    units = says.unsqueeze(1).flatten(1).sum(dim=1).double()
    nu = torch.as_tensor(log_nu, device=logits.device).double().exp() + 1e-8
    constant = torch.lgamma(nu / 2) - torch.lgamma((nu + units) / 2)
    spread = units / 2 * (torch.log(nu) + math.log(math.pi / precision))
    density = constant + spread + (nu + units) / 2 * torch.log1p(precision * squares / nu)
    return (density / units.clamp(min=1)).float()


def check_t_loss(precision: float) -> None:
    """Refuse a precision that makes no loss.

    Raises:
        BadInput: if precision is not a finite number above 0.
    """
    if not 0 < precision < math.inf:
        raise BadInput(f"t_loss needs a finite precision above 0, got precision={precision}")
