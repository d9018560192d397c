"""What lies where others of its class do not: nearest neighbours among features.

Local outlier factor: Breunig et al., SIGMOD 2000. The class of most neighbours as evidence about a label:
Wilson, IEEE Transactions on Systems, Man and Cybernetics 2(3), 1972; by a network's features, Bahri,
Jiang & Gupta, ICML 2020, arXiv:2004.12289.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from truemask.audit.findings import Finding, kind_of
from truemask.types import IGNORE, BadInput, Problem

LEAST_OUTLYING = 0.5
"""From this score on an image is a finding of its own: twice as sparse around it as around its neighbours."""


@dataclass(frozen=True)
class Neighbours:
    """What the nearest neighbours of each unit say; NaN where there are too few, or it has no label.

    Args:
        distance: mean distance to those of the same class, over the median of that class.
        outlying: 1 - 1 / local outlier factor within its class, at least 0: 0 inside a crowd.
        others: share of the neighbours, of all classes, that have the proposed class.
        proposed: the class that most of the neighbours have; the unit's own where they are as many.
    """

    distance: Float64[np.ndarray, "n"]
    outlying: Float64[np.ndarray, "n"]
    others: Float64[np.ndarray, "n"]
    proposed: UInt8[np.ndarray, "n"]


def neighbours(
    features: Float32[np.ndarray, "n d"], classes: UInt8[np.ndarray, "n"], *, k: int = 10
) -> Neighbours:
    """Nearest neighbours of every unit by cosine distance: among those of its class, and among all.

    Raises:
        BadInput: features that are no numbers.
    """
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

    if not np.isfinite(features).all():
        raise BadInput("features must be numbers; some are NaN or infinite")
    length = np.linalg.norm(features, axis=1, keepdims=True)
    # On the unit sphere, Euclidean neighbours are those by cosine.
    points = features / np.maximum(length, np.finfo(np.float32).tiny)
    distance, outlying, others = (np.full(len(points), np.nan) for _ in range(3))
    proposed = classes.copy()
    known = np.flatnonzero(classes != IGNORE)
    if len(known) > k:
        near = NearestNeighbors(n_neighbors=k + 1).fit(points[known]).kneighbors(points[known])[1]
        for row, found in zip(known.tolist(), near, strict=True):
            others[row], proposed[row] = _majority(classes[known[found]], row_class=int(classes[row]))
    for label in np.unique(classes[known]).tolist():
        rows = np.flatnonzero(classes == label)
        if len(rows) <= k:
            continue
        factor = LocalOutlierFactor(n_neighbors=k).fit(points[rows])
        outlying[rows] = np.maximum(0, 1 + 1 / factor.negative_outlier_factor_)
        mean = factor.kneighbors()[0].mean(axis=1)
        distance[rows] = mean / max(float(np.median(mean)), np.finfo(np.float32).tiny)
    return Neighbours(distance, outlying, others, proposed)


def outlier_findings(
    keys: Sequence[str],
    classes: UInt8[np.ndarray, "n"],
    found: Neighbours,
    problem: Problem,
) -> list[Finding]:
    """Images (or objects) that most of their neighbours speak against, and those that lie alone.

    `swapped`, `missing` or `spurious` where more than half of the neighbours have one other class, with that
    share as score; else `unusable` from LEAST_OUTLYING on, which asks to be looked at and proposes nothing.
    """
    findings = []
    for row, key in enumerate(keys):
        given, proposed = int(classes[row]), int(found.proposed[row])
        share, outlying = float(found.others[row]), float(found.outlying[row])
        if proposed != given and share > 0.5:
            kind, score, evidence, action = (
                kind_of(given, proposed, problem.background),
                share,
                "neighbours",
                "relabel",
            )
        elif outlying >= LEAST_OUTLYING:
            kind, score, evidence, action = "unusable", outlying, "local_outlier_factor", "none"
        else:
            continue
        findings.append(
            Finding(
                level="image",
                image=key,
                kind=kind,
                score=score,
                evidence=evidence,
                weight=score,
                given=given,
                proposed=proposed if action == "relabel" else None,
                action=action,
            )
        )
    return findings


def _majority(near: UInt8[np.ndarray, "m"], *, row_class: int) -> tuple[float, int]:
    """Share and class of most neighbours; `near` holds the unit itself, or an equal one, once."""
    counts = np.bincount(near, minlength=row_class + 1)
    counts[row_class] = max(0, counts[row_class] - 1)
    best = int(counts.argmax())
    best = row_class if counts[row_class] == counts[best] else best
    return float(counts[best] / max(1, counts.sum())), best
