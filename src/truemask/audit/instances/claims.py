"""What a network's confidence is worth here: how often the given labels confirm its claims.

Confidence means another thing in every network and for every class, so no threshold on it is written down
anywhere: it is measured against the labels that are being audited, most of which are right.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8

_MOST_WRONG = 0.5
"""Labels are right more often than not; what says otherwise speaks against the network."""
_SUREST = (0.5, 0.25, 0.1)
"""Shares of the confirmed claims, by confidence, that may be sure."""
_PRIOR = 50.0
"""Claims of all classes that stand in for those that a class lacks. It hardly matters: 20 and 50 give all
suspicions an average precision of 0.572 and 0.575 on scenes with a fresh seed."""


@dataclass(frozen=True)
class Claims:
    """Claims of a network ("here is a cat"), each confirmed by a given label or not.

    Args:
        confirmed: share of claims of this class and confidence that labels confirm.
        right: estimated share of them that are right, which labels that are wrong do not confirm.
    """

    confirmed: Float64[np.ndarray, "n"]
    right: Float64[np.ndarray, "n"]

    def wrong_label(self) -> Float64[np.ndarray, "n"]:
        """Estimated probability that the label is wrong which does not confirm the claim, in [0, 1].

        P(right | not confirmed) = (P(right) - P(confirmed)) / (1 - P(confirmed)): a claim that labels confirm
        is taken to be right.
        """
        unconfirmed = 1 - self.confirmed
        share = np.ones(len(unconfirmed))
        np.divide(self.right - self.confirmed, unconfirmed, out=share, where=unconfirmed > 0)
        return np.clip(share, 0, 1)


def weigh(
    classes: UInt8[np.ndarray, "n"],
    confidences: Float64[np.ndarray, "n"],
    confirmed: Bool[np.ndarray, "n"],
    counted: Bool[np.ndarray, "n"],
) -> Claims:
    """What each claim is worth.

    The confirmed share rises with confidence: isotonic regression (Barlow et al., Statistical Inference under
    Order Restrictions, 1972) over each class, drawn towards that over all classes where a class has few
    claims. The surest claims are taken to be right, so that the share of them that is not confirmed is the
    share of labels that are wrong, and wrong labels are as frequent where the network is less sure. Which
    claims are the surest is decided by the labels too: the half, quarter or tenth that they confirm best, if
    it is large enough to tell. Of a network that labels mostly contradict nothing is believed.

    Args:
        classes: that are claimed.
        confidences: in [0, 1].
        confirmed: by the given label.
        counted: which claims labels could confirm; the others are worth what those like them are.
    """
    share, right = np.zeros(len(classes)), np.zeros(len(classes))
    if not (confirmed & counted).any():
        return Claims(share, right)
    everywhere = _rising(confidences[counted], confirmed[counted].astype(np.float64), confidences)
    sure, failed = _surest(confidences, confirmed, counted)
    for label in np.unique(classes).tolist():
        of_class = np.flatnonzero(classes == label)
        mine = of_class[counted[of_class]]
        own = len(mine) / (len(mine) + _PRIOR)
        mixed = own * confirmed[mine] + (1 - own) * everywhere[mine]
        if len(mine):
            share[of_class] = _rising(confidences[mine], mixed, confidences[of_class])
        else:
            share[of_class] = everywhere[of_class]
        surest = mine[sure[mine]]
        lost = (np.count_nonzero(~confirmed[surest]) + _PRIOR * failed) / (len(surest) + _PRIOR)
        right[of_class] = np.minimum(1, share[of_class] / (1 - min(lost, _MOST_WRONG)))
    return Claims(share, right)


def share_wrong(
    confidences: Float64[np.ndarray, "n"], confirmed: Bool[np.ndarray, "n"], counted: Bool[np.ndarray, "n"]
) -> float:
    """The share of labels that do not confirm the surest claims, at most a half; 0 where none is confirmed.

    Args:
        confidences: in [0, 1].
        confirmed: by the given label.
        counted: which claims labels could confirm.
    """
    if not (confirmed & counted).any():
        return 0.0
    return min(_surest(confidences, confirmed, counted)[1], _MOST_WRONG)


def _surest(
    confidences: Float64[np.ndarray, "n"], confirmed: Bool[np.ndarray, "n"], counted: Bool[np.ndarray, "n"]
) -> tuple[Bool[np.ndarray, "n"], float]:
    """The claims that are taken to be right, and the share of them that labels do not confirm."""
    best, least, lost = counted, np.inf, 1.0
    for share in _SUREST:
        sure = counted & (confidences >= np.quantile(confidences[confirmed & counted], 1 - share))
        count = np.count_nonzero(sure)
        # As of one more claim that fails and one that does not: few claims prove nothing.
        failed = (np.count_nonzero(sure & ~confirmed) + 1) / (count + 2)
        bound = failed + np.sqrt(failed * (1 - failed) / count)
        if bound < least:
            best, least, lost = sure, bound, failed
    return best, lost


def _rising(
    at: Float64[np.ndarray, "n"], values: Float64[np.ndarray, "n"], wanted: Float64[np.ndarray, "m"]
) -> Float64[np.ndarray, "m"]:
    """The rising function of `at` that is closest to the values, at other places."""
    from scipy.optimize import isotonic_regression  # late: it takes a quarter of a second

    places, place, count = np.unique(at, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=values) / count
    rising = isotonic_regression(means, weights=count.astype(np.float64)).x
    return np.asarray(np.interp(wanted, places, rising))
