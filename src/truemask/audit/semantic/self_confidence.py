"""Self-confidence that forgives outlines: how sure predictions are of a label there or close by."""

from math import floor

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

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
    own = plain_self_confidence(sight)
    far = np.maximum(sight.depth_given, sight.depth_predicted) + 0.5
    beside = sight.known & (far <= tolerance_px)
    disc = _disc(tolerance_px)
    for class_id in np.unique(sight.given[beside]):
        plane = np.ascontiguousarray(sight.probs[class_id], dtype=np.float32)
        near = cv2.dilate(plane, disc, borderType=cv2.BORDER_REPLICATE)
        here = beside & (sight.given == class_id)
        own[here] = near[here]
    return own


def plain_self_confidence(sight: Sight) -> Float32[np.ndarray, "h w"]:
    """The probability of each pixel's given class; 0 where it is IGNORE."""
    index = np.where(sight.known, sight.given, 0)[None].astype(np.int64)
    own = np.take_along_axis(sight.probs, index, axis=0)[0].astype(np.float32)
    return np.asarray(np.where(sight.known, own, 0), np.float32)


def _disc(radius_px: float) -> UInt8[np.ndarray, "d d"]:
    """Pixels whose middle is at most so far from the middle one's."""
    reach = np.arange(-floor(radius_px), floor(radius_px) + 1)
    return (reach[:, None] ** 2 + reach[None] ** 2 <= radius_px**2).astype(np.uint8)
