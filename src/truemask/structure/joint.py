"""How given and true classes occur together: Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068."""

import numpy as np
from jaxtyping import Float64, Int64


def estimate_joint(
    counts: Int64[np.ndarray, "k k"], units: Int64[np.ndarray, "k"]
) -> Float64[np.ndarray, "k k"]:
    """Q[i, j]: the share of all units that are given as i and truly j; rows sum to the given class shares.

    Each row of the counts is scaled to the number of units given as that class. At least one unit of each
    class is taken to be right, so that a class nobody is confident about counts as right.

    Args:
        counts: units given as i and confidently of class j.
        units: given as each class, whether confidently of any or not.
    """
    counts = counts.astype(np.float64)
    np.fill_diagonal(counts, np.maximum(np.diag(counts), 1))
    total = units.sum()
    shares = units / total if total else np.full(len(units), np.nan)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True) * shares[:, None])
