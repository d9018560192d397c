"""Ratios and means where undefined is NaN, never 0 or -1."""

import numpy as np
from jaxtyping import Float, Float64, Int


def ratio(part: float, whole: float) -> float:
    """part / whole; NaN where the whole is 0."""
    return part / whole if whole else float("nan")


def ratios(
    parts: Int[np.ndarray, "*shape"] | Float[np.ndarray, "*shape"],
    wholes: Int[np.ndarray, "*shape"] | Float[np.ndarray, "*shape"],
) -> Float64[np.ndarray, "*shape"]:
    """parts / wholes, each; NaN where the whole is 0."""
    quotients = np.full(parts.shape, np.nan)
    np.divide(parts, wholes, out=quotients, where=wholes > 0)
    return quotients


def mean(values: Float64[np.ndarray, "k"]) -> float:
    """Mean over the values that are defined; NaN where none is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
