"""The risk of mixed labels, measured. Proposition 1: Li et al., ICCV 2017, arXiv:1703.02391."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float64, UInt8

from truemask.structure.risk_hedging import best_label_weight, mixed_risk
from truemask.types import IGNORE

LABEL_WEIGHTS: Float64[np.ndarray, "steps"] = np.linspace(0, 1, 21)
"""Weights of the given label at which the mixture is measured."""


@dataclass
class MixtureRisks:
    """Sums over units; those of parts of a data set merge by adding.

    Args:
        units: counted so far, those whose label and truth are both known.
        squares: squared distance of each mixture to the truth, by weight of the given label.
        inner: inner product of the label's error and the teacher's.
    """

    units: int = 0
    squares: Float64[np.ndarray, "steps"] = field(default_factory=lambda: np.zeros(len(LABEL_WEIGHTS)))
    inner: float = 0.0

    def add(
        self,
        probs: Float[np.ndarray, "k *space"],
        given: UInt8[np.ndarray, "*space"],
        truth: UInt8[np.ndarray, "*space"],
    ) -> None:
        """Count the units of one image.

        Args:
            probs: what the teacher says, after softmax.
            given: the label that training sees.
            truth: the clean one.
        """
        known = (given != IGNORE) & (truth != IGNORE)
        one_hot = np.eye(len(probs))
        label, true = one_hot[given[known]], one_hot[truth[known]]
        teacher = np.moveaxis(probs, 0, -1)[known].astype(np.float64)
        self.units += len(label)
        self.inner += float(((label - true) * (teacher - true)).sum())
        for step, weight in enumerate(LABEL_WEIGHTS):
            mixed = weight * label + (1 - weight) * teacher
            self.squares[step] += ((mixed - true) ** 2).sum()

    def merge(self, other: "MixtureRisks") -> None:
        """Take over what another count of other images knows."""
        self.units += other.units
        self.squares += other.squares
        self.inner += other.inner

    def risks(self) -> Float64[np.ndarray, "steps"]:
        """The measured risk at each of `LABEL_WEIGHTS`; NaN where nothing was counted."""
        return self.squares / self.units if self.units else np.full_like(self.squares, np.nan)

    def compute(self) -> dict[str, float]:
        """Risks of label and teacher, their covariance, and the best weights: as the rule says, as measured.

        `risk_by_rule` is the measured risk at the rule's weight; `promised` what Proposition 1 says it is.
        """
        risks = self.risks()
        label, teacher = float(risks[-1]), float(risks[0])
        covariance = self.inner / self.units if self.units else float("nan")
        by_rule, best = (_weight(label, teacher, shared) for shared in (0.0, covariance))
        return {
            "label_risk": label,
            "teacher_risk": teacher,
            "covariance": covariance,
            "weight_by_rule": by_rule,
            "weight_best": best,
            "promised": by_rule * label,
            "risk_by_rule": float(mixed_risk(by_rule, label, teacher, covariance)),
            "risk_best": float(mixed_risk(best, label, teacher, covariance)),
        }


def _weight(label: float, teacher: float, covariance: float) -> float:
    return float(best_label_weight(*(np.array([value]) for value in (label, teacher, covariance)))[0])
