"""Calibrates an audit of images' classes by the likelihood of the labels; nothing is injected.

Injected errors show where errors come in a list, but not what else is at its top.
"""

import numpy as np
from jaxtyping import Float64

from truemask.audit.calibration.calibration import Calibration
from truemask.audit.calibration.curve import Curve, of_so_few, with_interval
from truemask.audit.calibration.lists import list_calibration
from truemask.audit.likelihood import by_likelihood
from truemask.audit.noise_channel import Channels
from truemask.audit.result import AuditResult
from truemask.audit.stream import Stream
from truemask.seeds import seed_for

_DRAWS = 200
_LOOSE = 0.4
"""Standard deviation of what the model does not know, in log odds of a label's being wrong."""
_EDGES = 20


def calibrate_classes(
    result: AuditResult, stream: Stream, *, precision: float | None = None
) -> tuple[Calibration, AuditResult]:
    """The audit by likelihood (see `by_likelihood`), and what is to be expected of each of its lists.

    Rests on wrong labels being drawn by class, whatever the image: where people mistake what networks
    mistake, it says too few. Where networks are surely wrong, it says too many.

    Args:
        result: of confident learning on classes of images.
        stream: labels and probabilities that it rests on; called twice.
        precision: where to cut; None: nowhere.
    """
    if not result.units.any():
        return Calibration("likelihood", precision, (), (), ()), result
    told, beliefs = by_likelihood(result, stream)
    kinds = np.array(told.findings["kind"].to_pylist(), str)
    scores = told.findings["score"].to_numpy().astype(np.float64)
    lists = []
    for kind in np.unique(kinds).tolist():
        mine, rng = kinds == kind, np.random.default_rng(seed_for("calibration", "image", kind))
        errors = beliefs.errors(kind, result.problem)
        curve = _curve(scores[mine], beliefs.wrong[:, mine], errors, beliefs.channels, rng)
        lists.append(list_calibration(("image", kind), curve, told.findings, precision))
    return Calibration("likelihood", precision, (), tuple(lists), ()), told


def _curve(
    scores: Float64[np.ndarray, "n"],
    wrong: Float64[np.ndarray, "c n"],
    errors: Float64[np.ndarray, "c"],
    channels: Channels,
    rng: np.random.Generator,
) -> Curve:
    """Precision and recall of a list, with intervals by bootstrap over images, and by what no model knows."""
    fitted = channels.log_likelihood.shape[1]
    images = np.vstack([np.ones(fitted), rng.multinomial(fitted, np.full(fitted, 1 / fitted), _DRAWS)])
    weights = channels.weights(images.astype(np.float64))
    unknown = np.append(0, rng.normal(0, _LOOSE, _DRAWS))[:, None]
    order = np.argsort(-scores, kind="stable")
    draws = _shifted(weights @ wrong[:, order], unknown)
    edges = np.unique(np.quantile(scores, np.arange(_EDGES) / _EDGES, method="lower"))[::-1]
    counts = np.searchsorted(-scores[order], -edges, side="right").astype(np.float64)
    found = draws.cumsum(axis=1)[:, counts.astype(np.int64) - 1]
    elsewhere = np.maximum(0, weights @ (errors - wrong.sum(axis=1)))[:, None]
    there = found[:, -1:] + elsewhere * np.exp(unknown)
    precision = of_so_few(found / counts, np.broadcast_to(counts, found.shape), rng)
    recall = found / np.maximum(there, 1e-12)
    p_wrong = np.empty(len(scores))
    p_wrong[order] = draws[0]
    return Curve(
        edges=edges,
        counts=counts,
        precision=with_interval(precision, precision),
        recall=with_interval(recall, recall),
        errors=with_interval(there, there)[0],
        p_wrong=p_wrong,
    )


def _shifted(
    p: Float64[np.ndarray, "d n"], log_odds: Float64[np.ndarray, "d 1"]
) -> Float64[np.ndarray, "d n"]:
    """Probabilities with other odds."""
    odds = p / np.maximum(1 - p, 1e-12) * np.exp(log_odds)
    return np.asarray(odds / (1 + odds))
