"""How well outlines usually agree here, and so which ones disagree too much for that."""

import numpy as np
from jaxtyping import Float64, Int64

_GROUP = 50
"""Objects of about one size whose outlines are compared with one another."""
_LEAST_SPREAD = 0.1
"""Of log misfits: where all agree to the pixel, a pixel more is no error."""
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
    falsely = np.minimum(1, ndtr(-z[order]) / as_bad)
    score = np.empty(len(z))
    # A worse misfit is never the better one.
    score[order] = np.maximum.accumulate((1 - falsely)[::-1])[::-1]
    score[z <= 1] = 0
    return score


def _usual(logs: Float64[np.ndarray, "n"], size: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """The median of `logs` among objects of about the size of each."""
    order = np.lexsort((logs, size))
    groups = np.array_split(order, max(1, len(order) // _GROUP))
    middles = np.array([np.median(size[group]) for group in groups])
    medians = np.array([np.median(logs[group]) for group in groups])
    return np.asarray(np.interp(size, middles, medians))
