"""What images look like to noises that depend on it: few whole numbers each, so that sums are exact."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import Float64

from truemask.noise.image.roster import Gallery, Roster
from truemask.types import Problem

_SIDE_PX = 16
_POINT_STEPS = 1024
_AT_A_TIME = 1024


def unit(problem: Problem) -> float:
    """What a feature of 1 stands for: images run from about -2 to 2, points as they do."""
    return 1 / _POINT_STEPS if problem.points else 1 / 128


def features(
    roster: Roster, gallery: Gallery, places: Sequence[int]
) -> Iterator[tuple[Sequence[int], Float64[np.ndarray, "m d"]]]:
    """The rows at `places`, some at a time, with what they show as whole numbers.

    An image: 16 x 16 px of each channel, 2 * value - 255. A point: its coordinates in steps of 1/1024. Sums
    of products of them are exact in float64, so that no order, thread or machine makes a difference.
    """
    for start in range(0, len(places), _AT_A_TIME):
        some = places[start : start + _AT_A_TIME]
        shown = [gallery.image(roster.origins[row], roster.donors[row]) for row in some]
        yield some, np.stack([_numbers(image) for image in shown])


def mean_features(roster: Roster, gallery: Gallery) -> Float64[np.ndarray, "d"]:
    """The mean of all rows with a label, as whole numbers; there must be one."""
    places = np.flatnonzero(roster.labelled).tolist()
    sums = [shown.sum(axis=0) for _, shown in features(roster, gallery, places)]
    mean: Float64[np.ndarray, d] = np.round(np.sum(sums, axis=0) / len(places))
    return mean


def _numbers(image: np.ndarray) -> Float64[np.ndarray, "d"]:
    if image.ndim == 1:
        return np.round(image.astype(np.float64) * _POINT_STEPS)
    grows = image.shape[0] * image.shape[1] < _SIDE_PX**2
    method = cv2.INTER_LINEAR_EXACT if grows else cv2.INTER_AREA
    small = cv2.resize(np.ascontiguousarray(image), (_SIDE_PX, _SIDE_PX), interpolation=method)
    values: Float64[np.ndarray, d] = small.ravel().astype(np.float64) * 2 - 255
    return values
