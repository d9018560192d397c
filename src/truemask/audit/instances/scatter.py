"""How well outlines usually agree here, and so which ones disagree too much for that."""

import numpy as np
from jaxtyping import Float64, Int64

_GROUP = 50
"""Objects of about one size whose outlines are compared with one another."""
_LEAST_SPREAD = 0.3
"""Of log misfits: where all agree exactly, a pixel more is no error."""
_PIXEL = 0.5
"""Displacement of an outline, in about pixels, below which misfits are alike."""
_BETTER = 0.1587
"""The share of a normal distribution below one standard deviation under its mean."""


def astray(misfit: Float64[np.ndarray, "n"], area_px: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """How likely it is that each outline is wrong rather than unlucky, in [0, 1].

    The log of misfits scatters about the median of objects of that size. Errors only make misfits larger, so
    the better half shows the scatter of what is right; mirrored, it says how many of the worst would be there
    without errors. One minus their share among all that are as bad is the score: a tail false discovery rate
    with an empirical null (Efron, JASA 99, 2004).

    Args:
        misfit: 1 - Dice of a given and a predicted mask.
        area_px: of the given mask.
    """
    if not len(misfit):
        return np.zeros(0)
    from scipy.special import ndtr  # late: scipy is slow to import

    pixel = _PIXEL / np.sqrt(np.maximum(area_px, 1))
    logs = np.log(misfit + pixel)
    excess = logs - _usual(logs, np.log(np.maximum(area_px, 1)))
    spread = max(_LEAST_SPREAD, -float(np.quantile(excess, _BETTER)))
    z = excess / spread
    order = np.argsort(-z, kind="stable")
    as_bad = np.searchsorted(-z[order], -z[order], side="right") / len(z)
    rightly = np.where(z[order] > 1, 1 - np.minimum(1, ndtr(-z[order]) / as_bad), 0)
    score = np.empty(len(z))
    # A worse misfit is never the less suspect.
    score[order] = np.maximum.accumulate(rightly[::-1])[::-1]
    return score


def _usual(logs: Float64[np.ndarray, "n"], size: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """The median of `logs` among objects of about the size of each."""
    groups = max(1, len(size) // _GROUP)
    edges = np.unique(np.quantile(size, np.arange(1, groups) / groups))
    group = np.searchsorted(edges, size, side="right")
    there = np.unique(group)
    middles = [np.median(size[group == one]) for one in there]
    medians = [np.median(logs[group == one]) for one in there]
    return np.asarray(np.interp(size, middles, medians))
