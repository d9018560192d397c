"""A classifier that learns what wrong segments look like in this very data set.

Source: Rottmann & Reese, "Automated detection of label errors in semantic segmentation datasets via deep
learning and uncertainty quantification", WACV 2023, arXiv:2207.06104: components are judged from aggregated
uncertainty by a meta classifier, which has seen randomly perturbed labels. Here the examples are errors
injected into the user's own labels (see `injected`), set against the suspects of the labels as they are.
Most of those are the network's own mistakes; the label errors among them make all probabilities too low, but
hardly disturb their order (Elkan & Noto, KDD 2008), if the classifier is too simple to learn that errors of
one size are commoner in the labels than among the examples: so it is a logistic regression.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.findings import KINDS
from truemask.audit.semantic.features import FEATURES

EVIDENCE = "meta_classifier"
_FIRST_KIND = FEATURES.index(f"is_{next(iter(KINDS))}")
FOLDS = 5
LEAST_EXAMPLES = 20
"""Of either side; with fewer, nothing can be learnt."""


def meta_scores(
    rows: Float64[np.ndarray, "n f"],
    keys: Sequence[str],
    injected: Float64[np.ndarray, "m f"],
    injected_keys: Sequence[str],
) -> Float64[np.ndarray, "n"] | None:
    """How much each suspect looks like an injected error rather than a suspect of the labels as given.

    In [0, 1], with both sides of each kind weighing alike, so that a kind of error that is common in the
    labels is not held for harmless because it is; out of fold: an image's suspects are judged by classifiers
    that saw none of its own, nor the errors injected into it. None where there are too few examples.

    Args:
        rows: features of the suspects of the given labels.
        keys: the image of each.
        injected: features of the suspects that injected errors bring about.
        injected_keys: the image of each.
    """
    if min(len(rows), len(injected)) < LEAST_EXAMPLES:
        return None
    fold, injected_fold = _folds(keys), _folds(injected_keys)
    scores = np.zeros(len(rows))
    for number in range(FOLDS):
        judged = fold == number
        learnt = injected_fold != number
        if judged.all() or not learnt.any():
            return None
        if judged.any():
            train = np.concatenate([rows[~judged], injected[learnt]])
            made = np.arange(len(train)) >= np.count_nonzero(~judged)
            scores[judged] = _fit_and_judge(train, made, rows[judged])
    return scores


def _folds(keys: Sequence[str]) -> Int64[np.ndarray, "n"]:
    """By a hash of the key: the same whatever else is in the data set."""
    return np.array([zlib.crc32(f"fold {key}".encode()) % FOLDS for key in keys], np.int64)


def _weights(rows: Float64[np.ndarray, "n f"], made: Bool[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Of each kind, the injected rows weigh as much together as the others; 1 each where one side lacks."""
    kind = rows[:, _FIRST_KIND:].argmax(axis=1)
    weights = np.ones(len(rows))
    for one in np.unique(kind):
        ours = made & (kind == one)
        theirs = ~made & (kind == one)
        if ours.any() and theirs.any():
            weights[ours] = theirs.sum() / ours.sum()
    return weights


def _fit_and_judge(
    rows: Float64[np.ndarray, "n f"], made: Bool[np.ndarray, "n"], judged: Float64[np.ndarray, "m f"]
) -> Float64[np.ndarray, "m"]:
    from sklearn.linear_model import LogisticRegression  # late: scikit-learn takes a second to import

    weights = _weights(rows, made)
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-9] = 1.0
    # In place: of a large data set, these rows are most of the memory.
    rows -= middle
    rows /= spread
    classifier = LogisticRegression(C=0.1, max_iter=200)
    classifier.fit(rows, made, sample_weight=weights)
    return np.asarray(classifier.predict_proba((judged - middle) / spread)[:, 1])
