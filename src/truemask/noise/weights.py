"""Transition matrices from weights: which wrong class is how much likelier than another."""

import numpy as np
from jaxtyping import Float64


def weighted(weights: Float64[np.ndarray, "k k"], rate: float) -> Float64[np.ndarray, "k k"]:
    """P(j | i): a label of class i changes with chance `rate`, to j by its share of row i.

    Args:
        weights: 0 or more; what stands on the diagonal does not count. A class without weights stays.
        rate: in [0, 1].
    """
    others = weights * ~np.eye(len(weights), dtype=bool)
    total = others.sum(axis=1, keepdims=True)
    transition = np.where(total > 0, rate * others / np.where(total > 0, total, 1), 0)
    np.fill_diagonal(transition, np.where(total[:, 0] > 0, 1 - rate, 1))
    return transition
