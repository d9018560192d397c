"""The search for the best threshold in iGTT: Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594.

As published and as released: every threshold of a grid makes a mask, and the mask that has the most
information about the prediction is taken. Kept to compare with; `mean_threshold` has the closed form.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

LOG_ROOM = 1e-3
"""What the released code adds to the determinant within the logarithm."""


def threshold_grid(probs: Float[Tensor, "b h w"], count: int) -> Float[Tensor, "b k"]:
    """`count` equally spaced thresholds from the least to the greatest value of each image."""
    least, greatest = probs.flatten(1).aminmax(dim=1)
    steps = torch.linspace(0, 1, count, dtype=probs.dtype, device=probs.device)
    return least[:, None] + steps * (greatest - least)[:, None]


def joint_determinant(probs: Float[Tensor, "b h w"], masks: Bool[Tensor, "b h w"]) -> Float[Tensor, "b"]:
    """|det| of the 2 x 2 sums of (p, 1 - p) inside and outside of a mask, by matrix product."""
    p, s = probs.flatten(1), masks.flatten(1).to(probs.dtype)
    said = torch.stack([p, 1 - p], dim=1)
    given = torch.stack([s, 1 - s], dim=1)
    determinant: Tensor = torch.linalg.det(said @ given.mT)
    return determinant.abs()


def published_search(probs: Float[Tensor, "b h w"], count: int = 30) -> Bool[Tensor, "b h w"]:
    """For each image the mask of the threshold with the largest determinant; of equal ones the lowest.

    Args:
        probs: of the foreground.
        count: thresholds tried. The paper leaves it open, the released code has 30.
    """
    grid = threshold_grid(probs, count)
    tried = [joint_determinant(probs, probs > grid[:, k, None, None]) for k in range(count)]
    best = torch.stack(tried, dim=1).argmax(dim=1)
    return probs > grid.gather(1, best[:, None])[:, :, None]


def released_search(probs: Float[Tensor, "b h w"], count: int = 30) -> Bool[Tensor, "b h w"]:
    """The search of the released code, which differs from the paper's in three ways.

    One place in the grid is chosen for the whole batch, by the mean loss. The first and the last are not
    tried, but their loss counts as 0, so a prediction that is nearly flat (every determinant below 0.999)
    gets the first: nearly everything. And 1e-3 is added to the determinant.
    """
    grid = threshold_grid(probs, count)
    losses = probs.new_zeros(count)
    for k in range(1, count - 1):
        determinant = joint_determinant(probs, probs > grid[:, k, None, None])
        losses[k] = -(determinant + LOG_ROOM).log().mean()
    best = losses.argmin()
    return probs > grid[:, best, None, None]
