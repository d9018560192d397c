"""How bad the labels of a whole image are: three scores, each in [0, 1], higher is worse."""

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.class_confidence import soft_minimum
from truemask.audit.semantic.self_confidence import plain_self_confidence, tolerant_self_confidence
from truemask.audit.semantic.sight import Sight


def softmin_score(sight: Sight, temperature: float = 0.1) -> float:
    """1 - soft minimum of self-confidence: Lad & Mueller 2023, arXiv:2307.05080. NaN without labels."""
    return 1 - soft_minimum(plain_self_confidence(sight)[sight.known], temperature)


def tolerant_softmin_score(sight: Sight, tolerance_px: float, temperature: float = 0.1) -> float:
    """The same, outlines forgiven: an image of many unsure borders is no bad image for that."""
    return 1 - soft_minimum(tolerant_self_confidence(sight, tolerance_px)[sight.known], temperature)


def segments_score(scores: Float64[np.ndarray, "n"], area_px: Int64[np.ndarray, "n"], known_px: int) -> float:
    """The share of an image's labelled pixels that its suspect segments speak against; NaN without labels.

    Args:
        scores: of the segments, in [0, 1].
        area_px: of each.
        known_px: labelled pixels of the image.
    """
    return float(np.sum(scores * area_px) / known_px) if known_px else float("nan")
