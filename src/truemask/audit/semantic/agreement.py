"""Whether the labels of an image have anything to do with what is predicted there."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from truemask.audit.semantic import map_kernels
from truemask.audit.semantic.sight import Sight

NOTHING = 0.1
"""Below this share of the usual agreement beyond chance, labels and predictions have nothing in common."""
LEAST_SUSPECTS = 4
"""An image of one or two objects, all wrong, is an image with one or two wrong objects."""


def kappa(sight: Sight) -> float:
    """Cohen's kappa of given and predicted classes: agreement beyond chance; 1 is all. NaN without labels.

    Cohen, Educational and Psychological Measurement 20, 1960.
    """
    counts = np.zeros((2, 256), np.int64)
    map_kernels.class_counts(sight.given, sight.predicted, counts)
    total = int(counts[0].sum())
    if not total:
        return float("nan")
    given, predicted = counts / total
    return beyond_chance(1 - np.count_nonzero(sight.differ) / total, given, predicted)


def beyond_chance(agree: float, one: Float64[np.ndarray, "k"], other: Float64[np.ndarray, "k"]) -> float:
    """Cohen's kappa: how far two ways to label agree, beyond what their shares of the classes bring about.

    Args:
        agree: share of units that both call the same.
        one: share of units that the one calls each class.
        other: the same of the other.
    """
    chance = float(one @ other)
    return 1.0 if chance >= 1 else (agree - chance) / (1 - chance)


def unusable(kappas: Sequence[float], suspects: Sequence[int]) -> Bool[np.ndarray, "images"]:
    """Which images' labels agree with the predictions hardly better than by chance, where most images' do.

    Where the predictions agree with nothing, no image is worse than the others, and none is named.

    Args:
        kappas: of each image; NaN without labels.
        suspects: how many suspect segments each image has.
    """
    values = np.array(kappas, np.float64)
    if np.isnan(values).all():
        return np.zeros(len(values), bool)
    usual = float(np.nanmedian(values))
    return np.asarray((usual > NOTHING) & (values < NOTHING * usual) & (np.array(suspects) >= LEAST_SUSPECTS))
