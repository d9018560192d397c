"""Smooth random fields: what depth, light and texture of the drawn data sets vary by."""

import cv2
import numpy as np
from jaxtyping import Float32

_SPREAD = 1.17
"""Interpolating between normals averages them; this brings the standard deviation back to about 1."""


def smooth_noise(rng: np.random.Generator, size: int, scale_px: float) -> Float32[np.ndarray, "h w"]:
    """A square field of mean 0 and standard deviation about 1 whose bumps are about `scale_px` wide."""
    knots = int(size / scale_px) + 4
    coarse = rng.standard_normal((knots, knots), dtype=np.float32) * np.float32(_SPREAD)
    # Not a warp, though it would spare the crop: OpenCV's warps round positions to 1/32 of a knot.
    wide = cv2.resize(coarse, None, fx=scale_px, fy=scale_px, interpolation=cv2.INTER_CUBIC)
    top, left = ((1 + rng.random(2)) * scale_px).astype(int)
    return np.asarray(wide[top : top + size, left : left + size])
