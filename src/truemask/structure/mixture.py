"""Lemma 1 as a check: the density of noisy labels is a mixture of those of the true classes.

Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594. If every pixel's label is drawn by its true class alone,
the share of label m around x is, on the mean, sum over j of P(m | j) times the share of true class j around
x. (The factor 1 / 2Nh printed there is that of a line; here it is the weight of the window.) How far measured
shares may be off follows from the same matrix, so the lemma can fail, and does where outlines are wrong.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from truemask.structure.density import local_shares
from truemask.structure.distinguish import seen
from truemask.structure.windows import Window
from truemask.types import IGNORE

_CERTAIN = 1e-12
"""A variance below this is none: every label in the window is sure to be what it is."""


@dataclass(frozen=True)
class MixtureCheck:
    """Measured shares of noisy labels against predicted ones.

    Args:
        measured: share of each given class around each pixel; NaN where there is no label.
        predicted: the mixture of true classes.
        z: their difference in standard errors; NaN where the prediction is certain, and holds.
    """

    measured: Float32[np.ndarray, "k h w"]
    predicted: Float32[np.ndarray, "k h w"]
    z: Float32[np.ndarray, "k h w"]

    @property
    def rms_z(self) -> float:
        """Root mean square of z: about 1 if the lemma holds; NaN if there was nothing to compare."""
        squares = self.z[~np.isnan(self.z)] ** 2
        return float(np.sqrt(squares.mean(dtype=np.float64))) if len(squares) else float("nan")

    @property
    def rms_gap(self) -> float:
        """Root mean square of measured minus predicted share; NaN if there was nothing to compare."""
        gaps = (self.measured - self.predicted).astype(np.float64)
        there = ~np.isnan(gaps)
        return float(np.sqrt((gaps[there] ** 2).mean())) if there.any() else float("nan")


def predicted_shares(
    truth: UInt8[np.ndarray, "h w"], transition: Float64[np.ndarray, "k m"], window: Window
) -> Float32[np.ndarray, "k h w"]:
    """Share of each given class that Lemma 1 expects around each pixel: the matrix's rows, mixed.

    Args:
        truth: true classes; IGNORE does not count.
        transition: P(given | true); a last column beyond the classes, for IGNORE, is taken out.
        window: what counts how much.
    """
    true = local_shares(truth, len(transition), window)
    rows = np.nan_to_num(seen(transition)).astype(np.float32)
    return np.asarray(np.einsum("jm,jhw->mhw", rows, true))


def check_mixture(
    noisy: UInt8[np.ndarray, "h w"],
    truth: UInt8[np.ndarray, "h w"],
    transition: Float64[np.ndarray, "k m"],
    window: Window,
) -> MixtureCheck:
    """Compare the densities of noisy labels with the mixture that truth and matrix predict.

    Pixels that are IGNORE in either map do not count.
    """
    unknown = (noisy == IGNORE) | (truth == IGNORE)
    given, true = (np.where(unknown, np.uint8(IGNORE), side) for side in (noisy, truth))
    measured = local_shares(given, len(transition), window)
    predicted = predicted_shares(true, transition, window)
    rows = np.nan_to_num(seen(transition))
    spread = np.vstack([rows * (1 - rows), np.zeros((IGNORE + 1 - len(rows), len(rows)))]).astype(np.float32)
    known = window.sums((~unknown).astype(np.float32))
    z = np.full_like(measured, np.nan)
    for class_id, one in enumerate(z):
        variance = window.squared_sums(spread[true, class_id]) / np.maximum(known, np.float32(_CERTAIN)) ** 2
        gap = measured[class_id] - predicted[class_id]
        random = variance > _CERTAIN
        np.divide(gap, np.sqrt(variance, where=random, out=np.ones_like(variance)), out=one, where=random)
        one[~random & (np.abs(gap) > 1e-4)] = np.inf
    return MixtureCheck(measured, predicted, z)
