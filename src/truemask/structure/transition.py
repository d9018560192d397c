"""P(given = j | true = i), worked out from what a network says of units and from their given labels."""

import numpy as np
from jaxtyping import Float, Float64, Int

from truemask.structure.joint import estimate_joint

_SLACK = 1e-6
"""A unit exactly at a threshold passes, whatever rounding did to the mean."""


def anchor_transition(
    probs: Float[np.ndarray, "n k"], labels: Int[np.ndarray, "n"], *, quantile: float | None = 0.97
) -> Float64[np.ndarray, "k k"]:
    """Row i: the prediction at the unit that is surest to be of class i.

    Where class i is all but certain, a network that fitted the noisy labels says P(given | true = i).
    Patrini, Rozza, Menon, Nock & Qu, CVPR 2017, arXiv:1609.03683. For two classes these are the rates of Liu
    & Tao, TPAMI 2016: the least that is ever said for a label.

    Args:
        probs: of units that have a label.
        labels: their given classes.
        quantile: in (0, 1): the surest unit is looked for below this quantile of the class's probabilities,
            for the very largest are flukes; a class that is given more rarely than that leaves room for goes
            by its surest unit, as all do with None.
    """
    rows = np.eye(probs.shape[1])
    if not len(probs):
        return rows
    shares = np.bincount(labels, minlength=len(rows)) / len(labels)
    for i, own in enumerate(probs.T):
        # Never in place: the released code zeroes what it filters out, and later rows then read zeros.
        allowed = np.ones(len(own), dtype=bool)
        if quantile is not None and shares[i] > 1 - quantile:
            below = own < np.quantile(own, quantile, method="higher")
            allowed = below if below.any() else allowed
        rows[i] = probs[np.where(allowed, own, -1).argmax()]
    return normalised_rows(rows)


def confident_transition(
    probs: Float[np.ndarray, "n k"], labels: Int[np.ndarray, "n"]
) -> Float64[np.ndarray, "k k"]:
    """By the confident joint: how labels are given to units that are confidently of a class.

    A unit counts for the most probable of the classes whose probability reaches the mean one over the units
    given as that class. Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068.

    Args:
        probs: of units that have a label, by a network that has not learnt them by heart.
        labels: their given classes.
    """
    k = probs.shape[1]
    units = np.bincount(labels, minlength=k)
    own = probs[np.arange(len(labels)), labels].astype(np.float64)
    sums = np.bincount(labels, weights=own, minlength=k)
    # A class that was never given has no threshold, and counts for nothing: 2 is above any probability.
    thresholds = np.divide(sums, units, out=np.full(k, 2.0), where=units > 0)
    passing = probs >= np.maximum(thresholds, 2 * _SLACK) - _SLACK
    confident = np.where(passing, probs, -1)
    sure = passing.any(axis=1)
    pairs = labels[sure] * k + confident[sure].argmax(axis=1)
    counts = np.bincount(pairs, minlength=k * k).reshape(k, k)
    joint = estimate_joint(counts, units) if len(labels) else np.eye(k)
    return normalised_rows(joint.T)


def class_means(probs: Float[np.ndarray, "n k"], labels: Int[np.ndarray, "n"]) -> Float64[np.ndarray, "k k"]:
    """Row i: the mean prediction over units labelled i; that of a class without any says i itself.

    Over units whose labels are verified, by a network that learnt noisy ones, this is P(given | true):
    Hendrycks, Mazeika, Wilson & Gimpel, NeurIPS 2018, arXiv:1802.05300.
    """
    k = probs.shape[1]
    sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in probs.T], axis=1)
    return normalised_rows(sums.astype(np.float64))


def label_posterior(
    clean: Float64[np.ndarray, "k k"], noisy: Float64[np.ndarray, "k k"]
) -> Float64[np.ndarray, "k k"]:
    """P(true = i | given = j), column by column, from means of a network that learnt clean labels.

    The network errs, in the same way on both: its mean over units given as j is the mixture of its means over
    the true classes, in shares that this solves for (least squares, then the nearest distribution).
    Sukhbaatar & Fergus, arXiv:1406.2080, version 1.

    Args:
        clean: row i: its mean prediction over verified units of class i.
        noisy: row j: its mean prediction over units given as j.
    """
    shares = np.linalg.lstsq(clean.T, noisy.T, rcond=None)[0]
    return nearest_distributions(shares.T).T


def from_posterior(
    posterior: Float64[np.ndarray, "k k"], given: Float64[np.ndarray, "k"]
) -> Float64[np.ndarray, "k k"]:
    """P(given = j | true = i) from P(true = i | given = j), column by column, and P(given = j)."""
    return normalised_rows(posterior * given)


def nearest_distributions(rows: Float64[np.ndarray, "m k"]) -> Float64[np.ndarray, "m k"]:
    """Each row's nearest point (least squares) among those that are not negative and sum to 1."""
    falling = -np.sort(-rows, axis=1)
    excess = (np.cumsum(falling, axis=1) - 1) / np.arange(1, rows.shape[1] + 1)
    last = (falling > excess).sum(axis=1) - 1
    return np.asarray(np.maximum(rows - excess[np.arange(len(rows)), last][:, None], 0.0))


def smoothed(transition: Float64[np.ndarray, "k k"], share: float) -> Float64[np.ndarray, "k k"]:
    """(1 - share) * transition + share * I: doubts of an estimate count in favour of the labels."""
    return (1 - share) * transition + share * np.eye(len(transition))


def normalised_rows(counts: Float64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k k"]:
    """Each row over its sum; a row without anything in it says its own class."""
    sums = counts.sum(axis=1, keepdims=True)
    return np.where(sums > 0, counts / np.where(sums > 0, sums, 1), np.eye(len(counts)))
