"""How suspect a segment is, by a formula that nothing was fitted for."""

from math import pi

import numpy as np
from jaxtyping import Float64

from truemask.audit.semantic.features import FEATURES
from truemask.audit.semantic.tolerance import Tolerance

EVIDENCE = "segment_score"
_AREA, _MARGIN = FEATURES.index("log_area"), FEATURES.index("mean_margin")


def segment_scores(rows: Float64[np.ndarray, "n f"], tolerance: Tolerance) -> Float64[np.ndarray, "n"]:
    """Mean margin of the proposed class over the given one, shrunk where a segment is small; in [0, 1].

    As if a disc of the tolerance's radius, with no margin at all, were part of each segment: what is smaller
    than the uncertainty of an outline is weak evidence however sure the predictions are of its few pixels.

    Args:
        rows: see FEATURES.
        tolerance: what outlines may be off.
    """
    area = np.exp(rows[:, _AREA])
    disc = pi * tolerance.outline_px**2
    return np.asarray(np.clip(rows[:, _MARGIN], 0, 1) * area / (area + disc))
