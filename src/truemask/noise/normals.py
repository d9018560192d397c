"""Draws from normal distributions, whole or cut off."""

import numpy as np
from jaxtyping import Float64, Int64

from truemask.noise.draws import Draws

_HALF_STEP = 2.0**-54
"""Between two neighbouring draws: neither 0 nor 1, which would be infinitely far out."""


def normals(draws: Draws, purpose: str, units: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """A draw of the standard normal distribution for each unit."""
    from scipy.special import ndtri  # late: it takes a third of a second

    values: Float64[np.ndarray, n] = ndtri(draws.uniforms(purpose, units) + _HALF_STEP)
    return values


def truncated(
    uniforms: Float64[np.ndarray, "n"], *, mean: float, deviation: float, low: float, high: float
) -> Float64[np.ndarray, "n"]:
    """Draws of N(mean, deviation^2) that lie in [low, high], one for each uniform draw.

    Where low = high, or the deviation is 0, all of them are `mean`, which must lie within.
    """
    from scipy.special import ndtr, ndtri  # late: it takes a third of a second

    if deviation == 0 or low == high:
        return np.full(len(uniforms), mean)
    start, end = ndtr((low - mean) / deviation), ndtr((high - mean) / deviation)
    inner = start + (uniforms + _HALF_STEP) * (end - start)
    values: Float64[np.ndarray, n] = np.clip(mean + deviation * ndtri(inner), low, high)
    return values
