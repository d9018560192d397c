"""Images with one class each: probabilities against the true class."""

import numpy as np
from jaxtyping import Float32

from truemask.metrics import confusion as counts
from truemask.metrics import thresholds
from truemask.metrics.undefined import mean
from truemask.types import IGNORE, BadInput, Problem


class ClassificationMetrics:
    """Metrics of a classification problem. An image whose true class is IGNORE takes no part.

    Of two classes the positive one, for the ROC curve, is that which is not the background, else the second.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        k = problem.num_classes
        self.confusion = np.zeros((k, k), np.int64)
        self._reliability = np.zeros((counts.CONFIDENCE_BINS, 3), np.int64)
        self._histograms = np.zeros((k, 2, thresholds.BINS), np.int64)

    def update(self, probs: Float32[np.ndarray, "k"], truth: int) -> None:
        """Count one image.

        Raises:
            BadInput: if the true label is no class of the problem, or probabilities are not in [0, 1].
        """
        k = self.problem.num_classes
        if len(probs) != k:
            raise BadInput(f"{len(probs)} probabilities for a problem of {k} classes")
        label = np.array([truth], np.uint8)
        planes = np.ascontiguousarray(probs)[:, None]
        if counts.tally(planes, label, np.empty(1, np.uint8), self.confusion, self._reliability):
            raise BadInput(
                f"metrics need a true label in 0..{k - 1} (or IGNORE = {IGNORE}) and probabilities in "
                f"[0, 1]; got {truth} and {probs}"
            )
        for c in range(k):
            thresholds.count(planes[c], label, c, self._histograms[c])

    def merge(self, other: "ClassificationMetrics") -> None:
        """Take in the images that `other` counted: the same numbers as if all had been counted here."""
        if other.problem != self.problem:
            raise BadInput("only metrics of the same problem merge")
        self.confusion += other.confusion
        self._reliability += other._reliability
        self._histograms += other._histograms

    def compute(self) -> dict[str, float]:
        """All metrics by name (METRICS says what each means); NaN where undefined."""
        recall = counts.recall(self.confusion)
        values = {
            "accuracy": counts.accuracy(self.confusion),
            "balanced_accuracy": mean(recall),
            "ece": counts.calibration_error(self._reliability),
        }
        areas = [thresholds.auc(histogram) for histogram in self._histograms]
        if self.problem.num_classes == 2:
            values["auc"], values["auc_error"] = areas[0 if self.problem.background == 1 else 1]
        else:
            values["mauc"] = mean(np.array([area for area, _ in areas]))
        return values | {f"recall/{c}": float(r) for c, r in zip(self.problem.classes, recall, strict=True)}
