"""Self-confidence that forgives outlines: how sure predictions are of a label there or close by."""

from math import floor, isqrt

import numpy as np
from jaxtyping import Float32, Int64

from truemask.audit.class_confidence import comparable, given_probability
from truemask.audit.semantic import segment_kernels
from truemask.audit.semantic.sight import Sight


def tolerant_self_confidence(sight: Sight, tolerance_px: float) -> Float32[np.ndarray, "h w"]:
    """The probability of each pixel's given class: there or, beside an outline, near by; 0 where IGNORE.

    A pixel that is no farther than `tolerance_px` from a given and from a predicted outline gets the largest
    probability of its class within that radius. So along a border that the predictions draw a little
    elsewhere, or are unsure of, no label is doubted. A missing object, however thin, is far from any given
    outline, a spurious one from any predicted one: they stay in doubt. With a tolerance of 0 it is the plain
    self-confidence.

    Args:
        sight: the image.
        tolerance_px: at least 0.
    """
    own = _own(sight)
    far = np.maximum(sight.depth_given, sight.depth_predicted) + 0.5
    beside = sight.known & (far <= tolerance_px)
    segment_kernels.largest_near(
        comparable(sight.probs), sight.given, beside, _disc(tolerance_px), comparable(own)
    )
    return own.astype(np.float32, copy=False)


def plain_self_confidence(sight: Sight) -> Float32[np.ndarray, "h w"]:
    """The probability of each pixel's given class; 0 where it is IGNORE."""
    return _own(sight).astype(np.float32, copy=False)


def _own(sight: Sight) -> np.ndarray:
    """The same in the precision of the probabilities."""
    flat = given_probability(sight.given.ravel(), sight.probs.reshape(len(sight.probs), -1))
    return flat.reshape(sight.given.shape)


def _disc(radius_px: float) -> Int64[np.ndarray, "d"]:
    """How far a disc of pixels, by their middles, reaches to either side in each of its rows."""
    rows = range(-floor(radius_px), floor(radius_px) + 1)
    return np.array([isqrt(floor(radius_px**2) - row**2) for row in rows], np.int64)
