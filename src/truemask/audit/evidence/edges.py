"""Does the image have an edge where an outline is drawn? The gradient along outlines says.

A label that is right has its outline on an edge more often than one that is wrong: the idea of snakes (Kass,
Witkin & Terzopoulos, IJCV 1(4), 1988), here to compare two outlines and not to move one.
"""

from functools import reduce

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64, Integer, UInt8

from truemask import rle
from truemask.audit.findings import Finding

NEUTRAL = 0.5


def gradient(image: UInt8[np.ndarray, "h w c"], *, sigma_px: float = 1.0) -> Float32[np.ndarray, "h w"]:
    """How steep the image is at each pixel, the steepest channel's; smoothed by a Gaussian first."""
    smooth = cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma_px)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3) for way in ((1, 0), (0, 1)))
    steep = np.atleast_3d(cv2.magnitude(across, down))
    return np.asarray(reduce(np.maximum, (steep[..., channel] for channel in range(steep.shape[2]))))


def outline(labels: Integer[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Pixels with another label beside, above or below them."""
    edge = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def outline_contrast(
    steep: Float32[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"], *, shift_px: int = 4
) -> float:
    """How much steeper the image is on a mask's outline than on the same outline shifted eight ways.

    g / (g + g') for the mean gradients on it and on its shifted copies: 1/2 says nothing, towards 1 there is
    an edge right there. NaN for a mask without an outline.
    """
    rows, columns = np.nonzero(outline(mask.astype(np.uint8)))
    if not len(rows):
        return float("nan")
    height, width = mask.shape
    others = []
    for down in (-shift_px, 0, shift_px):
        for across in (-shift_px, 0, shift_px):
            y, x = rows + down, columns + across
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            if (down or across) and inside.any():
                others.append(float(steep[y[inside], x[inside]].mean()))
    here, there = float(steep[rows, columns].mean()), float(np.mean(others)) if others else 0.0
    return here / (here + there) if here + there else NEUTRAL


def outline_gradients(
    steep: Float32[np.ndarray, "h w"],
    given: UInt8[np.ndarray, "h w"],
    proposed: UInt8[np.ndarray, "h w"],
    ids: Int32[np.ndarray, "h w"],
    boxes: Int64[np.ndarray, "n 4"],
    *,
    margin_px: int = 8,
) -> Float64[np.ndarray, "n 3"]:
    """How steep the image is on each segment's outlines: given ones, proposed ones, and all around.

    Of outlines, only those that are not in both the given and the proposed labels of the segment; where there
    are none, it is as steep as around.

    Args:
        steep: `gradient` of the image, or the `borders` of its superpixels.
        given: its labels.
        proposed: what the segments should be.
        ids: segment of each pixel, from 1; 0: none.
        boxes: x0, y0, x1, y1 of each segment.
        margin_px: how far around the segment is looked.
    """
    from truemask.audit.evidence import edge_kernels  # late: numba takes half a second to import

    means = np.empty((len(boxes), 3))
    edge_kernels.means(steep, (given, proposed), ids, boxes, margin_px, means)
    return means


def edge_support(
    steep: Float32[np.ndarray, "h w"],
    given: UInt8[np.ndarray, "h w"],
    finding: Finding,
    *,
    margin_px: int = 8,
) -> float:
    """Whether the image's edges speak for the given labels of a segment (to 0) or the proposed ones (to 1).

    The outlines that only the proposed labels have are compared with those that only the given ones have,
    as `outline_gradients` has them. 1/2 where there is nothing to compare.

    Args:
        steep: `gradient` of the image, or the `borders` of its superpixels.
        given: its labels.
        finding: a segment with a proposed class.
        margin_px: how far around the segment is looked.
    """
    if finding.rle is None or finding.size is None or finding.proposed is None or finding.box is None:
        return NEUTRAL
    ids = rle.unpack([finding.rle], finding.size)[0].astype(np.int32)
    proposed = np.full_like(given, finding.proposed)
    boxes = np.array([finding.box], np.int64)
    old, new, _ = outline_gradients(steep, given, proposed, ids, boxes, margin_px=margin_px)[0].tolist()
    return new / (new + old) if new + old else NEUTRAL
