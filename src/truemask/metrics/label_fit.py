"""What a network has made of the labels it was given: does it repeat them, right and wrong ones apart?"""

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from truemask.metrics import confusion, thresholds
from truemask.metrics.undefined import mean, ratio, ratios
from truemask.types import IGNORE, BadInput, Problem

ALL, RIGHT, WRONG = 0, 1, 2

MEANINGS = {
    "loss": "mean cross entropy of the given labels, in nats",
    "agreement": "share of the given labels that are the network's most probable class",
    "loss_right": "mean cross entropy of the right labels",
    "loss_wrong": "mean cross entropy of the wrong labels",
    "memorised": "share of the wrong labels that the network predicts as given",
    "beyond_chance": "memorised, less what the network says of units of the same class without that label",
    "corrected": "share of the units with wrong labels whose true class the network predicts",
    "truth_accuracy": "accuracy against the truth",
    "truth_miou_dataset": "miou_dataset against the truth",
    "truth_dice_dataset": "dice_dataset against the truth, threshold 0.5",
    "truth_dice_dataset_oracle": "dice_dataset against the truth at the threshold best on it: an upper bound",
}
"""What each number of `LabelFit.compute` means."""


class LabelFit:
    """Counts over the units of a data set; those of parts of it merge by adding.

    Args:
        problem: what the classes are; of an instance problem the units are objects.
    """

    def __init__(self, problem: Problem) -> None:
        k = problem.num_classes
        self.problem = problem
        self._counts = np.zeros((k, k + 1, k), np.int64)  # truth, given (last: none), predicted
        self._given: Int64[np.ndarray, 2] = np.zeros(2, np.int64)  # labels, and those predicted as given
        self._labels: Int64[np.ndarray, 3] = np.zeros(3, np.int64)
        self._losses: Float64[np.ndarray, 3] = np.zeros(3)
        self._histogram = np.zeros((2, thresholds.BINS), np.int64)

    def add(
        self,
        probs: Float32[np.ndarray, "k *space"],
        given: UInt8[np.ndarray, "*space"],
        truth: UInt8[np.ndarray, "*space"] | None,
    ) -> None:
        """Count the units of one image, or one object.

        Args:
            probs: after softmax.
            given: the labels that training sees; IGNORE where there is none.
            truth: the clean ones; IGNORE where nobody knows; None: nowhere known.

        Raises:
            BadInput: a label that is no class of the problem.
        """
        k = self.problem.num_classes
        flat, labels = probs.reshape(len(probs), -1), given.ravel()
        clean = np.full_like(labels, IGNORE) if truth is None else truth.ravel()
        for values in (labels, clean):
            stray = values[(values >= k) & (values != IGNORE)]
            if len(stray):
                raise BadInput(f"labels are classes 0..{k - 1}, or IGNORE = {IGNORE}; got {stray[0]}")
        said = flat.argmax(axis=0)
        self._count_labels(flat, labels, clean, said)
        known = clean != IGNORE
        index = np.where(labels == IGNORE, k, labels)
        np.add.at(self._counts, (clean[known], index[known], said[known]), 1)
        if _is_binary(self.problem):
            positive = 1 - (self.problem.background or 0)
            thresholds.count(np.ascontiguousarray(flat[positive]), clean, positive, self._histogram)

    def merge(self, other: "LabelFit") -> None:
        """Take in the units that `other` counted."""
        self._counts += other._counts
        self._given += other._given
        self._labels += other._labels
        self._losses += other._losses
        self._histogram += other._histogram

    @property
    def wrong(self) -> int:
        """How many labels are known to be wrong."""
        return int(self._labels[WRONG])

    def compute(self) -> dict[str, float]:
        """The numbers of MEANINGS; those that need the truth only where some of it is known."""
        values = {
            "loss": _share(self._losses[ALL], self._labels[ALL]),
            "agreement": _share(self._given[1], self._given[0]),
        }
        if not self._counts.any():
            return values
        return values | self._against_truth() | self._of_wrong()

    def _count_labels(
        self,
        flat: Float32[np.ndarray, "k n"],
        labels: UInt8[np.ndarray, "n"],
        clean: UInt8[np.ndarray, "n"],
        said: Int64[np.ndarray, "n"],
    ) -> None:
        """Losses of all units that have a label, of the right and of the wrong ones."""
        has = np.flatnonzero(labels != IGNORE)
        at: Float64[np.ndarray, m] = flat[labels[has], has].astype(np.float64)
        losses = -np.log(np.maximum(at, np.finfo(np.float32).tiny))
        known, agrees = clean[has] != IGNORE, labels[has] == clean[has]
        self._given += (len(has), int((said[has] == labels[has]).sum()))
        for kind, of in ((ALL, slice(None)), (RIGHT, known & agrees), (WRONG, known & ~agrees)):
            self._labels[kind] += len(losses[of])
            self._losses[kind] += losses[of].sum()

    def _against_truth(self) -> dict[str, float]:
        table = self._counts.sum(axis=1)
        if _is_binary(self.problem):
            positive = 1 - (self.problem.background or 0)
            curve = thresholds.dice_curve(self._histogram)
            return {
                "truth_dice_dataset": float(confusion.dice(table)[positive]),
                "truth_dice_dataset_oracle": thresholds.best(curve)[0],
            }
        values = {"truth_accuracy": confusion.accuracy(table)}
        if self.problem.task == "semantic":
            values["truth_miou_dataset"] = mean(confusion.iou(table))
        return values

    def _of_wrong(self) -> dict[str, float]:
        k = self.problem.num_classes
        wrong = self._counts[:, :k] * ~np.eye(k, dtype=bool)[:, :, None]
        units = wrong.sum(axis=2)
        repeated = np.einsum("yjj->yj", wrong)
        corrected = np.einsum("yjy->yj", wrong)
        return {
            "loss_right": _share(self._losses[RIGHT], self._labels[RIGHT]),
            "loss_wrong": _share(self._losses[WRONG], self._labels[WRONG]),
            "memorised": _share(repeated.sum(), units.sum()),
            "beyond_chance": _beyond_chance(self._counts, units, repeated),
            "corrected": _share(corrected.sum(), units.sum()),
        }


def _beyond_chance(
    counts: Int64[np.ndarray, "k m k"], units: Int64[np.ndarray, "k k"], repeated: Int64[np.ndarray, "k k"]
) -> float:
    """How much likelier class j is predicted where a unit of class y was wrongly given j than elsewhere in y.

    Mean over wrong labels. A network that never saw a label cannot know which units of y the dice gave j,
    so under noise that looks at the class alone anything above 0 was learnt by heart. Errors that follow
    the image, such as fat outlines, are above 0 for a network that has learnt the rule, too.
    """
    units_of, said = counts.sum(axis=2), counts.sum(axis=1)
    others = units_of.sum(axis=1)[:, None] - units_of[:, :-1]
    elsewhere = ratios(said - counts[:, :-1].diagonal(axis1=1, axis2=2), others)
    gain = ratios(repeated, units) - elsewhere
    defined = ~np.isnan(gain)
    return _share((gain * units)[defined].sum(), units[defined].sum())


def _share(part: float | np.generic, whole: float | np.generic) -> float:
    return ratio(float(part), float(whole))


def _is_binary(problem: Problem) -> bool:
    return problem.task == "semantic" and problem.num_classes == 2 and problem.background is not None
