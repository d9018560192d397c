"""How wide a window a label set asks for: wide against speckle, narrow for fine structure.

What neighbouring labels have in common is structure; what each pixel has for itself is speckle. Both follow
from the covariance of labels by distance, and with it the mean squared error of every window (a plug-in, as
in Wand & Jones, Kernel Smoothing, 1995, and the nugget of geostatistics: Cressie, Statistics for Spatial
Data, 1993). No truth is needed.
"""

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.structure.windows import Shape, Window
from truemask.types import IGNORE

LAGS_PX = 64
BANDWIDTHS_PX = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
"""Candidates; of them those whose windows can be judged from LAGS_PX pixels of covariance."""


class LabelCovariance:
    """Covariance of labels by distance, summed over classes and pooled over images; parts add up.

    Args:
        num_classes: k.
    """

    def __init__(self, num_classes: int) -> None:
        side = 2 * LAGS_PX + 1
        self.num_classes = num_classes
        self._products: Float64[np.ndarray, "s s"] = np.zeros((side, side))
        self._pairs: Float64[np.ndarray, "s s"] = np.zeros((side, side))

    def add(self, labels: UInt8[np.ndarray, "h w"]) -> None:
        """Count the pairs of labels of one image, each class against its share in this image."""
        known = labels != IGNORE
        if not known.any():
            return
        shape = tuple(length + LAGS_PX for length in labels.shape)
        self._pairs += _by_lag(known.astype(np.float64), shape)
        for class_id in range(self.num_classes):
            of_class = labels == class_id
            if of_class.any():
                self._products += _by_lag((of_class - of_class[known].mean()) * known, shape)

    def merge(self, other: "LabelCovariance") -> None:
        """Take over the pairs of another part of the same data set."""
        self._products += other._products
        self._pairs += other._pairs

    def by_lag(self) -> Float64[np.ndarray, "s s"]:
        """Covariance by step down and across, -LAGS_PX to LAGS_PX; 0 where there is no pair."""
        there = self._pairs > 0.5
        return np.asarray(
            np.divide(self._products, self._pairs, out=np.zeros_like(self._products), where=there)
        )

    def speckle(self) -> float:
        """The part of the labels' variance that no neighbour shares: 0 on clean regions, of any shape.

        It is the jump at distance 0: the variance less the covariance of next neighbours, carried on to
        distance 0 along the line from two pixels away. The mean of 1 - sum of P(given)^2, if labels are drawn
        pixel by pixel. NaN without labels.
        """
        covariance = self.by_lag()
        middle = LAGS_PX
        if not self._pairs[middle, middle]:
            return float("nan")
        variance = covariance[middle, middle]
        return float(variance - np.clip(_at_zero(covariance), 0, variance))

    def speckle_rate(self) -> float:
        """Share of labels that symmetric pixel noise would have to change to make so much speckle.

        Solves speckle = 1 - (1 - r)^2 - r^2 / (k - 1); at most (k - 1) / k. A guess that needs no truth; thin
        structure (a pixel or two wide) looks like speckle, too.
        """
        k, most = self.num_classes, 1 - 1 / self.num_classes
        root = np.sqrt(max(1 - self.speckle() / most, 0.0))
        return float((1 - root) * (k - 1) / k)

    def error(self, window: Window) -> float:
        """Mean squared error of the window's shares, all classes together: bias of structure, and speckle."""
        weights, covariance = window.weights(), self.by_lag()
        structure = covariance.copy()
        structure[LAGS_PX, LAGS_PX] -= self.speckle()
        reach = window.reach_px
        near = _middle(structure, reach)
        twice = _self_convolved(weights)
        bias = (
            structure[LAGS_PX, LAGS_PX]
            - 2 * (weights * near).sum()
            + (twice * _middle(structure, 2 * reach)).sum()
        )
        return float(max(bias, 0.0) + self.speckle() * (weights**2).sum())

    def best_window(self, shape: Shape) -> Window:
        """The window of this shape with the least error; the narrowest where there is no label."""
        windows = [Window(shape, width) for width in BANDWIDTHS_PX]
        judged = [window for window in windows if 2 * window.reach_px <= LAGS_PX]
        return min(judged, key=self.error) if self._pairs.any() else judged[0]


def _by_lag(values: Float64[np.ndarray, "h w"], shape: tuple[int, ...]) -> Float64[np.ndarray, "s s"]:
    """Sums of products of values so many steps apart."""
    spectrum = np.fft.rfft2(values, s=shape)
    products = np.fft.irfft2(spectrum * spectrum.conj(), s=shape)
    found = np.zeros((2 * LAGS_PX + 1,) * 2)
    rows, columns = (np.arange(-min(LAGS_PX, n - 1), min(LAGS_PX, n - 1) + 1) for n in values.shape)
    found[np.ix_(rows + LAGS_PX, columns + LAGS_PX)] = products[np.ix_(rows, columns)]
    return found


def _at_zero(covariance: Float64[np.ndarray, "s s"]) -> float:
    """The covariance that structure alone would have at distance 0."""
    m = LAGS_PX
    one, two = ((covariance[m, m + far] + covariance[m + far, m]) / 2 for far in (1, 2))
    return float(max(one, 2 * one - two))


def _middle(values: Float64[np.ndarray, "s s"], reach: int) -> Float64[np.ndarray, "d d"]:
    part = slice(LAGS_PX - reach, LAGS_PX + reach + 1)
    return values[part, part]


def _self_convolved(weights: Float64[np.ndarray, "d d"]) -> Float64[np.ndarray, "e e"]:
    side = 2 * len(weights) - 1
    spectrum = np.fft.rfft2(weights, s=(side, side))
    return np.asarray(np.fft.irfft2(spectrum * spectrum, s=(side, side)))
