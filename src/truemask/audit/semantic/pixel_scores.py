"""How suspect each pixel is, by its own probabilities and by the segment that it is part of."""

import numpy as np
from jaxtyping import Float32, Float64

from truemask.audit.semantic.self_confidence import tolerant_self_confidence
from truemask.audit.semantic.suspects import Suspects


def pixel_scores(
    suspects: Suspects, scores: Float64[np.ndarray, "n"], tolerance_px: float
) -> Float32[np.ndarray, "h w"]:
    """Mean of a pixel's doubt (1 - tolerant self-confidence) and of its segment's score; 0 where IGNORE.

    Args:
        suspects: of the image.
        scores: of its suspects, in [0, 1].
        tolerance_px: what outlines may be off.
    """
    sight = suspects.sight
    doubt = 1 - tolerant_self_confidence(sight, tolerance_px)
    of_segment = np.concatenate([[0.0], scores])[suspects.ids]
    return np.where(sight.known, (doubt + of_segment) / 2, 0).astype(np.float32)
