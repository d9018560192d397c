"""Who looks for wrong classes of images in the same out-of-fold probabilities: truemask, and cleanlab."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from benchmarks.class_folds import rate_of
from truemask.commands.audits import Audited

NO_INTERVAL = float("nan")


@dataclass(frozen=True)
class Verdict:
    """What an audit says of the labels of images, in the data set's order.

    Args:
        by: whose it is.
        order: what it ranks by.
        badness: how suspect each label is.
        flagged: which are called wrong.
        rate: estimated share of wrong labels, low and high end of its interval.
        joint: estimated share of images given as row and truly column.
    """

    by: str
    order: str
    badness: Float[np.ndarray, "n"]
    flagged: Bool[np.ndarray, "n"]
    rate: tuple[float, float, float]
    joint: Float[np.ndarray, "k k"]


def by_truemask(found: Audited, keys: Sequence[str]) -> list[Verdict]:
    """The order of images.parquet, and that of findings.parquet with all other images behind."""
    result, rate = found.told or found.result, rate_of(found)
    rows = {key: row for row, key in enumerate(keys)}
    images = np.zeros(len(keys))
    for one in result.images.to_pylist():
        images[rows[one["image"]]] = one["score"]
    listed, flagged = images.copy(), np.zeros(len(keys), bool)
    for one in result.findings.to_pylist():
        listed[rows[one["image"]]] = 1 + one["score"]  # scores of images end at 1
        flagged[rows[one["image"]]] = True
    return [
        Verdict("truemask", "findings first", listed, flagged, rate, result.joint),
        Verdict("truemask", "images", images, flagged, rate, result.joint),
    ]


def by_cleanlab(given: Int64[np.ndarray, "n"], probs: Float[np.ndarray, "n k"]) -> list[Verdict]:
    """Its two label quality scores; the issues and the joint distribution are the same for both."""
    from cleanlab.count import estimate_joint
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    flagged = np.asarray(find_label_issues(given, probs, n_jobs=1))
    joint = np.asarray(estimate_joint(given, probs))
    rate = (float(1 - np.trace(joint)), NO_INTERVAL, NO_INTERVAL)
    return [
        Verdict("cleanlab", method.replace("_", " "), 1 - quality, flagged, rate, joint)
        for method in ("normalized_margin", "self_confidence")
        for quality in [get_label_quality_scores(given, probs, method=method)]
    ]
