"""A transition matrix that is learnt along: its logits, and what keeps objects and background apart."""

import torch
from jaxtyping import Float
from torch import Tensor


def near_identity(classes: int, diagonal: float) -> Float[Tensor, "k k"]:
    """Logits of a matrix with that diagonal, and the rest spread over the other classes."""
    matrix = torch.full((classes, classes), (1 - diagonal) / (classes - 1))
    return matrix.fill_diagonal_(diagonal).log()


def log_rows(logits: Float[Tensor, "..."], *, objects: bool, dim: int = 1) -> Float[Tensor, "..."]:
    """Logarithms of rows that sum to 1 over `dim`; their true class is the dimension before.

    objects: class 0 is the background of an instance problem: proposals of it are labelled so by their
    place, and what was drawn as an object is one, so nothing passes between the two.
    """
    if objects:
        classes = logits.shape[dim]
        barred = torch.zeros(classes, classes, dtype=torch.bool, device=logits.device)
        barred[0, 1:] = barred[1:, 0] = True
        shape = (*[1] * (dim - 1), classes, classes, *[1] * (logits.ndim - dim - 1))
        logits = logits.masked_fill(barred.reshape(shape), float("-inf"))
    return logits.log_softmax(dim=dim)
