"""Means over objects of the same group, drawn towards what is known without the group."""

import numpy as np
from jaxtyping import Float64, Shaped

_PRIOR = 10.0
"""Objects of all groups that stand in for those that a group lacks."""


def group_means(
    values: Shaped[np.ndarray, "n"], groups: Shaped[np.ndarray, "n"], before: Float64[np.ndarray, "n"] | float
) -> Float64[np.ndarray, "n"]:
    """Of each object, the mean value of its group.

    Args:
        values: of each object.
        groups: whatever tells them apart.
        before: the mean to expect without knowing the group; of a small group it has the most weight.
    """
    _, place, count = np.unique(groups, return_inverse=True, return_counts=True)
    sums = np.bincount(place, weights=values, minlength=len(count))
    return np.asarray((sums[place] + _PRIOR * before) / (count[place] + _PRIOR))
