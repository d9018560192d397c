"""Whole numbers of changed pixels, as released code has it, instead of a chance for each pixel."""

from fractions import Fraction
from math import ceil

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.draws import Draws
from truemask.types import IGNORE


def kept_exactly(
    labels: UInt8[np.ndarray, "h w"],
    changed: UInt8[np.ndarray, "h w"],
    keep: Float64[np.ndarray, "k"],
    draws: Draws,
) -> UInt8[np.ndarray, "h w"]:
    """Of the n pixels of each class, ceil(n * keep) keep their label; the others take that of `changed`."""
    flat, others = labels.ravel(), changed.ravel()
    noisy = flat.copy()
    for class_id in np.setdiff1d(np.unique(flat), [IGNORE]):
        places = np.flatnonzero(flat == class_id)
        stay = ceil(len(places) * _as_written(keep[class_id]))
        chosen = places[draws.chosen("which", places, len(places) - stay)]
        noisy[chosen] = others[chosen]
    return noisy.reshape(labels.shape)


def _as_written(share: float) -> Fraction:
    """A share without the error of its last binary digit: 10 pixels at 0.3 are 3, not 4."""
    return Fraction(round(share * 10**12), 10**12)
