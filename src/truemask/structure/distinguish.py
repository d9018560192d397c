"""What a transition matrix leaves of the differences between classes.

Matrices are P(given = column | true = row), "k k", or "k k+1" where the last column is IGNORE: labels that
are not there say nothing, so rows are compared among the labels that are. A row of NaN is a class that never
occurred; nothing is said about it.
"""

import numpy as np
from jaxtyping import Float64

ROUNDING = 1e-9
"""Singular values and chances that differ by less are taken for equal."""


def seen(transition: Float64[np.ndarray, "k m"]) -> Float64[np.ndarray, "k k"]:
    """P(given | true) among labels that are not IGNORE; NaN in a row without any."""
    given = transition[:, : len(transition)]
    kept = given.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(given, kept, out=np.full_like(given, np.nan), where=kept > 0))


def rank(transition: Float64[np.ndarray, "k m"], *, smallest: float = ROUNDING) -> int:
    """Rank among labels that are there: how many class *shares* labels can tell apart.

    Luo et al., AAAI 2022, arXiv:2103.11594, Lemma 2, take it for the number of classes that can be told
    apart; that is `distinct_rows`, which may be larger. A matrix that was estimated from counts has always
    full rank: pass what its entries may be off by.

    Args:
        transition: P(given | true).
        smallest: singular values up to this share of the largest are taken for 0.
    """
    rows = _there(transition)
    if not len(rows):
        return 0
    values = np.linalg.svd(rows, compute_uv=False)
    return int((values > smallest * values[0]).sum())


def condition(transition: Float64[np.ndarray, "k m"]) -> float:
    """How many times an error of given shares grows when the noise is undone; infinite if it cannot be."""
    rows = _there(transition)
    if not len(rows):
        return float("nan")
    values = np.linalg.svd(rows, compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > ROUNDING * values[0] else float("inf")


def distinct_rows(transition: Float64[np.ndarray, "k m"], *, least_gap: float = ROUNDING) -> int:
    """Classes that can be told apart where they are pure: rows that differ, in total variation.

    Rows that are near to a common third one count as one, so the number never depends on their order.
    """
    rows = _there(transition)
    apart = total_variation(rows)
    left, groups = set(range(len(rows))), 0
    while left:
        groups += 1
        reached = [left.pop()]
        for one in reached:
            near = [other for other in left if apart[one, other] <= least_gap]
            reached += near
            left -= set(near)
    return groups


def total_variation(transition: Float64[np.ndarray, "k m"]) -> Float64[np.ndarray, "k k"]:
    """For each pair of classes how much more often the best single guess tells them apart than chance would.

    Half the sum of absolute differences of their rows, in [0, 1]: 1 for clean labels, 1 - 2 rate for two
    classes with symmetric flips, 0 where a pair is mixed up for good. NaN for a class that is not there.
    """
    rows = seen(transition)
    return np.asarray(np.abs(rows[:, None] - rows[None]).sum(axis=2) / 2)


def label_worth(transition: Float64[np.ndarray, "k m"]) -> Float64[np.ndarray, "k k"]:
    """For each pair of classes, how many clean labels one of these is worth for telling the two apart.

    The triangular discrimination of their rows, half of sum (p - q)^2 / (p + q), times the share of labels
    that are there (harmonic mean of the two). In [0, 1]: (1 - 2 rate)^2 for symmetric flips of two classes,
    the share kept for sampling, s / (2 - s) where all labels not sampled became background. Its inverse is
    how many times as many labels have the same signal over noise. Topsøe, IEEE Trans. Inf. Theory 46, 2000.
    """
    rows = seen(transition)
    one, other = rows[:, None], rows[None]
    total = one + other
    squares = (one - other) ** 2
    parts = np.divide(squares, total, out=np.where(np.isnan(total), np.nan, 0.0), where=total > 0)
    kept = transition[:, : len(transition)].sum(axis=1)
    both = kept[:, None] + kept[None]
    share = np.divide(
        2 * kept[:, None] * kept[None], both, out=np.where(np.isnan(both), np.nan, 0.0), where=both > 0
    )
    return np.asarray(parts.sum(axis=2) / 2 * share)


def effective_classes(
    transition: Float64[np.ndarray, "k m"], areas: Float64[np.ndarray, "k"] | None = None
) -> float:
    """As many classes, never mixed up and equally frequent, would a label tell as much about.

    The exponential of the mutual information of true class and given label: k for clean labels of equally
    frequent classes, 1 where labels say nothing. NaN without any label.

    Args:
        transition: P(given | true).
        areas: of the true classes, in any unit; None: all alike.
    """
    there = ~np.isnan(transition).any(axis=1)
    joint = (
        transition[there, : len(transition)]
        * (np.ones(len(transition)) if areas is None else areas)[there, None]
    )
    if not joint.sum():
        return float("nan")
    joint = joint / joint.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    some = joint > 0
    return float(np.exp((joint[some] * np.log(joint[some] / apart[some])).sum()))


def _there(transition: Float64[np.ndarray, "k m"]) -> Float64[np.ndarray, "r k"]:
    rows = seen(transition)
    return np.asarray(rows[~np.isnan(rows).any(axis=1)])
