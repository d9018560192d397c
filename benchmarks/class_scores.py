"""What is said of the wrong classes in a data set, against the truth: order, flags, rate and confusion."""

import numpy as np
from jaxtyping import Bool, Float, Int64
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.class_audits import Verdict
from benchmarks.report import Row
from truemask.data.dataset import Dataset


def classes(dataset: Dataset) -> Int64[np.ndarray, "n"]:
    """The labels of a data set of images with a class each."""
    return np.array([dataset.labels(row) for row in range(len(dataset))], np.int64)


def scores(verdict: Verdict, given: Int64[np.ndarray, "n"], true: Int64[np.ndarray, "n"]) -> Row:
    """What an audit's order, flags and estimates are worth."""
    wrong, k = given != true, len(verdict.joint)
    joint = joint_of(given, true, k)
    rate, low, high = verdict.rate
    return {
        "by": verdict.by,
        "order": verdict.order,
        "AUROC": float(roc_auc_score(wrong, verdict.badness)),
        "AP": float(average_precision_score(wrong, verdict.badness)),
        **flags(verdict.flagged, wrong),
        "wrong": float(wrong.mean()),
        "said wrong": rate,
        "from": None if np.isnan(low) else low,
        "to": None if np.isnan(high) else high,
        "joint off by": apart(verdict.joint, joint),
        "confusion off by": apart(confusion(verdict.joint), confusion(joint)) / k,
    }


def flags(flagged: Bool[np.ndarray, "n"], wrong: Bool[np.ndarray, "n"]) -> Row:
    """How many labels are flagged, and what share of them, and of the wrong ones, that is right about."""
    hits = int((flagged & wrong).sum())
    return {
        "flagged": int(flagged.sum()),
        "precision": float(hits / flagged.sum()) if flagged.any() else None,
        "recall": float(hits / wrong.sum()) if wrong.any() else None,
    }


def joint_of(given: Int64[np.ndarray, "n"], true: Int64[np.ndarray, "n"], k: int) -> Float[np.ndarray, "k k"]:
    """Share of all labels given as row and truly column."""
    return np.bincount(given * k + true, minlength=k * k).reshape(k, k) / len(given)


def confusion(joint: Float[np.ndarray, "k k"]) -> Float[np.ndarray, "k k"]:
    """P(given = column | true = row) from `joint_of`; all alike for a class that is nowhere."""
    of_class = joint.sum(axis=0)[:, None]
    chances = np.full_like(joint, 1 / len(joint))
    np.divide(joint.T, of_class, out=chances, where=of_class > 0)
    return chances


def apart(one: Float[np.ndarray, "*s"], other: Float[np.ndarray, "*s"]) -> float:
    """Total variation distance of two distributions; summed, of several."""
    return float(np.abs(one - other).sum() / 2)


def held(said: tuple[float, float, float], true: float) -> str:
    """Whether an interval holds the true share, in words."""
    rate, low, high = said
    verdict = "within" if low <= true <= high else "outside"
    return f"said wrong {rate:.3f} ({low:.3f} to {high:.3f}); {true:.3f} are: {verdict}"
