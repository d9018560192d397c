"""Label maps: probabilities of pixels against their true classes."""

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from truemask.metrics import confusion as counts
from truemask.metrics import thresholds
from truemask.metrics.averages import Averages
from truemask.metrics.boundary import BoundaryCounts, f_measure
from truemask.metrics.thresholds import MeanCurve
from truemask.metrics.undefined import mean
from truemask.types import IGNORE, BadInput, Problem


class SemanticMetrics:
    """Metrics of a semantic problem over any number of images of any sizes. IGNORE takes no part.

    A two-class problem with a background is binary: it also gets the foreground's own Dice and IoU, at 0.5
    (the more probable class; of equal ones the lower id) and at the oracle threshold, and its ROC area.

    Args:
        problem: the classes.
        tolerance_px: how far apart two borders may be and still agree.
    """

    def __init__(self, problem: Problem, *, tolerance_px: float = 2.0) -> None:
        self.problem = problem
        self.tolerance_px = tolerance_px
        k = problem.num_classes
        self.confusion = np.zeros((k, k), np.int64)
        self._reliability = np.zeros((counts.CONFIDENCE_BINS, 3), np.int64)
        self._borders = np.zeros((k, 4), np.int64)
        self._count_borders = BoundaryCounts(k, tolerance_px)
        self._averages = Averages()
        self._foreground = _Foreground(problem) if _is_binary(problem) else None

    def update(self, probs: Float32[np.ndarray, "k h w"], truth: UInt8[np.ndarray, "h w"]) -> None:
        """Count one image.

        Raises:
            BadInput: if a true label is no class of the problem, or probabilities are not in [0, 1].
        """
        k = self.problem.num_classes
        if probs.shape != (k, *truth.shape):
            raise BadInput(
                f"probabilities of shape {probs.shape} for a label map of shape {truth.shape}: "
                f"{k} classes need {(k, *truth.shape)}"
            )
        image = np.zeros((k, k), np.int64)
        predicted = np.empty(truth.shape, np.uint8)
        flat = np.ascontiguousarray(truth).reshape(-1)
        planes = np.ascontiguousarray(probs).reshape(k, -1)
        reliability = np.zeros_like(self._reliability)
        if counts.tally(planes, flat, predicted.reshape(-1), image, reliability):
            labels = flat[flat != IGNORE]
            raise BadInput(
                f"metrics need true labels in 0..{k - 1} (or IGNORE = {IGNORE}) and probabilities in [0, 1]; "
                f"got labels up to {labels.max()} and probabilities from {planes.min()} to {planes.max()}"
            )
        self.confusion += image
        self._reliability += reliability
        self._averages.add("miou", mean(counts.iou(image)))
        self._averages.add("mdice", mean(counts.dice(image)))
        borders = self._count_borders(predicted, truth)
        if self.problem.background is not None:
            # The background's border is that of the others, seen from the other side.
            borders[self.problem.background] = 0
        self._borders += borders
        self._averages.add("boundary_f", mean(f_measure(borders)))
        if self._foreground:
            self._foreground.update(planes, flat, image)

    def merge(self, other: "SemanticMetrics") -> None:
        """Take in the images that `other` counted: the same numbers as if all had been counted here."""
        if (other.problem, other.tolerance_px) != (self.problem, self.tolerance_px):
            raise BadInput("only metrics of the same problem and tolerance merge")
        self.confusion += other.confusion
        self._reliability += other._reliability
        self._borders += other._borders
        self._averages.merge(other._averages)
        if self._foreground and other._foreground:
            self._foreground.merge(other._foreground)

    def compute(self) -> dict[str, float]:
        """All metrics by name (METRICS says what each means); NaN where undefined."""
        iou, dice = counts.iou(self.confusion), counts.dice(self.confusion)
        values = {
            "accuracy": counts.accuracy(self.confusion),
            "miou_dataset": mean(iou),
            "mdice_dataset": mean(dice),
            "miou_per_image": self._averages["miou"],
            "mdice_per_image": self._averages["mdice"],
            "boundary_f_dataset": mean(f_measure(self._borders)),
            "boundary_f_per_image": self._averages["boundary_f"],
            "ece": counts.calibration_error(self._reliability),
        }
        if self._foreground:
            values |= self._foreground.compute(self.confusion)
        for name, i, d in zip(self.problem.classes, iou, dice, strict=True):
            values |= {f"iou_dataset/{name}": float(i), f"dice_dataset/{name}": float(d)}
        return values


class _Foreground:
    """What a binary problem has besides: one class that matters, and a threshold on its probability."""

    def __init__(self, problem: Problem) -> None:
        self.id = 1 - (problem.background or 0)
        self.histogram = np.zeros((2, thresholds.BINS), np.int64)
        self.curves = {"dice": MeanCurve(), "iou": MeanCurve()}
        self.averages = Averages()

    def update(
        self,
        probs: Float32[np.ndarray, "k n"],
        truth: UInt8[np.ndarray, "n"],
        image: Int64[np.ndarray, "k k"],
    ) -> None:
        histogram = np.zeros_like(self.histogram)
        thresholds.count(probs[self.id], truth, self.id, histogram)
        self.histogram += histogram
        dice = thresholds.dice_curve(histogram)
        self.curves["dice"].add(dice)
        self.curves["iou"].add(thresholds.iou_from_dice(dice))
        self.averages.add("dice", float(counts.dice(image)[self.id]))
        self.averages.add("iou", float(counts.iou(image)[self.id]))

    def merge(self, other: "_Foreground") -> None:
        self.histogram += other.histogram
        self.averages.merge(other.averages)
        for name, curve in self.curves.items():
            curve.merge(other.curves[name])

    def compute(self, confusion: Int64[np.ndarray, "k k"]) -> dict[str, float]:
        auc, auc_error = thresholds.auc(self.histogram)
        pooled = thresholds.dice_curve(self.histogram)
        values = {
            "dice_dataset": float(counts.dice(confusion)[self.id]),
            "iou_dataset": float(counts.iou(confusion)[self.id]),
            "dice_per_image": self.averages["dice"],
            "iou_per_image": self.averages["iou"],
            "auc": auc,
            "auc_error": auc_error,
        }
        curves = {
            "dice_dataset": pooled,
            "iou_dataset": thresholds.iou_from_dice(pooled),
            "dice_per_image": self.curves["dice"].compute(),
            "iou_per_image": self.curves["iou"].compute(),
        }
        for name, curve in curves.items():
            values[f"{name}_oracle"], values[f"{name}_oracle_threshold"] = thresholds.best(curve)
        return values


def _is_binary(problem: Problem) -> bool:
    return problem.num_classes == 2 and problem.background is not None
