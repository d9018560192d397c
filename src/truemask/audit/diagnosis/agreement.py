"""How far predictions agree with the given labels: an audit is worth what its predictions are worth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from truemask.audit.result import AuditResult
from truemask.audit.semantic.agreement import beyond_chance
from truemask.types import Task

WEAK, GOOD = 0.6, 0.8
"""Below and from here: "moderate" at most, and "almost perfect" (Landis & Koch, Biometrics 33, 1977)."""


@dataclass(frozen=True)
class Agreement:
    """Predictions beside given labels.

    Args:
        value: Cohen's kappa, agreement beyond chance, of pixels and images; of objects, the share that a
            prediction is at the place of. NaN without labels.
        same: of objects, the share of which it has the class, too; else None.
        labels: that were compared.
    """

    value: float
    same: float | None
    labels: int


def agreement(result: AuditResult) -> Agreement | None:
    """How far the predictions behind an audit agree with the labels; None where that was not counted."""
    if result.predicted is None:
        return None
    counts = result.predicted
    total = int(counts.sum())
    if result.problem.task != Task.INSTANCE:
        return Agreement(kappa(counts), None, total)
    if not total:
        return Agreement(float("nan"), float("nan"), 0)
    return Agreement(float(counts[:, 1:].sum() / total), float(np.trace(counts[1:, 1:]) / total), total)


def kappa(counts: Int64[np.ndarray, "k k"]) -> float:
    """Cohen's kappa of counts; NaN without labels.

    Args:
        counts: units that the one calls i and the other j.
    """
    total = counts.sum()
    if not total:
        return float("nan")
    shares = counts / total
    return beyond_chance(float(np.trace(shares)), shares.sum(axis=1), shares.sum(axis=0))
